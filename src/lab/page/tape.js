// Tape: every operation of the pass at hand, by layer; forward they appear in order, on the way back their adjoints do.

import { h, p, small, code, button, num, times, plural, sizeOf, elementAt } from "./dom.js";
import * as draw from "./draw.js";
import { isParameter, layerName, phaseOf, player, shortName } from "./words.js";

export const title = "Tape";

const WANTED_AT_ONCE = 12; // overviews asked for after one frame

/** Whether there can be a tape to look at. */
export const within = (frame) => !frame.at.playing && frame.at.moment.kind !== "step";

/** Asks for the tape if the frame is new, then for the chosen node, then for overviews of the open groups. */
export async function load(frame, view, get) {
  if (!within(frame)) {
    const had = view.tape !== null;
    view.tape = view.node = null;
    view.pass = "";
    return had;
  }
  if (view.tapeFor !== frame.number) {
    view.tapeFor = frame.number;
    view.tape = await get("tape");
    if (view.network !== view.tape.network) {
      // The same index is another node on the other player's tape.
      [view.network, view.chosen, view.asked, view.trail] = [view.tape.network, null, null, []];
    }
    const pass = `${frame.run.seed} ${frame.run.edited} ${frame.at.step} ${view.tape.network}`;
    if (view.pass !== pass) [view.pass, view.overviews] = [pass, new Map()];
    view.node = null;
    return true;
  }
  const { nodes } = view.tape;
  if (view.chosen !== null && view.chosen < nodes.length && !view.node) {
    const of = view.of === "adjoint" && nodes[view.chosen].adjoint === "known" ? "adjoint" : "value";
    view.node = await get(`node?index=${view.chosen}&of=${of}`);
    return true;
  }
  if (view.panel !== "tape" || view.depth === "words") return false;
  const missing = groups(nodes).filter((group) => isOpen(group, frame, view)).flatMap((group) => group.nodes)
    .flatMap((node) => [`${node.index} value`, node.adjoint === "known" && `${node.index} adjoint`])
    .filter((key) => key && !view.overviews.has(key)).slice(0, WANTED_AT_ONCE);
  for (const key of missing) {
    const [index, of] = key.split(" ");
    view.overviews.set(key, await get(`node?index=${index}&of=${of}`).catch(() => null));
  }
  return missing.length > 0;
}

/**
 * Neighbours of the same scope are a group, and a layer's parameters are in its group wherever they stand. What has no
 * scope is given, or lies between the layers, or is the loss; parts of a derivative are the way back.
 */
export function groups(nodes) {
  const found = [];
  const passes = new Map();
  const add = (kind, scope, node) => {
    const pass = (passes.get(kind) ?? 0) + 1;
    passes.set(kind, pass);
    found.push({ kind, pass, key: `${kind} ${pass}`, scope, nodes: [node] });
  };
  const forward = nodes.filter((node) => node.derivative_of === null);
  let computed = false; // the first leaves are given; later ones are constants of what is computed beside them
  for (const node of forward.filter((node) => !isParameter(node))) {
    computed ||= node.operation !== null;
    const kind = node.scope ?? (computed ? "between" : "given");
    if (found.at(-1)?.kind === kind) found.at(-1).nodes.push(node);
    else add(kind, node.scope, node);
  }
  const waiting = [];
  for (const node of forward.filter(isParameter).reverse()) {
    const group = found.find((group) => group.scope !== null && node.name.startsWith(`${group.scope}.`));
    if (group) group.nodes.unshift(node);
    else waiting.unshift(node);
  }
  const lastLayer = found.findLastIndex((group) => group.scope !== null);
  const names = { between: (at) => (at > lastLayer && lastLayer >= 0 ? "the loss" : "between layers"), given: () => "given from outside" };
  found.forEach((group, at) => { group.kind = names[group.kind]?.(at) ?? group.kind; });
  const more = (key, kind, nodes) => nodes.length > 0 && found.push({ kind, pass: 1, key, scope: null, nodes });
  more("waiting", "weights that wait for their layer", waiting);
  more("back", "the way back", nodes.filter((node) => node.derivative_of !== null));
  return found;
}

const latest = ({ at }) => (at.moment.kind === "operation" || at.moment.kind === "adjoint" ? at.moment.node : null);

/** A group is open if somebody opened it, or if what happens now is in it. */
const isOpen = (group, frame, view) =>
  view.open.get(group.key) ?? group.nodes.some((node) => node.index === latest(frame) || node.index === view.chosen);

export function render(frame, view, act) {
  if (!within(frame)) return [empty(frame, act)];
  if (!view.tape) return [h("section", { class: "wide" }, h("h2", {}, "Tape"), p("Reading the tape …"))];
  if (view.tape.nodes.length === 0) return [empty(frame, act)];
  return [table(frame, view, act), detail(frame, view, act)];
}

