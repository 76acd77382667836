// Number: one element of a node's value, and what it is made of.

import { ask, button, choices, choose, code, formula, h, num, p, plural, section, signed, sizeOf, small, table,
  td } from "./dom.js";
import { empty, load as loadTape, nameOf, within } from "./tape.js";
import { isParameter, shortName } from "./words.js";

export const title = "Number";

let nudge = { of: "", by: 0.01, guess: null, told: null }; // a change of which number, by how much, and what came of it

/** The tape, for the nodes' names, then the number that was asked for. */
export async function load(frame, view, get) {
  const again = view.asked && { ...view.asked, refused: null };
  if (view.numberFor !== frame.number) Object.assign(view, { number: null, numberFor: frame.number, asked: again });
  if (await loadTape(frame, view, get)) return true;
  const { asked } = view;
  if (!asked || asked.refused || view.number || !view.tape?.nodes[asked.index]) return false;
  const told = await ask(get, `number?index=${asked.index}&element=${asked.element}`);
  asked.refused = told.refused;
  if (view.asked === asked && !told.refused) view.number = told;
  return true;
}

export function render(frame, view, act) {
  if (!within(frame) || view.tape?.nodes.length === 0) return [empty(frame, view, act)];
  const { number, asked, tape } = view;
  const intro = p("Every number on the tape can be taken apart: what it was computed from, and what it is to the loss.");
  const node = tape?.nodes[asked?.index];
  if (!number || !node) {
    const why = !tape ? "Reading the tape …" : !asked ? "Choose a node and click on its picture, or begin with the last." :
      !node ? `There is no node ${asked.index} on this tape yet. Go on, or choose another.` : asked.refused ?? "Reading …";
    return [section("wide", "One number", null, intro, p(why),
      choices(button("to tape", "Choose on the tape", () => act.panel("tape")),
        !asked && tape && button("to last", "Open the last number", () => act.number(tape.nodes.at(-1).index, 0))))];
  }
  const { index, place, then } = number;
  const where = `place ${place.join(", ") || "0"} of node ${index}${node.scope ? `, ${node.scope}` : ""}`;
  return [section("number", "One number", where,
    intro, h("p", { class: "value" }, h("b", {}, num(number.value, 6))), formula(number.formula),
    then && !/^Identity/.test(then) && p("The sum of its terms then goes through an activation: ", activation(then), "."),
    terms(number, node, act), source(number.source)), side(number, node, frame, view, act)];
}

/** The lines of the program that computed it, and those that find its inputs' adjoints. */
function source(of) {
  const lines = (text) => h("pre", { class: "source", tabindex: 0 }, text);
  return of && h("details", {}, h("summary", {}, `The lines that computed it: ${of.file}, line ${of.line}`),
    lines(of.forward), p("And its derivative, which can be differentiated again:"), lines(of.backward));
}

/** As Rust writes an activation, in words. */
const activation = (then) => then.replace(/ -/g, " −").replace(/LeakyRelu \{ slope: 0\.0 \}/, "ReLU")
  .replace(/LeakyRelu \{ slope: ([\d.]+) \}/, "leaky ReLU (slope $1)").replace(/^Tanh|^Sigmoid/, (one) => one.toLowerCase());

/** A term, each of its numbers a way to that number: `x · W` has two. */
function what(term, at, act) {
  const to = (key, text, node, element) => [button(`term ${key}`, shortName(text), () => act.number(node, element),
    { class: "term" }), code(` ${node}[${element}]`)];
  const [first, second, third] = term.what.split(" · ");
  if (!term.by || !second || third) return to(at, term.what, term.node, term.element);
  return [to(at, first, term.node, term.element), " · ", to(`${at} by`, second, ...term.by)];
}

/** A row of a table: a name, then numbers as text, then whatever else. */
const row = (kind, name, numbers, more) =>
  h("tr", { class: kind }, td(null, name), numbers.map((text) => td(null, h("code", {}, text))), more);

function terms({ value, form, then, terms, others }, node, act) {
  const given = isParameter(node) ? "It is a layer’s parameter: its player’s turn moves it." : "It was given from outside.";
  if (terms.length === 0) return p(given, " It has no terms.");
  const most = Math.max(1e-30, ...terms.map((term) => Math.abs(term.amount)));
  const sum = others.amount + terms.reduce((sum, term) => sum + term.amount, 0);
  const adds = form === "sum" || then !== null || Math.abs(sum - value) <= 1e-3 * Math.max(1e-6, Math.abs(value));
  const line = (kind, name, amount) => {
    const fill = h("b", { class: amount < 0 ? "minus" : "plus" });
    const share = Math.abs(amount) / most; // the others together may be longer than any term: then the bar says so
    fill.style.width = `${share > 1 ? 70 : 100 * share}%`;
    const more = share > 1 && small(`» ${num(share, share < 10 ? 1 : 0)} ×`);
    return row(kind, name, [signed(amount)], td("bar pic", fill, more));
  };
  return [p(others.count > 0 ? "These terms weigh most. " : `It follows ${plural(terms.length, "term")}. `,
      "Choose one to take it apart.", terms.some((term) => term.what.includes("#")) && " A number after # is a node.",
      !adds && " An amount is what a term brings in, taken by its slope; they need not sum up to the value."),
    table(["term", "amount", [null, "pic"]], terms.map((term, at) => line(null, what(term, at, act), term.amount)),
      others.count > 0 && line("rest", plural(others.count, "smaller term"), others.amount),
      adds && terms.length > 1 && row("sum", "sum", [signed(sum)], td("pic"))),];
}

