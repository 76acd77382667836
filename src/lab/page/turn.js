// Turn: what the last turn of each player did, on eight digits.

import { bar, button, choices, code, formula, h, mean, num, p, plural, section, sigmoid, small, soft } from "./dom.js";
import * as draw from "./draw.js";
import { digits } from "./game.js";
import { likelihood } from "./words.js";

export const title = "Turn";

/** Asks for the turns of the newest step when it is complete, while the game plays at most once a second. */
export async function load(frame, view, get) {
  if (frame.at.moment.kind !== "step" || view.turnFor === frame.number) return false;
  if (frame.at.playing && view.turn && Date.now() - view.turnAt < 1000) return false;
  view.turnFor = frame.number;
  view.turnAt = Date.now();
  view.turn = await get("turn");
  view.turnStep = frame.at.step;
  return true;
}

export function render(frame, view, act) {
  if (frame.plane) return [section("wide", "Turns", null, p("Here images are points: the panel Plane shows them."))];
  const late = frame.at.moment.kind !== "step";
  const { only, open } = view.stop ?? {}; // of the tour
  if (view.turn && only && open) {
    return [section("wide", `Before ${only}’s turn`, null,
      p("Answer the tour’s question: then the turn is shown. These are G’s digits, with D’s scores as they are now."),
      digits(frame.fakes, frame, "generated digit", "fakes"))];
  }
  if (!view.turn) {
    return [section("wide", "Turns", null,
      p("A step is two turns: first D learns to tell real from generated digits, then G learns to deceive it. ",
        late ? ["This step is not complete: what its turns do is shown at its end. Press ", h("kbd", {}, "s"), " to get there."] :
          ["Press ", h("kbd", {}, "s"), " to play a step."])), skips(frame, act)];
  }
  const { discriminator, generator, compare } = view.turn;
  const chance = likelihood(frame);
  return [late && h("section", { class: "wide" },
    p(`These are the turns of step ${view.turnStep}. Those of the step under way are shown when it is complete.`)),
  discriminator && only !== "G" && ofDiscriminator(discriminator, frame.run.image_shape, chance),
  generator && only !== "D" && ofGenerator(generator, chance),
  !only && [generator && compare && comparison(compare, generator), skips(frame, act)]];
}

function skips({ at }, act) {
  const disabled = at.playing || at.moment.kind !== "step";
  const skip = (letter, player) =>
    button(`skip ${letter}`, `skip ${letter}’s turn`, () => act.command({ do: "skip", player }), { disabled });
  return section("wide", "Skip a turn", null,
    p("The next step is made while one player stands still: so one sees what the other does alone."),
    choices(skip("D", "discriminator"), skip("G", "generator"), disabled && small("only between steps, paused")));
}

/** Where no score has moved, its player has not. */
const stood = (who, ...pairs) => pairs.every(([before, after]) => before.every((x, at) => x === after[at])) &&
  h("p", { class: "verdict" }, h("b", {}, `${who} stood still in this step`), ": none of these scores has moved.");

/** The generator's gradient under both losses, digit by digit. */
function comparison(compare, { before, shape, logits_before: logits }) {
  const [minimax, other] = ["minimax", "non-saturating"].map((name) => compare.find((one) => one.objective === name));
  const figure = (pixels, at) => {
    const [pale, full] = [minimax, other].map((one) => one.slopes[at]);
    return h("figure", {}, draw.digit(pixels, shape, `digit ${at + 1}; D takes it for real with ${num(sigmoid(logits[at]), 2)}; ` +
      `slope ${num(pale, 2)} with minimax, ${num(full, 2)} with the non-saturating loss`),
    h("figcaption", { "aria-hidden": true }, h("span", { class: "was" }, bar(pale)), bar(full),
      soft(num(pale, 2)), " ", num(full, 2)));
  };
  return section("wide", "Two losses for G", "how hard each pulls",
    p("Where D is sure that a digit is generated, minimax’s slope vanishes and the non-saturating one is largest."),
    h("div", { class: "row pic" }, h("div", {}, "slope at each digit", small("pale: minimax; full: non-saturating")),
      h("div", { class: "strip eight fakes" }, draw.images(before, shape).map(figure))),
    p(`The gradient by G’s weights has norm ${num(minimax.norm)} with minimax, ${num(other.norm)} with the non-saturating loss.`),
    formula("minimax: ∂L/∂D = −σ(D);   non-saturating: ∂L/∂D = −(1 − σ(D))"));
}

const score = (logit, chance) => (chance ? num(sigmoid(logit), 2) : num(logit, Math.abs(logit) < 10 ? 2 : 1));

