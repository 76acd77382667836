// Number: one element of a node's value, and what it is made of.

import { h, p, small, code, button, num, signed, plural } from "./dom.js";
import { empty, load as loadTape, nameOf, within } from "./tape.js";
import { isParameter, shortName } from "./words.js";

export const title = "Number";

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
  if (!view.asked) {
    return [h("section", { class: "wide" }, h("h2", {}, "One number"), intro,
      p("Choose a node on the tape and click on its picture, or begin with the last number that was computed."),
      h("div", { class: "choices" }, button("to tape", "Choose on the tape", () => act.panel("tape")),
        view.tape && button("to last", "Open the last number", () => act.number(view.tape.nodes.at(-1).index, 0))))];
  }
  const { number } = view;
  if (view.tape && view.asked.index >= view.tape.nodes.length) {
    return [h("section", { class: "wide" }, h("h2", {}, "One number"),
      p(`There is no node ${view.asked.index} on this tape yet. Go on by operations, or choose another node.`),
      h("div", { class: "choices" }, button("to tape", "Choose on the tape", () => act.panel("tape"))))];
  }
  if (!number || !view.tape) return [h("section", { class: "wide" }, h("h2", {}, "One number"), p("Reading …"))];
  const node = view.tape.nodes[number.index];
  return [h("section", { class: "number" },
    h("h2", {}, "One number ",
      small(`place ${number.place.join(", ") || "0"} of node ${number.index}${node?.scope ? `, ${node.scope}` : ""}`)),
    intro,
    h("p", { class: "value" }, h("b", {}, num(number.value, 6))),
    h("p", { class: "math formula" }, number.formula),
    number.then && !/^Identity/.test(number.then) &&
      p("The sum of its terms then goes through an activation: ", activation(number.then), "."),
    terms(number, node, act), source(number.source)), side(number, node, view, act)];
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

function side(number, node, view, act) {
  const state = node?.adjoint ?? "not yet";
  return h("section", { class: "detail" }, h("h2", {}, "What it is to the loss"),
    number.gradient !== null ? [
      p("Its adjoint is ", h("b", {}, num(number.gradient, 6)), number.gradient === 0 ? ": the loss does not follow it at all." :
        `: if it rose by 0.01, the loss would ${number.gradient > 0 ? "rise" : "fall"} by about ${num(Math.abs(number.gradient) * 0.01, 6)}.`),
      h("p", { class: "math formula" }, `∂L/∂y = ${num(number.gradient, 6)}`)] :
      state === "not wanted" ? p("Its adjoint is not wanted: nothing that learns in this turn lies behind it.") :
        state === "known" ? p("Its adjoint has arrived, and is no finite number.") :
          p("Its adjoint has not arrived yet: it comes when the walk back reaches this node."),
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