const UNKNOWN = { "not wanted": "Its adjoint is not wanted: nothing that learns in this turn lies behind it.",
  "known": "Its adjoint has arrived, and is no finite number.",
  "not yet": "Its adjoint has not arrived yet: it comes when the walk back reaches this node." };

function side(number, node, frame, view, act) {
  const { index, element, gradient, adam } = number;
  const step = (key, text, to, disabled) => button(`number ${key}`, text, () => act.number(index, to), { disabled });
  return section("detail", "What it is to the loss", null,
    gradient === null ? p(UNKNOWN[node.adjoint]) : [p("Its adjoint is ", h("b", {}, num(gradient, 6)), gradient === 0 ?
      ": the loss does not follow it at all." :
      `: were it 0.01 more, the loss would be ${num(Math.abs(gradient) / 100, 6)} ${gradient > 0 ? "more" : "less"}.`),
    formula(`∂L/∂y = ${num(gradient, 6)}`)],
    adam && optimizer(adam, gradient, number.value), node.derivative_of === null && nudging(number, frame, act),
    h("h2", {}, "Where it stands"),
    p("It is one of the numbers of ",
      button("its node", `node ${index}, ${nameOf(node)}`, () => act.toNode(index), { class: "chip" })),
    view.trail.length > 0 && p(button("number back", "◀ back to the number before", act.numberBack)),
    choices(step("less", "◀ neighbour", element - 1, element === 0),
      step("more", "neighbour ▶", element + 1, element + 1 >= sizeOf(node.shape))),
    code(`/api/number?index=${index}&element=${element}`));
}

/** What Adam is about to make of a weight's gradient. */
function optimizer({ before, after, learning_rate: rate, beta, by }, gradient, value) {
  const why = by * gradient < 0 ? "against its gradient" : "for the earlier gradients outweigh this one";
  const line = (name, at) => row(null, name, [before[at], after[at]].map((x) => num(x, Math.abs(x) < 1e-3 ? 3 : 5)));
  const [m, v] = beta.map((kept, at) => `${kept}·${"mv"[at]} + ${+(1 - kept).toFixed(4)}·g`);
  return [h("h2", {}, "What Adam makes of it"),
    p("When its player moves, Adam ", by === 0 ? "leaves this weight where it is." :
      `${by > 0 ? "raises" : "lowers"} this weight by ${num(Math.abs(by), 6)}, ${why}: to ${num(value + by, 6)}.`),
    table(["running mean", "before", "after"], line("m, of gradients", 0), line("v, of their squares", 1)),
    formula(`m ← ${m},  v ← ${v}²`, h("br"), `θ ← θ − α·m̂ / (√v̂ + ε),  α = ${rate}`)];
}

const SIZES = [0.001, 0.01, 0.1, 1, -0.001, -0.01, -0.1, -1].map((by) => [by, `${by > 0 ? "+" : "−"}${Math.abs(by)}`]);

/** Moves the number by a little: what the loss does is predicted first, then measured. */
function nudging({ index, element }, frame, act) {
  const of = `${frame.run.seed} ${frame.at.step} ${frame.at.turn} ${index} ${element}`;
  if (nudge.of !== of) nudge = { of, by: nudge.by, guess: null, told: null };
  const change = (what) => { nudge = { ...nudge, told: null, ...what }; act.redraw(); };
  const measure = async () => {
    const told = await act.get(`nudge?index=${index}&element=${element}&by=${nudge.by}`);
    if (!told) return;
    change({ told });
    act.hear(`The loss ${went(told)}, by ${signed(told.measured, 6)}. ${verdict(told)}`);
  };
  return [h("h2", {}, "Nudge it"),
    choose("nudge by", "By so much (ε)", SIZES, nudge.by, (by) => change({ by, guess: null })),
    choose("nudge guess", "What will the loss do?", ["rise", "fall", "stay"], nudge.guess, (guess) => change({ guess })),
    choices(button("nudge", "nudge it", measure, { disabled: !nudge.guess }), !nudge.guess && small("choose first")),
    nudge.told && measured(nudge.told)];
}

const SAYS_NOTHING = 4; // roundings
const lost = ({ measured, rounding }) => Math.abs(measured) <= SAYS_NOTHING * rounding;
const went = (told) => (lost(told) ? "stays" : told.measured > 0 ? "rises" : "falls");

function measured(told) {
  const { before, after, measured, predicted } = told;
  const right = went(told).startsWith(nudge.guess);
  const line = (name, value) => row(null, name, [value]);
  return [p(right ? "✓ You were right: " : `✗ You had said “${nudge.guess}”: `, `the loss ${went(told)}.`),
    table([], line("the loss before", num(before, 6)), line("after", num(after, 6)),
      line("measured change", signed(measured, 7)), predicted !== null && [line("adjoint · ε", signed(predicted, 7)),
        line("difference", signed(measured - predicted, 7))]),
    p(verdict(told)), formula("L(y + ε) − L(y) = ε·∂L/∂y + ½·ε²·∂²L/∂y² + …")];
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
  return "They differ: the adjoint is the slope here, but the loss bends, or has a corner. A smaller ε comes closer.";
}
