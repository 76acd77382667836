// Tape: every operation of the pass at hand, by layer; forward they appear in order, on the way back their adjoints do.

import { ask, button, cap, choices, code, elementAt, formula, h, key as word, num, p, pic, plural, section, sizeOf, small,
  soft, span, table, td, times } from "./dom.js";
import * as draw from "./draw.js";
import { isParameter, layerName, phaseOf, player, shortName } from "./words.js";

export const title = "Tape";

const WANTED_AT_ONCE = 12; // overviews asked for after one frame
const WAITING = "weights that wait for their layer";

/** Whether there can be a tape to look at. */
export const within = (frame) => !frame.at.playing && frame.at.moment.kind !== "step";

/** Asks for the tape if the frame is new, then for the chosen node, then for overviews of the open groups. */
export async function load(frame, view, get) {
  if (!within(frame)) return view.tape !== null && Boolean(Object.assign(view, { tape: null, node: null, pass: "" }));
  if (view.tapeFor !== frame.number) {
    [view.tapeFor, view.node] = [frame.number, null];
    view.tape = { nodes: [], ...await ask(get, "tape") };
    const { network } = view.tape;
    // The same index is another node on the other player's tape.
    if (view.network !== network) [view.network, view.chosen, view.asked, view.trail] = [network, null, null, []];
    const pass = `${frame.run.seed} ${frame.run.edited} ${frame.at.step} ${network}`;
    // What was refused is asked for again; a new pass begins with nothing.
    view.overviews = new Map([...view.overviews].filter(([, told]) => view.pass === pass && !told.refused));
    view.pass = pass;
    return true;
  }
  const { nodes } = view.tape;
  if (nodes[view.chosen] && !view.node) {
    view.node = await ask(get, `node?index=${view.chosen}&of=${shown(view)}`);
    return true;
  }
  if (view.panel !== "tape" || view.depth === "words") return false;
  const keys = ({ index, adjoint }) =>
    (adjoint === "known" ? ["value", "adjoint"] : ["value"]).map((of) => `index=${index}&of=${of}`);
  const missing = groups(nodes).filter((group) => isOpen(group, frame, view)).flatMap((group) => group.nodes.flatMap(keys))
    .filter((key) => !view.overviews.has(key)).slice(0, WANTED_AT_ONCE);
  for (const key of missing) view.overviews.set(key, await ask(get, `node?${key}`));
  return missing.length > 0;
}

/** Which of the chosen node's arrays is shown. */
const shown = ({ of, tape, chosen }) => (of === "adjoint" && tape.nodes[chosen].adjoint === "known" ? of : "value");

/**
 * Neighbours of the same scope are a group, and a layer's parameters are in its group wherever they stand. What has no
 * scope is given, or lies between the layers, or is the loss; parts of a derivative are the way back.
 */
function groups(nodes) {
  const found = [];
  const forward = nodes.filter((node) => node.derivative_of === null);
  let computed = false; // the first leaves are given; later ones are constants of what is computed beside them
  for (const node of forward.filter((node) => !isParameter(node))) {
    computed ||= node.operation !== null;
    const kind = node.scope ?? (computed ? "between layers" : "given from outside");
    const pass = found.filter((group) => group.kind === kind).length + 1;
    if (found.at(-1)?.kind === kind) found.at(-1).nodes.push(node);
    else found.push({ kind, pass, key: `${kind} ${pass}`, scope: node.scope, nodes: [node] });
  }
  const waiting = [];
  for (const node of forward.filter(isParameter).reverse()) {
    const group = found.find((group) => group.scope !== null && node.name.startsWith(`${group.scope}.`));
    (group?.nodes ?? waiting).unshift(node);
  }
  const last = found.at(-1);
  if (last?.kind === "between layers" && found.some((group) => group.scope !== null)) last.kind = "the loss";
  const more = (kind, nodes) => nodes.length > 0 && found.push({ kind, pass: 1, key: kind, scope: null, nodes });
  more(WAITING, waiting);
  more("the way back", nodes.filter((node) => node.derivative_of !== null));
  return found;
}

const latest = ({ at }) => (["operation", "adjoint"].includes(at.moment.kind) ? at.moment.node : null);

