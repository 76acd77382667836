// Networks: both players layer by layer: what a layer makes of one image, how it learns, and what one unit does.

import { ask, bar, button, choices, clamp, code, count, figure, h, key, mean, num, p, pic, plural, section, signed, sizeOf,
  small, span, times } from "./dom.js";
import * as draw from "./draw.js";
import { between, thing } from "./game.js";
import { layerName, player } from "./words.js";

export const title = "Networks";

const known = { frame: 0, at: 0, step: 0, layers: {}, refused: null }; // the answers, of which frame, when, and why not
let chosen = null; // a unit: `{network, place, unit}`
let muted = null; // what was muted last, and the frame before

/** Asks for the layers between two steps, while the game plays at most once a second. */
export async function load(frame, view, get) {
  const soon = frame.at.playing && Date.now() - known.at < 1000;
  if (frame.at.moment.kind !== "step" || known.frame === frame.number || soon) return false;
  Object.assign(known, { frame: frame.number, at: Date.now(), step: frame.at.step, refused: null });
  for (const network of Object.keys(frame.run.players)) {
    const told = await ask(get, `layers?network=${network}`);
    known.layers[network] = told.layers;
    known.refused ??= told.refused;
  }
  return true;
}

export function render(frame, view, act) {
  const { run, at } = frame;
  const image = `image: ${times(run.image_shape)}`;
  return [strip(frame, act, "generator", "It turns random numbers into an image, layer by layer.",
      `z: ${plural(run.latent_dim, "number")}`, image),
    strip(frame, act, "discriminator", "It turns an image into one number, the logit: high for real, low for generated.",
      `${image} = ${plural(sizeOf(run.image_shape), "number")}`, "one logit"),
    section("wide", "How they learn", null,
      p(`${plural(run.batch_size, thing(frame))} of each kind a step, ${count(run.total_steps)} steps in all; `,
        `this is epoch ${at.epoch ?? run.epoch}. The objective is “${run.objective}”. `,
        run.update === "alternating" && "In each step D moves first, and G answers D as it then is.",
        run.update === "simultaneous" && "In each step both gradients come from one pass, then both players move.",
        run.edited && " This run was edited by hand since it began."),
      code(`batch_size = ${run.batch_size}, latent_dim = ${run.latent_dim}, seed = ${run.seed}`)),
    away(frame, act)];
}

let wanted = "generator.0.weight"; // the array that one would take away
/** What can be kept: the run as a directory that train, sample and lab can go on with, its configuration, an array. */
function away({ at, saved }, act) {
  const disabled = at.playing || at.moment.kind !== "step";
  return section("wide", "Take away", disabled && "between two steps only",
    choices(button("save", "the run", () => act.command({ do: "save" }), { disabled }),
      button("toml", "its configuration (TOML)", () => act.take("config", "config.toml")),
      h("input", { "data-key": "array", value: wanted, "aria-label": "Array", oninput: ({ target }) => { wanted = target.value; } }),
      button("npy", "that array (NumPy)", () => act.take(`array?name=${wanted}`, `${wanted}.npy`), { disabled })),
    saved && p("The run is kept in ", h("code", {}, saved), "."));
}

function strip(frame, act, network, does, from, to) {
  const lines = frame.run.players[network];
  const layers = known.layers[network]?.length === lines.length ? known.layers[network] : [];
  const { moment, step } = frame.at;
  const here = moment.scope ?? moment.parameter?.split(".").slice(0, 2).join(".");
  const one = (line, at) => {
    const [scope, layer] = [`${network}.${at}`, layers[at]];
    const pressed = String(chosen?.network === network && chosen.place === at);
    const go = (key, text, label, does, more) => button(`${key} ${scope}`, text, does, { "aria-label": label, ...more });
    return h("li", { class: here === scope && "now", "aria-current": here === scope && "step" },
      layer && pictures(layer, network, act), h("b", {}, layerName(line)), code(`${scope}: ${line}`), layer && facts(layer),
      choices(go("layer", "on the tape", `${scope}, ${line}: its operations on the tape`, () => act.toScope(scope)),
        layer?.units > 0 && go("unit", "a unit", `look at a unit of ${scope}`, () => open(network, layer, 0, act),
          { "aria-pressed": pressed })));
  };
  return section("wide", span(`is ${player(network)}`, network[0].toUpperCase(), network.slice(1)),
    `${plural(lines.length, "layer")}, ${count(frame.run.parameters[network])} weights`,
    p(does, known.refused && ` Its layers cannot be looked into: ${known.refused}`, layers.length > 0 && [
      span("pic", ` The pictures are what its layers make of the first generated ${thing(frame)}: `,
        key("fake", "above zero"), ", ", key("real", "below"), "."), known.step !== step && ` This is step ${known.step}.`]),
    h("ol", { class: `layers ${player(network)}` },
      h("li", { class: "end" }, from), lines.map(one), h("li", { class: "end" }, to)),
    chosen?.network === network && layers[chosen.place]?.units > chosen.unit && unit(frame, layers[chosen.place], act));
}