/** Under a digit: the score before and after, as bars and as numbers, with an arrow for the way it went. */
function moved(before, after, chance) {
  const arrow = Math.abs(after - before) < 1e-4 ? "=" : after > before ? "▲" : "▼";
  return h("figcaption", { "aria-hidden": true },
    chance && [h("span", { class: "was" }, bar(sigmoid(before))), bar(sigmoid(after))],
    soft(score(before, chance)), " ", h("span", { class: "arrow" }, arrow), " ", score(after, chance));
}

function strip(pictures, shape, kind, what, before, after, chance) {
  return h("div", { class: `strip eight ${kind}` }, pictures.map((pixels, at) => h("figure", {},
    draw.digit(pixels, shape, `${what} ${at + 1}; D’s score ${score(before[at], chance)}, after the turn ${score(after[at], chance)}`),
    moved(before[at], after[at], chance))));
}

const rose = (before, after) => plural(before.filter((x, at) => after[at] > x).length, "score") + " rose, " +
  plural(before.filter((x, at) => after[at] < x).length, "score") + " fell";

function ofDiscriminator(turn, shape, chance) {
  return section("wide", h("span", { class: "is D" }, "D’s turn"), "only D’s weights move",
    p("D looked at a batch of real and of generated digits and moved its weights, so that real ones ",
      "score higher and generated ones lower. These sixteen show what that did; they need not have been in the batch. ",
      "G stands behind a wall in this turn: its digits are constants here, so no gradient reaches it."),
    stood("D", [turn.real_before, turn.real_after], [turn.fake_before, turn.fake_after]),
    h("div", { class: "row pic" }, h("div", {}, "real", small("before → after")),
      strip(draw.images(turn.reals, shape), shape, "reals", "real digit", turn.real_before, turn.real_after, chance)),
    h("div", { class: "row pic" }, h("div", {}, "generated", small("before → after")),
      strip(draw.images(turn.fakes, shape), shape, "fakes", "generated digit", turn.fake_before, turn.fake_after, chance)),
    p(`Of the real digits ${rose(turn.real_before, turn.real_after)}; of the generated ones ${rose(turn.fake_before, turn.fake_after)}. `,
      `The gap between the mean logits was ${num(mean(turn.real_before) - mean(turn.fake_before), 2)} `,
      `and is ${num(mean(turn.real_after) - mean(turn.fake_after), 2)}.`),
    formula("θ(D) ← θ(D) − Adam(∂L(D)/∂θ(D))"),
    code("phases: discriminator forward, backward, update"));
}

function ofGenerator(turn, chance) {
  const { shape } = turn;
  const [height, width, channels] = shape;
  const before = draw.images(turn.before, shape);
  const after = draw.images(turn.after, shape);
  const pull = draw.images(turn.pull, shape).map((pixels) => draw.signedPixels(pixels, channels));
  const changes = after.map((pixels, at) => draw.difference(pixels, before[at], channels));
  const most = changes.flat().reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const line = (name, note, pictures) => h("div", { class: "row pic" }, h("div", {}, name, small(note)),
    h("div", { class: "strip eight fakes" }, pictures.map((picture) => h("figure", {}, picture))));
  const map = (what) => (values, at) => draw.heat(values, height, width, `${what}, digit ${at + 1}`,
    { class: "digit", limit: what.startsWith("pull") ? 1 : most });
  return section("wide", h("span", { class: "is G" }, "G’s turn"), "only G’s weights move",
    p("D’s gradient says of every pixel which way to change it so that D takes the digit for real. G cannot change pixels, ",
      "only its weights; it moves them so that its digits go that way."),
    stood("G", [turn.logits_before, turn.logits_after]),
    line("before", "what G drew", before.map((pixels, at) => draw.digit(pixels, shape, `digit ${at + 1} before G’s turn`))),
    line("the pull", ["D wants it ", h("span", { class: "key fake" }, "brighter"), ", ", h("span", { class: "key real" }, "darker")],
      pull.map(map("pull of D’s gradient"))),
    h("div", { class: "row pic" }, h("div", {}, "after", small("the same z, D’s score before → after")),
      strip(after, shape, "fakes", "digit after G’s turn", turn.logits_before, turn.logits_after, chance)),
    line("difference",
      most > 0 ? `after − before, × ${num(127 / most, most > 60 ? 1 : 0)}` : "none that a byte can show", changes.map(map("difference"))),
    p(`${rose(turn.logits_before, turn.logits_after)}. `,
      `The mean logit was ${num(mean(turn.logits_before), 2)} and is ${num(mean(turn.logits_after), 2)}. `,
      `The pixel that changed most changed by ${num((100 * most) / 255, 1)} % of the way from black to white.`),
    formula("pull = ∂D(x)/∂x at x = G(z);   θ(G) ← θ(G) − Adam(∂L(G)/∂θ(G))"),
    code("phases: generator forward, backward, update"));
}