/** A group is open if somebody opened it, or if what happens now is in it. */
const isOpen = (group, frame, view) =>
  view.open.get(group.key) ?? group.nodes.some((node) => node.index === latest(frame) || node.index === view.chosen);

export function render(frame, view, act) {
  if (!within(frame) || view.tape?.nodes.length === 0) return [empty(frame, view, act)];
  if (!view.tape) return [section("wide", "Tape", null, p("Reading the tape …"))];
  return [list(frame, view, act), detail(view, act)];
}

/** Why there is nothing to look at, and what to do. */
export function empty({ at: { playing, moment } }, { tape }, act) {
  const step = moment.kind === "step";
  const why = playing ? "The game is playing. Pause it to look at a tape." :
    step ? "The tape is empty now: it lasts as long as its player’s turn, and no turn is under way. Go into one." :
    phaseOf(moment) === "update" ? "The weights move now, against their gradients. Their tape has been put away." :
    "This pass has not begun: nothing is on the tape yet. Go on by one operation.";
  const go = (key, text, to) => button(`tape ${key}`, text, () => act.command({ do: to }));
  return section("wide", "Tape", null,
    p("Every operation of a pass is written on the tape, with its value. Then the tape is walked back, and each value gets ",
      "its adjoint: how the loss would follow if that value moved a little."), p(tape?.refused ?? why),
    choices(playing ? go("pause", "Pause", "pause") : [
      go("enter", step ? "Go into the next step" : "Go on by an operation", "operation"),
      go("phase", "Go on by a phase", "phase")]));
}

const short = (shape) => (shape.length === 0 ? "1" : times(shape));
/** How many adjoints have arrived, and how many are to. */
function arrived(nodes) {
  const [known, due] = ["known", "not yet"].map((state) => nodes.filter((node) => node.adjoint === state).length);
  return [known, known + due];
}

const PHASES = { forward: "Forward: operations appear from the top down as they are computed. Adjoints come later.",
  backward: "Walking back: adjoints arrive from the bottom up, from the loss to the weights." };

function list(frame, view, act) {
  const { nodes, network, phase } = view.tape;
  const [known, wanted] = arrived(nodes);
  return section("tape", span(`is ${player(network)}`, `${player(network)}’s tape`),
    `${plural(nodes.length, "node")}; ${known} of ${wanted} adjoints have arrived`,
    p(PHASES[phase] ?? "All wanted adjoints are there; the weights move against them.", " Choose a node to look inside."),
    table(["operation", "shape", ["value ↓", "pic"], "adjoint ↑"],
      groups(nodes).map((group) => rows(group, frame, view, act))));
}

/** A group's own row, and those of its nodes if it is open. */
function rows(group, frame, view, act) {
  const { kind, pass, key, scope, nodes } = group;
  const open = isOpen(group, frame, view);
  const [owner, at] = kind.split(".");
  const layer = frame.run.players[owner]?.[at];
  const name = [open ? "▾ " : "▸ ", kind, layer && ` · ${layerName(layer)}`, scope && pass > 1 && `, pass ${pass}`];
  const [came, due] = arrived(nodes);
  return [h("tr", { class: "group" }, h("th", { scope: "rowgroup", colspan: 2 },
      button(`group ${key}`, name, () => act.open(key, !open), { "aria-expanded": String(open) }), " ",
      !layer && small(plural(nodes.length, "node"))),
    td("pic shape", short(nodes.at(-1).shape)), td("shape", due === 0 ? "none wanted" : `${came} of ${due}`)),
  open && nodes.map((node) => line(node, kind === WAITING ? node.name : nameOf(node), frame, view, act))];
}

/** What a node is called: the end of a parameter's name, its operation's name in small letters, or that it was given. */
export function nameOf({ operation, name }) {
  if (operation === null) return name === null ? "given" : shortName(name);
  return operation.replace(/[^A-Za-z0-9].*$/, "").replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ").toLowerCase();
}

