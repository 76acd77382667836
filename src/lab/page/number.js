// Number: one element of a node's value, and what it is made of.

import { choose, h, p, small, code, button, num, signed, plural } from "./dom.js";
import { empty, load as loadTape, nameOf, within } from "./tape.js";
import { isParameter, shortName } from "./words.js";

export const title = "Number";

let nudge = { of: "", by: 0.01, guess: null, told: null }; // a change of which number, by how much, and what came of it

/** The tape, for the nodes' names, then the number that was asked for. */
export async function load(frame, view, get) {
  if (view.numberFor !== frame.number) [view.number, view.numberFor] = [null, frame.number];
  if (await loadTape(frame, view, get)) return true;
  const { asked } = view;
  if (!within(frame) || !asked || view.number || asked.index >= (view.tape?.nodes.length ?? 0)) return false;
  view.number = await get(`number?index=${asked.index}&element=${asked.element}`);
  return true;
}

export function render(frame, view, act) {
  if (!within(frame) || view.tape?.nodes.length === 0) return [empty(frame, act)];
  const intro = p("Every number on the tape can be taken apart: what it was computed from, and what it is to the loss.");
  const { number, asked, tape } = view;
  const other = (...what) => [h("section", { class: "wide" }, h("h2", {}, "One number"), ...what)];
  const choices = (...more) => h("div", { class: "choices" }, button("to tape", "Choose on the tape", () => act.panel("tape")), ...more);
  if (!asked) {
    return other(intro, p("Choose a node on the tape and click on its picture, or begin with the last number that was computed."),
      choices(tape && button("to last", "Open the last number", () => act.number(tape.nodes.at(-1).index, 0))));
  }
  if (tape && asked.index >= tape.nodes.length) {
    return other(p(`There is no node ${asked.index} on this tape yet. Go on by operations, or choose another node.`), choices());
  }
  if (!number || !tape) return other(p("Reading …"));
  const node = tape.nodes[number.index];
  return [h("section", { class: "number" },
    h("h2", {}, "One number ",
      small(`place ${number.place.join(", ") || "0"} of node ${number.index}${node?.scope ? `, ${node.scope}` : ""}`)),
    intro,
    h("p", { class: "value" }, h("b", {}, num(number.value, 6))),
    h("p", { class: "math formula" }, number.formula),
    number.then && !/^Identity/.test(number.then) &&
      p("The sum of its terms then goes through an activation: ", activation(number.then), "."),
    terms(number, node, act), source(number.source)), side(number, node, frame, view, act)];
}

/** The lines of the program that computed it, and those that find its inputs' adjoints. */
function source(of) {
  if (!of) return null;
  const lines = (text) => h("pre", { class: "source", tabindex: 0 }, text);
  return h("details", {},
    h("summary", {}, `The lines that computed it: ${of.file}, line ${of.line}`), lines(of.forward),
    p("And its derivative, written in the same language, so that it can be differentiated again:"), lines(of.backward));
}

/** As Rust writes an activation, in words. */
const activation = (then) => then
  .replace(/LeakyRelu \{ slope: 0\.0 \}/, "ReLU")
  .replace(/LeakyRelu \{ slope: ([\d.]+) \}/, "leaky ReLU (slope $1)")
  .replace(/^(Tanh|Sigmoid)/, (name) => name.toLowerCase()).replaceAll("-", "−").replace("leaky−", "leaky-");

/** A term, each of its numbers a way to that number: `x · W` has two. */
function what(term, at, act) {
  const to = (key, text, node, element) => [button(`term ${key}`, shortName(text), () => act.number(node, element), { class: "term" }),
    code(` ${node}[${element}]`)];
  const [first, ...rest] = term.what.split(" · ");
  if (term.by && rest.length === 1) return [to(at, first, term.node, term.element), " · ", to(`${at} by`, rest[0], ...term.by)];
  return to(at, term.what, term.node, term.element);
}

function terms(number, node, act) {
  if (number.terms.length === 0) {
    return p(isParameter(node) ?
      "It is one of the layer’s parameters: this tape did not compute it. At the end of its player’s turn it moves." :
      "It was given from outside: it has no terms.");
  }
  const most = Math.max(1e-30, ...number.terms.map((term) => Math.abs(term.amount)));
  const sum = number.others.amount + number.terms.reduce((sum, term) => sum + term.amount, 0);
  const adds = number.form === "sum" || number.then !== null ||
    Math.abs(sum - number.value) <= 1e-3 * Math.max(1e-6, Math.abs(number.value));
  const bar = (amount) => {
    const fill = h("b", { class: amount < 0 ? "minus" : "plus" });
    const share = Math.abs(amount) / most; // the others together may be longer than any term: then the bar says so
    fill.style.width = `${share > 1 ? 70 : 100 * share}%`;
    return h("td", { class: "bar pic", "aria-hidden": true }, fill, share > 1 && small(`» ${num(share, share < 10 ? 1 : 0)} ×`));
  };
  return [
    p(number.others.count > 0 ? `These ${plural(number.terms.length, "term")} weigh most. ` :
      `It follows ${plural(number.terms.length, "term")}. `,
      "Choose one to take it apart in turn.",
      number.terms.some((term) => term.what.includes("#")) && " A number after # is a node.",
      !adds && " An amount is what a term brings in, taken by its slope; they need not sum up to the value."),
    h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "term"), h("th", { scope: "col" }, "amount"), h("th", { class: "pic" }))),
      h("tbody", {},
        number.terms.map((term, at) => h("tr", {},
          h("td", {}, what(term, at, act)),
          h("td", {}, h("code", {}, signed(term.amount))), bar(term.amount))),
        number.others.count > 0 && h("tr", { class: "rest" }, h("td", {}, `${plural(number.others.count, "smaller term")}`),
          h("td", {}, h("code", {}, signed(number.others.amount))), bar(number.others.amount)),
        adds && number.terms.length > 1 && h("tr", { class: "sum" },
          h("td", {}, "sum"), h("td", {}, h("code", {}, signed(sum))), h("td", { class: "pic" })))),
  ];
}