export function empty(frame, act) {
  const playing = frame.at.playing;
  return h("section", { class: "wide" }, h("h2", {}, "Tape"),
    p("Every operation of a pass is written on the tape, with its value. Then the tape is walked back, and each value gets its adjoint: ",
      "how the loss would follow if that value moved a little."),
    playing ? p("The game is playing. Pause it to look at a tape.") :
      phaseOf(frame.at.moment) === "update" ?
        p("The weights move now, against their gradients. The tape that those came from has been put away.") :
      frame.at.moment.kind !== "step" ? p("This pass has not begun: nothing is on the tape yet. Go on by one operation.") :
      p("The tape is empty now: a tape lasts as long as its player’s turn, and no turn is under way. ",
        "Go into a turn, and there will be something to look at."),
    h("div", { class: "choices" },
      playing ? button("tape pause", "Pause", () => act.command({ do: "pause" })) : [
        button("tape enter", frame.at.moment.kind === "step" ? "Go into the next step" : "Go on by an operation",
          () => act.command({ do: "operation" })),
        button("tape phase", "Go on by a phase", () => act.command({ do: "phase" }))]));
}

const short = (shape) => (shape.length === 0 ? "1" : times(shape));

function table(frame, view, act) {
  const { nodes, network, phase } = view.tape;
  const known = nodes.filter((node) => node.adjoint === "known").length;
  const wanted = known + nodes.filter((node) => node.adjoint === "not yet").length;
  const all = groups(nodes);
  const layers = frame.run.players;
  return h("section", { class: "tape" },
    h("h2", {}, h("span", { class: `is ${player(network)}` }, `${player(network)}’s tape`), " ",
      small(`${plural(nodes.length, "node")}; ${known} of ${wanted} adjoints have arrived`)),
    p(phase === "forward" ? "Forward: operations appear from the top down as they are computed. Adjoints come later." :
      phase === "backward" ? "Walking back: adjoints arrive from the bottom up, from the loss to the weights." :
        "All wanted adjoints are there; the weights move against them.", " Choose a node to look inside."),
    h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "operation"), h("th", { scope: "col" }, "shape"),
        h("th", { scope: "col", class: "pic" }, "value ↓"), h("th", { scope: "col" }, "adjoint ↑"))),
      h("tbody", {}, all.map((group) => {
        const open = isOpen(group, frame, view);
        const [owner, at] = (group.scope ?? "").split(".");
        const layer = layers[owner]?.[at];
        const name = group.scope ? [group.scope, layer && ` · ${layerName(layer)}`] : group.kind;
        const arrived = group.nodes.filter((node) => node.adjoint === "known").length;
        const due = arrived + group.nodes.filter((node) => node.adjoint === "not yet").length;
        return [
          h("tr", { class: "group" },
            h("th", { scope: "rowgroup", colspan: 2 },
              button(`group ${group.key}`, [open ? "▾ " : "▸ ", name, group.scope && group.pass > 1 && `, pass ${group.pass}`],
                () => act.open(group.key, !open), { "aria-expanded": String(open) }), " ",
              !layer && small(plural(group.nodes.length, "node"))),
            h("td", { class: "pic shape" }, short(group.nodes.at(-1).shape)),
            h("td", { class: "shape" }, due === 0 ? "none wanted" : `${arrived} of ${due}`)),
          open && group.nodes.map((node) => line(node, group.key === "waiting" ? node.name : nameOf(node), frame, view, act)),
        ];
      }))));
}

/** What a node is called: the end of a parameter's name, its operation's name in small letters, or that it was given. */
export function nameOf(node) {
  if (node.operation !== null) return node.operation.replace(/[^A-Za-z0-9].*$/, "").replace(/(?<=[a-z0-9])(?=[A-Z])/g, " ").toLowerCase();
  return node.name === null ? "given" : shortName(node.name);
}

function line(node, name, frame, view, act) {
  const now = latest(frame) === node.index;
  const overview = (of) => {
    const data = view.overviews.get(`${node.index} ${of}`);
    if (!data) return h("span", { class: "soft" }, "…");
    if (sizeOf(data.shape) === 1) return h("code", {}, num(data.mean, 4));
    const { rows, columns, values } = data.overview;
    return draw.heat(values, rows, columns, `${of} of node ${node.index}, from ${num(data.minimum)} to ${num(data.maximum)}`);
  };
  const adjoint = {
    "known": [h("span", { class: "mark known" }, "● ", h("span", { class: "said" }, "known ")),
      h("span", { class: "pic" }, overview("adjoint"))],
    "not yet": h("span", { class: "mark" }, "○ not yet"),
    "not wanted": h("span", { class: "mark none" }, "– not wanted"),
  }[node.adjoint];
  return h("tr", { class: ["node", view.chosen === node.index && "chosen", now && "now"].filter(Boolean).join(" ") },
    h("td", { class: "op" }, button(`node ${node.index}`, [now && "▶ ", name,
      node.operation !== null && h("span", { class: "math soft" }, ` ${node.formula}`), " ", code(`${node.index} ${node.operation ?? "leaf"}`)],
      () => act.choose(node.index), { "aria-pressed": String(view.chosen === node.index) }),
      node.derivative_of !== null && small(` for node ${node.derivative_of}`)),
    h("td", { class: "shape" }, short(node.shape)),
    h("td", { class: "pic" }, overview("value")),
    h("td", { class: "adjoint" }, adjoint));
}