function line({ index, operation, formula, derivative_of: of, adjoint, shape }, name, frame, view, act) {
  const [now, chosen] = [latest(frame) === index, view.chosen === index];
  const overview = (of) => {
    const data = view.overviews.get(`index=${index}&of=${of}`);
    if (!data?.overview) return soft(data ? "–" : "…");
    if (sizeOf(shape) === 1) return h("code", {}, num(data.mean, 4));
    const { rows, columns, values } = data.overview;
    return draw.heat(values, rows, columns, `${of} of node ${index}, from ${num(data.minimum)} to ${num(data.maximum)}`);
  };
  const mark = (kind, ...what) => span(`mark${kind}`, ...what);
  const text = [now && "▶ ", name, operation !== null && span("math soft", ` ${formula}`)];
  return h("tr", { class: `node ${chosen ? "chosen" : ""} ${now ? "now" : ""}` },
    td("op", button(`node ${index}`, text, () => act.choose(index), { "aria-pressed": String(chosen) }),
      code(` ${index} ${operation ?? "leaf"}`), of !== null && small(` for node ${of}`)),
    td("shape", short(shape)), td("pic", overview("value")),
    td("adjoint", adjoint === "known" ? [mark(" known", "● ", span("said", "known ")), span("pic", overview("adjoint"))] :
      mark("", adjoint === "not yet" ? "○ not yet" : h("i", {}, "– not wanted"))));
}

function detail(view, act) {
  const { nodes } = view.tape;
  const node = nodes[view.chosen];
  if (!node) return section("detail", "One node", null, p("Choose an operation: here its numbers appear, as pictures too."));
  const { index, adjoint, scope, inputs } = node;
  const to = (input) => button(`input ${input}`, `${input} ${nodes[input] ? nameOf(nodes[input]) : "?"}`,
    () => act.choose(input), { class: "chip" });
  const part = (one) => button(`of ${one}`, one, () => act.of(one),
    { "aria-pressed": String(shown(view) === one), disabled: one === "adjoint" && adjoint !== "known" });
  return h("section", { class: "detail", tabindex: -1, "data-key": "detail" },
    h("h2", {}, nameOf(node), " ", small(`node ${index}${scope ? ` of ${scope}` : ""}`)),
    node.operation !== null && formula(node.formula),
    p(h("span", { class: "depth", role: "group", "aria-label": "What to show of it" }, part("value"), part("adjoint")),
      soft({ "not yet": " its adjoint has not arrived yet", "not wanted": " nobody wants its adjoint" }[adjoint])),
    inputs.length > 0 && p("computed from ", inputs.map(to)),
    view.node ? numbers(node, view, act) : p("Reading its numbers …"));
}

function numbers(node, view, act) {
  const { refused, shape, overview, histogram, of, minimum, maximum, mean, deviation, zeros, not_numbers: none } = view.node;
  if (refused) return p(soft(refused));
  const { rows, columns, of_rows: tall, of_columns: wide, values } = overview;
  const [{ from, to, counts }, size] = [histogram, sizeOf(shape)];
  const go = () => {
    const element = elementAt(view.place, shape);
    return typeof element === "string" ? act.say(element) : act.number(node.index, element);
  };
  const onclick = (event) => act.number(node.index, draw.cellOf(event, tall, wide));
  const picture = draw.heat(values, rows, columns, `Overview of the ${of}: ${tall} × ${wide}`,
    { class: "heat large", title: "a click opens that number", onclick });
  picture.style.aspectRatio = String(columns === 1 ? 4 : Math.min(8, Math.max(1, columns / rows)));
  return [p(times(shape), size > 1 && ` = ${plural(size, "number")}`, `, from ${num(minimum)} to ${num(maximum)}, `,
      `mean ${num(mean)}, deviation ${num(deviation)}; ${num(100 * zeros, 0)} % are exactly zero.`,
      none > 0 && h("b", {}, ` ${plural(none, "place holds", "places hold")} no finite number.`)),
    pic(picture, cap(word("fake", "above zero"), ", ", word("real", "below"), ". A click opens a number.",
      (tall > rows || wide > columns) && ` A place here is the mean of several of its ${tall} × ${wide}.`),
    draw.histogram([{ class: of, counts }], from ?? 0, to ?? 1, `Histogram of the ${of}`, view.chart, 110)),
    choices(h("label", {}, "The number at ", h("input", { "data-key": "place", value: view.place, size: 10,
      placeholder: shape.map(() => 0).join(", "), autocomplete: "off", oninput: (event) => act.place(event.target.value),
      onkeydown: (event) => event.key === "Enter" && go() })), button("open number", "open", go)),];
}
