// Game, the home panel: from random numbers to digits to scores, and what the losses mean now.

import { button, choose, h, p, small, code, num, sigmoid, count, plural } from "./dom.js";
import * as draw from "./draw.js";
import { mean as meanOf } from "./quiz.js";
import { likelihood, sentence } from "./words.js";

export const title = "Game";

/** The panel for a frame. Pure: the same frame gives the same elements. */
export function render(frame, view, act) {
  const { run, at, fakes, reals, scores } = frame;
  return [
    h("section", { class: "flow" },
      h("h2", {}, "The game ", small(at.playing ? "playing" : `paused. ${sentence(frame)}`)),
      p("The generator G turns random numbers into digits. The discriminator D looks at real and at generated digits ",
        "and scores each: how sure is it that this one is real? Each learns from D’s scores, against the other."),
      h("p", { class: "words" },
        `G has ${count(run.parameters.generator)} weights and draws each digit from ${plural(run.latent_dim, "random number")}. `,
        `D has ${count(run.parameters.discriminator)} weights and makes one number of each digit, the logit. `,
        `Its mean is ${mean(reals.logits)} for the real digits shown here and ${mean(fakes.logits)} for the generated ones.`),
      row(h("div", {}, "latent vector z", small(plural(run.latent_dim, "random number")), code("latent_dim = ", run.latent_dim)),
        h("div", { class: "pic" },
          draw.bars(frame.latent, `The first ${frame.latent.length} numbers of the first digit’s latent vector`))),
      row(who("G", "Generator", "draws from z", `${count(run.parameters.generator)} weights`), frame.plane ?
        h("p", {}, button("to plane", "Here images are points: see the plane", () => act.panel("plane"), { class: "chip" })) :
        digits(fakes, frame, "generated digit", "fakes")),
      frame.fork && !frame.plane && row(h("div", {}, "the game beside", small("the same z, unchanged")),
        digits(frame.fork.fakes, frame, "digit of the game beside", "fakes")),
      !frame.plane && row(h("div", {}, "real digits", small("from people’s hands"), code("data")),
        digits(reals, frame, "real digit", "reals")),
      row(who("D", "Discriminator", "scores them", `${count(run.parameters.discriminator)} weights`), logits(frame, view))),
    h("aside", {},
      h("section", { class: "meaning" }, h("h2", {}, "What it means now"), p(frame.says), verdict(frame),
        h("p", { class: "math formula" }, formulas(frame)),
        code(`objective = ${run.objective}`)),
      h("section", {}, h("h2", {}, "Losses ", small(span(frame))), losses(frame, view), lossWords(frame)),
      warnings(frame), changing(frame, view, act)),
  ];
}

const row = (left, right) => h("div", { class: "row pic" }, left, right);

const who = (letter, name, does, has) =>
  h("div", { class: `who ${letter}` }, name, small(does), small(has));

export function digits(set, frame, what, kind) {
  const pictures = draw.images(set.pixels, set.shape);
  const [low, high] = [...frame.fakes.logits, ...frame.reals.logits].reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [0, 0]);
  return h("div", { class: `strip pic ${kind}` }, pictures.map((pixels, at) => {
    const logit = set.logits[at];
    const chance = sigmoid(logit);
    const label = set.labels?.length ? ` (a ${set.labels[at]})` : "";
    const said = likelihood(frame) ? `D: ${num(chance, 2)} real` : `D’s score ${num(logit, 2)}`;
    return h("figure", {},
      draw.digit(pixels, set.shape, `${what} ${at + 1}${label}; ${said}`),
      h("figcaption", { "aria-hidden": true },
        bar(likelihood(frame) ? chance : (logit - low) / (high - low || 1)),
        num(likelihood(frame) ? chance : logit, 2), likelihood(frame) && h("span", { class: "math" }, " ", num(logit, 1))));
  }));
}

