// Game, the home panel: from random numbers to digits to scores, and what the losses mean now.

import { bar, button, cap, choices, choose, code, count, figure, formula, h, key, mean as meanOf, num, p, pic, plural,
  section, small, soft, span } from "./dom.js";
import * as draw from "./draw.js";
import { said, scored } from "./quiz.js";
import { likelihood, sentence } from "./words.js";

export const title = "Game";

const mean = ({ logits }) => num(meanOf(logits), 2);

export const thing = (frame) => (frame.plane ? "point" : "digit"); // what the players' images are

export function render(frame, view, act) {
  const { run: { parameters, latent_dim: latent, objective }, at, fakes, reals, fork, curve, plane } = frame;
  const one = thing(frame);
  return [section("flow", "The game", at.playing ? "playing" : `paused. ${sentence(frame)}`,
      p(`The generator G turns random numbers into ${one}s. The discriminator D looks at real and at generated ${one}s `,
        "and scores each: how sure is it that this one is real? Each learns from D’s scores, against the other."),
      h("p", { class: "words" },
        `G has ${count(parameters.generator)} weights and draws each ${one} from ${plural(latent, "random number")}. `,
        `D has ${count(parameters.discriminator)} weights and makes one number of each, the logit. Its mean is `,
        `${mean(reals)} for the real ${one}s shown here and ${mean(fakes)} for the generated ones.`),
      row(["latent vector z", small(plural(latent, "random number")), code("latent_dim = ", latent)],
        draw.bars(frame.latent, `The first ${frame.latent.length} numbers of the first ${one}’s latent vector`)),
      row(who("G", "Generator", "draws from z", parameters.generator), plane ?
        button("to plane", "see the points in the panel Plane", () => act.panel("plane"), { class: "chip" }) :
        digits(fakes, frame, "generated digit", "fakes")),
      fork && !plane && row(["the game beside", small("same z, unchanged")], digits(fork.fakes, frame, "digit", "fakes")),
      !plane && row(["real digits", small("from people’s pens"), code("data")], digits(reals, frame, "real digit", "reals")),
      row(who("D", "Discriminator", "scores them", parameters.discriminator), logits(frame, view))),
    h("aside", {}, section("meaning", "What it means now", null, p(frame.says.replaceAll("digit", one)),
        verdict(frame), formulas(LOSSES[objective]), code(`objective = ${objective}`)),
      section(null, "Losses", curve.length === 0 ? "none yet" : `from step ${curve[0][0]} to step ${curve.at(-1)[0]}`,
        losses(frame, view), lossWords(frame)), warnings(frame), changing(frame, view, act))];
}

const row = (left, right) => h("div", { class: "row pic" }, h("div", {}, left), h("div", {}, right));
const items = (lines) => h("ul", {}, lines.map((line) => h("li", {}, line)));
const who = (letter, name, does, weights) =>
  h("div", { class: `who ${letter}` }, name, small(does), small(`${count(weights)} weights`));

/** Digits side by side, with D's score under each. */
export const digits = (set, frame, what, kind) => h("div", { class: `strip pic ${kind}` },
  draw.images(set.pixels, set.shape).map((pixels, at) => {
    const logit = set.logits[at];
    const { share, text } = scored(logit, frame);
    const label = `${what} ${at + 1}${set.labels?.length ? ` (a ${set.labels[at]})` : ""}; ${said(logit, frame)}`;
    return figure(draw.digit(pixels, set.shape, label), bar(share), text,
      likelihood(frame) && span("math", " ", num(logit, 1)));
  }));

function logits(frame, view) {
  const { reals, fakes } = frame;
  const one = thing(frame);
  const { from, to, counts: [real, fake] } = draw.sortIntoBins([reals.logits, fakes.logits]);
  const label = `Histogram of D’s logits: mean ${mean(reals)} for real ${one}s, ${mean(fakes)} for generated ones`;
  const series = [{ class: "real", counts: real }, { class: "fake", counts: fake }];
  return pic(draw.histogram(series, from, to, label, view.chart, 130),
    cap("D’s logits: ", key("real", "real"), " filled, ", key("fake", "generated"), " outlined. ",
      likelihood(frame) && `Right of 0, D takes a ${one} for real. `, "The more they overlap, the less D can tell."),
    likelihood(frame) && cap(span("math", "probability = σ(logit) = 1 / (1 + e^−logit), 0.5 at a logit of 0")));
}

/** What D takes for real, counted. */
function verdict(frame) {
  const { reals, fakes, scores } = frame;
  const right = (set) => `${set.logits.filter((logit) => logit > 0).length} of ${set.count}`;
  return likelihood(frame) && scores !== null && p(soft(
    `Of the ${thing(frame)}s here D takes ${right(reals)} real ones for real, and ${right(fakes)} generated ones.`));
}

const [REAL, LINEAR] = ["E[softplus(−D(x))] + E[softplus(D(G(z)))]", "−E[D(G(z))]"];