function side(number, node, frame, view, act) {
  const state = node?.adjoint ?? "not yet";
  return h("section", { class: "detail" }, h("h2", {}, "What it is to the loss"),
    number.gradient !== null ? [
      p("Its adjoint is ", h("b", {}, num(number.gradient, 6)), number.gradient === 0 ? ": the loss does not follow it at all." :
        `: if it rose by 0.01, the loss would ${number.gradient > 0 ? "rise" : "fall"} by about ${num(Math.abs(number.gradient) * 0.01, 6)}.`),
      h("p", { class: "math formula" }, `∂L/∂y = ${num(number.gradient, 6)}`)] :
      state === "not wanted" ? p("Its adjoint is not wanted: nothing that learns in this turn lies behind it.") :
        state === "known" ? p("Its adjoint has arrived, and is no finite number.") :
          p("Its adjoint has not arrived yet: it comes when the walk back reaches this node."),
    node?.derivative_of === null && nudging(number, frame, act),
    h("h2", {}, "Where it stands"),
    p("It is one of the numbers of ",
      button("its node", `node ${number.index}, ${node ? nameOf(node) : ""}`, () => act.toNode(number.index), { class: "chip" })),
    view.trail.length > 0 && h("p", {}, button("number back", "◀ back to the number before", act.numberBack)),
    h("p", { class: "choices" }, button("number less", "◀ neighbour", () => act.number(number.index, Math.max(0, number.element - 1)),
      { disabled: number.element === 0 }),
    button("number more", "neighbour ▶", () => act.number(number.index, number.element + 1),
      { disabled: node && number.element + 1 >= node.shape.reduce((a, b) => a * b, 1) })),
    code(`/api/number?index=${number.index}&element=${number.element}`));
}

const SIZES = [0.001, 0.01, 0.1, 1, -0.001, -0.01, -0.1, -1].map((by) => [by, `${by > 0 ? "+" : "−"}${Math.abs(by)}`]);

/** Moves the number by a little: what the loss does is predicted first, then measured. */
function nudging(number, frame, act) {
  const of = `${frame.run.seed} ${frame.at.step} ${frame.at.turn} ${number.index} ${number.element}`;
  if (nudge.of !== of) nudge = { of, by: nudge.by, guess: null, told: null };
  const change = (what) => { nudge = { ...nudge, told: null, ...what }; act.redraw(); };
  const measure = async () => {
    const told = await act.get(`nudge?index=${number.index}&element=${number.element}&by=${nudge.by}`);
    if (!told) return;
    change({ told });
    act.hear(`The loss ${went(told)}, by ${signed(told.measured, 6)}. ${verdict(told)}`);
  };
  return [h("h2", {}, "Nudge it"),
    choose("nudge by", "By so much (ε)", SIZES, nudge.by, (by) => change({ by, guess: null })),
    choose("nudge guess", "What will the loss do?", ["rise", "fall", "stay"], nudge.guess, (guess) => change({ guess })),
    h("p", { class: "choices" }, button("nudge", "nudge it", measure, { disabled: !nudge.guess }), !nudge.guess && small("choose first")),
    nudge.told && measured(nudge.told)];
}

const SAYS_NOTHING = 4; // roundings
const lost = ({ measured, rounding }) => Math.abs(measured) <= SAYS_NOTHING * rounding;
const went = (told) => (lost(told) ? "stays" : told.measured > 0 ? "rises" : "falls");

function measured(told) {
  const right = went(told).startsWith(nudge.guess);
  const row = (name, value) => h("tr", {}, h("td", {}, name), h("td", {}, h("code", {}, value)));
  return [p(right ? "✓ You were right: " : `✗ You had said “${nudge.guess}”: `, `the loss ${went(told)}.`),
    h("table", {}, h("tbody", {}, row("the loss before", num(told.before, 6)), row("after", num(told.after, 6)),
      row("measured change", signed(told.measured, 7)),
      told.predicted !== null && [row("adjoint · ε", signed(told.predicted, 7)),
        row("difference", signed(told.measured - told.predicted, 7))])),
    p(verdict(told)), h("p", { class: "math formula" }, "L(y + ε) − L(y) = ε·∂L/∂y + ½·ε²·∂²L/∂y² + …")];
}

/** What measured and predicted change say of each other. */
function verdict(told) {
  const { measured, predicted, rounding } = told;
  if (measured === 0 && predicted === 0) return "The loss does not follow this number here: its slope is 0.";
  if (lost(told)) return "Single precision cannot tell so small a change from rounding. Take a larger ε.";
  if (predicted === null) return "The tape’s prediction comes with the adjoint, on the walk back.";
  const off = Math.abs(measured - predicted);
  if (off <= 0.05 * Math.abs(measured)) return "Both agree: the adjoint is the loss’s slope here.";
  if (off <= SAYS_NOTHING * rounding) return "Both agree as far as single precision can tell.";
  return "They differ: the adjoint is the slope here, but the loss bends, or has a corner as ReLU has. A smaller ε comes closer.";
}
