// Networks: both players layer by layer: what a layer makes of one image, how it learns, and what one unit does.

import { h, p, small, code, button, count, num, signed, times, plural, sizeOf } from "./dom.js";
import * as draw from "./draw.js";
import { bar, between } from "./game.js";
import { mean as meanOf } from "./quiz.js";
import { layerName, player } from "./words.js";

export const title = "Networks";

const known = { frame: 0, at: 0, step: 0, layers: {}, says: null }; // the answers, of which frame, when, and what refused
let chosen = null; // a unit: `{network, place, unit}`
let muted = null; // what was muted last, and D's mean logits before

/** Asks for the layers between two steps, while the game plays at most once a second. */
export async function load(frame, view, get) {
  const soon = frame.at.playing && Date.now() - known.at < 1000;
  if (frame.at.moment.kind !== "step" || known.frame === frame.number || soon) return false;
  Object.assign(known, { frame: frame.number, at: Date.now(), step: frame.at.step, says: null });
  try {
    for (const network of Object.keys(frame.run.players)) known.layers[network] = (await get(`layers?network=${network}`)).layers;
  } catch (refusal) {
    if (refusal.gone) throw refusal;
    [known.layers, known.says] = [{}, refusal.message];
  }
  return true;
}

export function render(frame, view, act) {
  const { run } = frame;
  const pixels = times(run.image_shape);
  return [
    strip(frame, act, "generator", "Generator", "It turns random numbers into an image, layer by layer.",
      `z: ${plural(run.latent_dim, "number")}`, `image: ${pixels}`),
    strip(frame, act, "discriminator", "Discriminator",
      "It turns an image into one number, the logit: high for real, low for generated.",
      `image: ${pixels} = ${plural(sizeOf(run.image_shape), "number")}`, "one logit"),
    h("section", { class: "wide" }, h("h2", {}, "How they learn"),
      p(`${plural(run.batch_size, "digit")} of each kind a step, ${count(run.total_steps)} steps in all; `,
        `this is epoch ${frame.at.epoch ?? run.epoch}. `,
        `The objective is “${run.objective}”. `,
        run.update === "alternating" && "In each step D moves first, and G answers D as it then is.",
        run.update === "simultaneous" && "In each step both gradients come from one pass, then both players move.",
        run.edited && " This run was edited by hand since it began."),
      code(`batch_size = ${run.batch_size}, latent_dim = ${run.latent_dim}, objective = "${run.objective}", seed = ${run.seed}`)),
  ];
}

function strip(frame, act, network, name, does, from, to) {
  const lines = frame.run.players[network];
  const layers = known.layers[network]?.length === lines.length ? known.layers[network] : [];
  const { moment } = frame.at;
  const here = moment.scope ?? moment.parameter?.split(".").slice(0, 2).join(".");
  return h("section", { class: "wide" },
    h("h2", {}, h("span", { class: `is ${player(network)}` }, name), " ",
      small(`${plural(lines.length, "layer")}, ${count(frame.run.parameters[network])} weights`)),
    p(does, known.says && ` Its layers cannot be looked into: ${known.says}`, layers.length > 0 && [h("span", { class: "pic" },
      " The pictures are what its layers make of the first generated digit: ", h("span", { class: "key fake" }, "above zero"), ", ",
      h("span", { class: "key real" }, "below"), "."), known.step !== frame.at.step && ` This is step ${known.step}.`]),
    h("ol", { class: `layers ${player(network)}` },
      h("li", { class: "end" }, from),
      lines.map((line, at) => {
        const scope = `${network}.${at}`;
        return h("li", { class: here === scope ? "now" : null, "aria-current": here === scope ? "step" : null },
          layers[at] && pictures(layers[at], network, act), h("b", {}, layerName(line)), code(`${scope}: ${line}`),
          layers[at] && facts(layers[at]),
          h("div", { class: "choices" }, button(`layer ${scope}`, "on the tape", () => act.toScope(scope),
            { "aria-label": `${scope}, ${line}: its operations on the tape` }),
          layers[at]?.units > 0 && button(`unit ${scope}`, "a unit", () => open(network, layers[at], 0, act),
            { "aria-label": `look at a unit of ${scope}`, "aria-pressed": String(chosen?.network === network && chosen.place === at) })));
      }),
      h("li", { class: "end" }, to)),
    chosen?.network === network && layers[chosen.place]?.units > chosen.unit && unit(frame, layers[chosen.place], act));
}

function choose(network, { place, units }, unit, act) {
  chosen = { network, place, unit: Math.min(units - 1, Math.max(0, unit || 0)) };
  act.hear(`unit ${chosen.unit} of ${network}.${place}`);
  return act.redraw();
}

const open = (...which) => choose(...which).then(() => document.querySelector("[data-key=unit]")?.focus());