function detail(frame, view, act) {
  const node = view.tape.nodes[view.chosen];
  if (!node) {
    return h("section", { class: "detail" }, h("h2", {}, "One node"),
      p("Choose an operation at the left: its numbers appear here, as a picture, as a histogram, and one by one."));
  }
  const of = view.of === "adjoint" && node.adjoint === "known" ? "adjoint" : "value";
  const to = (index) => button(`input ${index}`, `${index} ${nameOf(view.tape.nodes[index] ?? { operation: null, name: "?" })}`,
    () => act.choose(index), { class: "chip" });
  return h("section", { class: "detail", tabindex: -1, "data-key": "detail" },
    h("h2", {}, nameOf(node), " ", small(`node ${node.index}${node.scope ? ` of ${node.scope}` : ""}`)),
    node.operation !== null && h("p", { class: "math formula" }, node.formula),
    h("p", {}, h("span", { class: "depth", role: "group", "aria-label": "What to show of it" }, ["value", "adjoint"].map((one) =>
      button(`of ${one}`, one, () => act.of(one), {
        "aria-pressed": String(of === one), disabled: one === "adjoint" && node.adjoint !== "known" }))),
      node.adjoint !== "known" && h("span", { class: "soft" },
        node.adjoint === "not yet" ? " its adjoint has not arrived yet" : " nobody wants its adjoint")),
    node.inputs.length > 0 && h("p", {}, "computed from ", node.inputs.map(to)),
    view.node ? numbers(node, view, act) : p("Reading its numbers …"));
}

function numbers(node, view, act) {
  const { node: data } = view;
  const { overview, histogram } = data;
  const scale = overview.of_rows > overview.rows || overview.of_columns > overview.columns;
  const go = () => {
    const element = elementAt(view.place, node.shape);
    if (typeof element === "string") act.say(element);
    else act.number(node.index, element);
  };
  const picture = draw.heat(overview.values, overview.rows, overview.columns,
    `Overview of the ${data.of}: ${plural(overview.of_rows, "row")}, ${plural(overview.of_columns, "column")}`, {
      class: "heat large", title: "a click opens that number",
      onclick: (event) => {
        const [row, column] = draw.cellOf(event, overview.of_rows, overview.of_columns);
        act.number(node.index, row * overview.of_columns + column);
      },
    });
  picture.style.aspectRatio = String(overview.columns === 1 ? 4 : Math.min(8, Math.max(1, overview.columns / overview.rows)));
  return [
    p(`${times(data.shape)}${sizeOf(data.shape) > 1 ? ` = ${plural(sizeOf(data.shape), "number")}` : ""}, `,
      `from ${num(data.minimum)} to ${num(data.maximum)}, `,
      `mean ${num(data.mean)}, deviation ${num(data.deviation)}; ${num(100 * data.zeros, 0)} % are exactly zero.`,
      data.not_numbers > 0 && h("b", {},
        ` ${plural(data.not_numbers, "place")} ${data.not_numbers === 1 ? "holds" : "hold"} no finite number.`)),
    h("div", { class: "pic" }, picture,
      h("p", { class: "cap" }, h("span", { class: "key fake" }, "above zero"), ", ", h("span", { class: "key real" }, "below"),
        scale ? `; a place here is the mean of several of its ${overview.of_rows} × ${overview.of_columns}.` : ".", " A click opens a number."),
      draw.histogram([{ class: data.of, counts: histogram.counts }], histogram.from ?? 0, histogram.to ?? 1,
        `Histogram of the ${data.of} from ${num(histogram.from)} to ${num(histogram.to)}`, { width: view.chart, height: 110, zero: true })),
    h("p", { class: "choices" }, h("label", {}, "The number at ", h("input", {
      "data-key": "place", value: view.place, size: 10, placeholder: node.shape.map(() => 0).join(", "), autocomplete: "off",
      oninput: (event) => act.place(event.target.value), onkeydown: (event) => event.key === "Enter" && go() })),
    button("open number", "open", go)),
  ];
}