function choose(network, { place, units }, unit, act) {
  chosen = { network, place, unit: clamp(unit || 0, 0, units - 1) };
  act.hear(`unit ${chosen.unit} of ${network}.${place}`);
  return act.redraw();
}

const open = (...which) => choose(...which).then(() => document.querySelector("[data-key=unit]")?.focus());

/** Whether map k is unit k's. */
const each = ({ units, activations: { height, width, count } }) => count === Math.min(units, height * width > 1 ? 64 : 256);

/**
 * A layer's activations side by side, and its filters; a click chooses a unit. They stay for as long as the layer and the
 * page's colours are the same: they take long to draw.
 */
function pictures(layer, network, act) {
  const colours = draw.colour("--zero");
  if (layer.colours === colours) return layer.pictures;
  const maps = (set, what, clicks) => {
    const { height, width, count } = set;
    if (count === 0) return small("too large to be shown");
    const columns = Math.ceil(height * width > 1 ? Math.sqrt(count) : Math.max(16, Math.sqrt(2 * count)));
    const onclick = (event) => open(network, layer, draw.cellOf(event, Math.ceil(count / columns), columns), act);
    return draw.maps(set, columns, `${what} of ${network}.${layer.place}`,
      clicks && { title: "a click chooses a unit", class: "maps click", onclick });
  };
  layer.colours = colours;
  return layer.pictures = pic(maps(layer.activations, "Activations", each(layer)),
    layer.filters && [small("filters"), maps(layer.filters, "Filters", layer.units >= layer.filters.count)]);
}

function facts({ silent, gradient, weight_rms: weight }) {
  const steepest = Math.max(1e-30, ...Object.values(known.layers).flat().map((layer) => layer?.gradient ?? 0));
  return h("div", { class: "facts" },
    silent && span(null, "silent: ", h(silent[0] > silent[1] / 2 ? "b" : "span", {}, `${silent[0]} of ${silent[1]} units`)),
    weight !== null && [span(null, `weights: ${num(weight)} rms`),
      span(null, `gradient: ${num(gradient)}`, span("pic", bar((gradient / steepest) ** 0.5)))]);
}

/** One unit: its map or number, its filter, and what becomes of the game without it. */
function unit(frame, layer, act) {
  const { network, place, unit } = chosen;
  const scope = `${network}.${place}`;
  const free = between(frame);
  const one = ({ height, width, bytes }) => draw.signedPixels(draw.images(bytes, [height, width, 1])[unit], 1);
  const picture = (set, name) =>
    figure(draw.heat(one(set), set.height, set.width, name, { limit: 1, class: "digit" }), name);
  const { activations, filters } = layer;
  const values = each(layer) && activations.count > unit ? one(activations) : [];
  const go = (key, text, to, label) => button(`unit ${key}`, text, () => choose(network, layer, to, act),
    { disabled: to !== clamp(to, 0, layer.units - 1), "aria-label": label });
  const mute = () => {
    muted = { scope, unit, before: frame };
    return act.command({ do: "mute", network, layer: place, unit });
  };
  return h("div", { class: "unit" }, h("h3", {}, `Unit ${unit} of ${scope} `, small(plural(layer.units, "unit"))),
    choices(go("less", "◀", unit - 1, "the unit before"),
      h("input", { "data-key": "unit", value: unit, size: 4, inputmode: "numeric", "aria-label": "Unit",
        onchange: (event) => choose(network, layer, Number.parseInt(event.target.value, 10), act) }),
      go("more", "▶", unit + 1, "the next unit"),
      button("mute", "mute it", mute, { disabled: !free }), !free && small("between two steps only")),
    h("div", { class: "pic maps-of-one" }, values.length > 1 && picture(activations, "activation"),
      filters?.count > unit && picture(filters, "filter")),
    values.length > 0 && p(values.length > 1 ? "The mean of its activation is " : "Its activation is ",
      h("b", {}, num(mean(values) * activations.most)), "."), happened(frame, scope));
}

/** What muting a unit did. */
function happened(frame, scope) {
  const { unit, before } = muted ?? {};
  if (muted?.scope !== scope || before.at.step !== frame.at.step || frame.number <= before.number) return null;
  const told = (set) => {
    const [was, is] = [before, frame].map((one) => mean(one[set].logits));
    return `was ${num(was)} and is ${num(is)} (${signed(is - was)})`;
  };
  return h("p", { role: "status" }, `Unit ${unit} is muted: its weights and its bias are 0 now. Training may revive it. `,
    `D’s mean logit for the generated ${thing(frame)}s ${told("fakes")}; for the real ones it ${told("reals")}.`);
}