/** Whether map k is unit k's. */
const each = ({ units, activations: { height, width, count } }) => units > 0 && count === Math.min(units, height * width > 1 ? 64 : 256);

const columnsOf = ({ height, width, count }) => Math.ceil(height * width > 1 ? Math.sqrt(count) : Math.max(16, Math.sqrt(2 * count)));

/** The same pictures for as long as the layer and the page's colours are the same: they take longer to draw than all else. */
function pictures(layer, network, act) {
  const colours = draw.colour("--zero");
  if (layer.colours !== colours) Object.assign(layer, { colours, pictures: inside(layer, network, act) });
  return layer.pictures;
}

/** A layer's activations side by side, and its filters; a click chooses a unit. */
function inside(layer, network, act) {
  const maps = (set, what, clicks) => {
    const columns = columnsOf(set);
    return draw.maps(set, columns, `${what} of ${network}.${layer.place}`, clicks && { title: "a click chooses a unit", class: "maps click",
      onclick: (event) => {
        const [row, column] = draw.cellOf(event, Math.ceil(set.count / columns), columns);
        open(network, layer, row * columns + column, act);
      } });
  };
  return h("div", { class: "pic" }, maps(layer.activations, "Activations", each(layer)),
    layer.filters && [small("filters"), maps(layer.filters, "Filters", layer.units >= layer.filters.count)]);
}

const steepest = () => Math.max(1e-30, ...Object.values(known.layers).flat().map((layer) => layer.gradient ?? 0));

function facts({ silent, gradient, weight_rms: weight }) {
  return h("div", { class: "facts" },
    silent && h("span", {}, "silent: ", h(silent[0] > silent[1] / 2 ? "b" : "span", {}, `${silent[0]} of ${silent[1]} units`)),
    weight !== null && h("span", {}, `weights: ${num(weight)} rms`),
    gradient !== null && h("span", {}, `gradient: ${num(gradient)}`, h("span", { class: "pic" }, bar((gradient / steepest()) ** 0.5))));
}

/** One unit: its map or number, its filter, and what becomes of the game without it. */
function unit(frame, layer, act) {
  const { network, place, unit } = chosen;
  const { height, width, most } = layer.activations;
  const scope = `${network}.${place}`;
  const one = (set) => set && set.count > unit &&
    draw.signedPixels(draw.bytes(set.bytes).subarray(unit * set.height * set.width, (unit + 1) * set.height * set.width), 1);
  const values = each(layer) && one(layer.activations);
  const filter = one(layer.filters);
  const go = (to) => choose(network, layer, to, act);
  const mute = async () => {
    muted = { scope, unit, step: frame.at.step, frame: frame.number, was: [meanOf(frame.fakes.logits), meanOf(frame.reals.logits)] };
    await act.command({ do: "mute", network, layer: place, unit });
  };
  return h("div", { class: "unit" }, h("h3", {}, `Unit ${unit} of ${scope} `, small(`${plural(layer.units, "unit")}`)),
    h("div", { class: "choices" }, button("unit less", "◀", () => go(unit - 1), { disabled: unit === 0, "aria-label": "the unit before" }),
      h("input", { "data-key": "unit", value: unit, size: 4, inputmode: "numeric", "aria-label": "Unit",
        onchange: (event) => go(Number.parseInt(event.target.value, 10)) }),
      button("unit more", "▶", () => go(unit + 1), { disabled: unit + 1 >= layer.units, "aria-label": "the next unit" }),
      button("mute", "mute it", mute, { disabled: !between(frame) }), !between(frame) && small("between two steps only")),
    h("div", { class: "pic maps-of-one" },
      values && values.length > 1 && h("figure", {}, draw.heat(values, height, width, "its activation", { limit: 1, class: "digit" }),
        h("figcaption", {}, "activation")),
      filter && h("figure", {}, draw.heat(filter, layer.filters.height, layer.filters.width, "its filter", { limit: 1, class: "digit" }),
        h("figcaption", {}, "filter"))),
    values && p(values.length > 1 ? "The mean of its activation is " : "Its activation is ", h("b", {}, num(meanOf(values) * most)), "."),
    happened(frame, scope));
}

/** What muting a unit did. */
function happened({ number, at, fakes, reals }, scope) {
  if (muted?.scope !== scope || muted.step !== at.step || number <= muted.frame) return null;
  const [fake, real] = [meanOf(fakes.logits), meanOf(reals.logits)];
  return h("p", { role: "status" }, `Unit ${muted.unit} is muted: its weights and its bias are 0 now. Training may revive it. `,
    `D’s mean logit was ${num(muted.was[0])} for the generated digits and is ${num(fake)} (${signed(fake - muted.was[0])}); `,
    `for the real ones it was ${num(muted.was[1])} and is ${num(real)} (${signed(real - muted.was[1])}).`);
}