export function bar(share) {
  const fill = h("b", {});
  fill.style.width = `${Math.round(100 * Math.min(1, Math.max(0, share)))}%`;
  return h("span", { class: "score" }, fill);
}

function logits(frame, view) {
  const { from, to, counts: [real, fake] } = draw.sortIntoBins([frame.reals.logits, frame.fakes.logits]);
  const label = `Histogram of D’s logits: ${plural(frame.reals.count, "real digit")}, mean ${mean(frame.reals.logits)}; ` +
    `${plural(frame.fakes.count, "generated digit")}, mean ${mean(frame.fakes.logits)}`;
  return h("div", { class: "pic" },
    draw.histogram([{ class: "real", counts: real }, { class: "fake", counts: fake }], from, to, label,
      { width: view.chart, height: 130, zero: true }),
    h("p", { class: "cap" }, "D’s logits: ", h("span", { class: "key real" }, "real"), " filled, ",
      h("span", { class: "key fake" }, "generated"), " outlined. ",
      likelihood(frame) ? "Right of 0, D takes a digit for real. The more they overlap, the less D can tell." :
        "The more they overlap, the less D can tell."),
    likelihood(frame) && h("p", { class: "cap math" },
      "probability = σ(logit) = 1 / (1 + e^−logit); a logit of 0 is a probability of 0.5"));
}

const mean = (list) => num(meanOf(list), 2);

/** What D takes for real, counted. */
function verdict(frame) {
  const right = (set, real) => set.logits.filter((logit) => logit > 0 === real).length;
  if (!likelihood(frame) || frame.scores === null) return null;
  return p(h("span", { class: "soft" },
    `Of the digits here D takes ${right(frame.reals, true)} of ${frame.reals.count} real ones for real, `,
    `and ${right(frame.fakes, true)} of ${frame.fakes.count} generated ones.`));
}

/** Both losses of an objective, without penalties; `D(x)` is a logit. */
const LOSSES = {
  "non-saturating": ["E[softplus(−D(x))] + E[softplus(D(G(z)))]", "E[softplus(−D(G(z)))]"],
  "minimax": ["E[softplus(−D(x))] + E[softplus(D(G(z)))]", "−E[softplus(D(G(z)))]"],
  "least-squares": ["½·E[(D(x) − 1)²] + ½·E[D(G(z))²]", "½·E[(D(G(z)) − 1)²]"],
  "hinge": ["E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))]", "−E[D(G(z))]"],
  "wasserstein": ["−E[D(x)] + E[D(G(z))]", "−E[D(G(z))]"],
};

function formulas({ run }) {
  const [d, g] = LOSSES[run.objective] ?? ["not known to this page", "not known to this page"];
  return [`L(D) = ${d}`, h("br"), `L(G) = ${g}`];
}

function warnings({ warnings }) {
  return h("section", { class: "warnings" }, h("h2", {}, "Warnings"),
    warnings.length === 0 ? h("p", { class: "soft" }, "None: nothing has gone wrong that the program can tell.") :
      h("ul", {}, [...warnings].reverse().map((line) => h("li", {}, line))));
}

const span = ({ curve }) => (curve.length === 0 ? "none yet" : `from step ${curve[0][0]} to step ${curve.at(-1)[0]}`);

export function losses(frame, view) {
  const { curve, coin, scores } = frame;
  if (curve.length === 0) return h("p", { class: "soft" }, "The curves begin with the first step. Press play, or step.");
  const column = (at) => curve.map((point) => point[at]);
  const marks = coin ? [{ at: coin.d_loss, text: `${num(coin.d_loss)} coin` }, { at: coin.g_loss, text: `${num(coin.g_loss)} coin` }] : [];
  const over = Math.floor(curve.length / 30);
  const line = (kind, name, at, now) => over < 2 ? [{ class: kind, name, now, values: column(at) }] :
    [{ class: `${kind} raw`, values: column(at) }, { class: kind, name, now, values: draw.smooth(column(at), over) }];
  const lines = [...line("d", "D", 1, scores?.d_loss), ...line("g", "G", 2, scores?.g_loss)];
  return h("div", { class: "pic" }, draw.curves(column(0), lines, marks,
    `Both losses over the steps; now the discriminator’s is ${num(scores?.d_loss, 2)} and the generator’s ${num(scores?.g_loss, 2)}`,
    { width: view.narrow, height: 170 }));
}