/** Both losses of an objective, without penalties; `D(x)` is a logit. */
const LOSSES = {
  "non-saturating": [REAL, "E[softplus(−D(G(z)))]"],
  "minimax": [REAL, "−E[softplus(D(G(z)))]"],
  "least-squares": ["½·E[(D(x) − 1)²] + ½·E[D(G(z))²]", "½·E[(D(G(z)) − 1)²]"],
  "hinge": ["E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))]", LINEAR], "wasserstein": ["−E[D(x)] + E[D(G(z))]", LINEAR],
};

const formulas = ([d, g] = ["?", "?"]) => formula(`L(D) = ${d}`, h("br"), `L(G) = ${g}`);

const warnings = ({ warnings }) => section("warnings", "Warnings", null, warnings.length === 0 ?
  p(soft("None: nothing has gone wrong that the program can tell.")) : items([...warnings].reverse()));

/** Both losses over the steps. */
export function losses({ curve, coin, scores }, view) {
  if (curve.length === 0) return p(soft("The curves begin with the first step. Press play, or step."));
  const column = (at) => curve.map((point) => point[at]);
  const marks = coin ? [coin.d_loss, coin.g_loss].map((at) => ({ at, text: `${num(at)} coin` })) : [];
  const over = Math.floor(curve.length / 30);
  const line = (kind, name, at, now) => (over < 2 ? [{ class: kind, name, now, values: column(at) }] :
    [{ class: `${kind} raw`, values: column(at) }, { class: kind, name, now, values: draw.smooth(column(at), over) }]);
  const [d, g] = [scores?.d_loss, scores?.g_loss];
  const label = `Both losses over the steps; now D’s is ${num(d, 2)} and G’s ${num(g, 2)}`;
  return pic(draw.curves(column(0), [...line("d", "D", 1, d), ...line("g", "G", 2, g)], marks, label, view.narrow, 170));
}

function lossWords(frame) {
  const { scores, coin, reals, fakes } = frame;
  return scores !== null && p(`D’s loss is ${num(scores.d_loss)}${coin ? `; a coin’s would be ${num(coin.d_loss)}` : ""}. `,
    `G’s is ${num(scores.g_loss)}${coin ? `; before a coin it would be ${num(coin.g_loss)}` : ""}. `,
    `D’s mean logit is ${mean(reals)} for these real ${thing(frame)}s and ${mean(fakes)} for these generated ones. `,
    code("scores.d_loss, scores.g_loss, scores.real, scores.fake"));
}

// ---- Changing something, and the game beside that is not changed ----

/** Whether something can be changed: not within a step. */
export const between = ({ at }) => at.playing || at.moment.kind === "step";
let rate = { of: "discriminator", typed: null }; // whose learning rate is changed, and what is typed instead of it

function changing(frame, view, act) {
  const { fork, edits = [], run: { rates } } = frame;
  const free = between(frame);
  const value = () => rate.typed ?? String(rates[rate.of]);
  const pick = (what) => { rate = { ...rate, ...what }; act.redraw(); };
  const times = (factor) => pick({ typed: String(Number((Number(value()) * factor).toPrecision(3))) });
  async function set() {
    const number = value().trim() === "" ? NaN : Number(value());
    if (!(number >= 0)) return act.say("A learning rate is a number, 0 or more.");
    return await act.command({ do: "set", key: `${rate.of}.adam.learning_rate`, value: number }) && pick({ typed: null });
  }
  return section(null, "Change something", !free && "between two steps only",
    !fork && p("Fork first: then the game as it is goes on beside the game as you change it, with the same seed and z."),
    choices(fork ? button("join", "put the other away", () => act.command({ do: "join" })) :
      button("fork", "fork", () => act.command({ do: "fork" }), { disabled: !free })), fork && beside(frame, view),
    choose("rate of", "Learning rate of", [["discriminator", "D"], ["generator", "G"]], rate.of,
      (of) => pick({ of, typed: null })),
    choices(button("rate less", "÷10", () => times(0.1)),
      h("input", { "data-key": "rate", value: value(), size: 6, inputmode: "decimal", "aria-label": "Learning rate",
        oninput: (event) => { rate.typed = event.target.value; }, onkeydown: (event) => event.key === "Enter" && set() }),
      button("rate more", "×10", () => times(10)), button("rate set", "set", set, { disabled: !free })),
    p(soft(`Now it is ${rates.discriminator} for D and ${rates.generator} for G.`)),
    edits.length > 0 && [h("h3", {}, "Changed by hand"), items(edits.map(({ step, says }) => `step ${step}: ${says}`))]);
}

/** Where the two games are, in words and curves. */
function beside({ fork, scores, coin, at }, view) {
  const pair = (key) => `${num(scores?.[key], 2)} here, ${num(fork.scores?.[key], 2)} beside`;
  const differ = fork.changes.length > 0 ? `here ${fork.changes.join("; ")}` : "they do not differ yet";
  return [p(`Two games since step ${fork.since}: ${differ}.`,
    scores && fork.scores && ` D’s loss is ${pair("d_loss")}; G’s is ${pair("g_loss")}.`,
    fork.step !== at.step && ` The other is at step ${fork.step}.`),
  h("h3", {}, "Losses of the game beside"), losses({ ...fork, coin }, view),
  fork.warnings.length > 0 && p("Its newest warning: ", fork.warnings.at(-1))];
}