function lossWords({ scores, coin, reals, fakes }) {
  if (scores === null) return null;
  return p(`D’s loss is ${num(scores.d_loss)}${coin ? `; a coin’s would be ${num(coin.d_loss)}` : ""}. `,
    `G’s is ${num(scores.g_loss)}${coin ? `; before a coin it would be ${num(coin.g_loss)}` : ""}. `,
    `D’s mean logit is ${mean(reals.logits)} for these real digits and ${mean(fakes.logits)} for these generated ones. `,
    code("scores.d_loss, scores.g_loss, scores.real, scores.fake"));
}

// ---- Changing something, and the game beside that is not changed ----

/** Whether something can be changed: not within a step. */
export const between = ({ at }) => at.playing || at.moment.kind === "step";

let rate = { of: "discriminator", value: "0.01" }; // what is typed

function changing(frame, view, act) {
  const { fork, edits = [] } = frame;
  const free = between(frame);
  const set = () => (Number(rate.value) >= 0 && rate.value.trim() !== "" ?
    act.command({ do: "set", key: `${rate.of}.adam.learning_rate`, value: Number(rate.value) }) :
    act.say("A learning rate is a number, 0 or more."));
  const pick = (what) => { rate = { ...rate, ...what }; act.redraw(); };
  const times = (factor) => pick({ value: String(Number((Number(rate.value) * factor).toPrecision(3))) });
  return h("section", {}, h("h2", {}, "Change something ", !free && small("between two steps only")),
    !fork && p("Fork first: then the game as it is goes on beside the game as you change it, from the same seed and the same z."),
    h("p", { class: "choices" }, fork ? button("join", "put the other away", () => act.command({ do: "join" })) :
      button("fork", "fork", () => act.command({ do: "fork" }), { disabled: !free })),
    fork && beside(frame, view),
    choose("rate of", "Learning rate of", [["discriminator", "D"], ["generator", "G"]], rate.of, (of) => pick({ of })),
    h("p", { class: "choices" },
      button("rate less", "÷10", () => times(0.1)),
      h("input", { "data-key": "rate", value: rate.value, size: 6, inputmode: "decimal", autocomplete: "off", "aria-label": "Learning rate",
        oninput: (event) => { rate.value = event.target.value; }, onkeydown: (event) => event.key === "Enter" && set() }),
      button("rate more", "×10", () => times(10)),
      button("rate set", "set", set, { disabled: !free })),
    edits.length > 0 && [h("h3", {}, "Changed by hand"), h("ul", {}, edits.map(({ step, says }) => h("li", {}, `step ${step}: ${says}`)))]);
}

/** Where the two games are, in words and curves. */
function beside(frame, view) {
  const { fork, scores } = frame;
  const pair = (key) => `${num(scores?.[key], 2)} here, ${num(fork.scores?.[key], 2)} beside`;
  return [p(`Two games since step ${fork.since}: `, fork.changes.length > 0 ? `here ${fork.changes.join("; ")}.` : "they do not differ yet.",
    scores && fork.scores && ` D’s loss is ${pair("d_loss")}; G’s is ${pair("g_loss")}.`,
    fork.step !== frame.at.step && ` The other is at step ${fork.step}.`),
  h("h3", {}, "Losses of the game beside"), losses({ ...fork, coin: frame.coin }, view),
  fork.warnings.length > 0 && p("Its newest warning: ", fork.warnings.at(-1))];
}
