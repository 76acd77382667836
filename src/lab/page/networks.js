// Networks: both players as strips of their layers, each with a way to its operations on the tape.

import { h, p, small, code, button, count, times, plural, sizeOf } from "./dom.js";
import { layerName } from "./words.js";

export const title = "Networks";

export function render(frame, view, act) {
  const { run } = frame;
  const pixels = times(run.image_shape);
  return [
    strip(frame, act, "generator", "G", "Generator", "It turns random numbers into an image, layer by layer.",
      `z: ${plural(run.latent_dim, "number")}`, `image: ${pixels}`),
    strip(frame, act, "discriminator", "D", "Discriminator",
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

/** How wide a layer is, if its line says so: `dense 128, leaky-relu` has 128. */
const width = (layer) => Number(layerName(layer).match(/\d+/)?.[0] ?? 0);

function strip(frame, act, network, letter, name, does, from, to) {
  const layers = frame.run.players[network];
  const widest = Math.max(1, ...Object.values(frame.run.players).flat().map(width));
  const { moment } = frame.at;
  const here = moment.scope ?? moment.parameter?.split(".").slice(0, 2).join(".");
  return h("section", { class: "wide" },
    h("h2", {}, h("span", { class: `is ${letter}` }, name), " ",
      small(`${plural(layers.length, "layer")}, ${count(frame.run.parameters[network])} weights`)),
    p(does),
    h("ol", { class: `layers ${letter}` },
      h("li", { class: "end" }, from),
      layers.map((layer, at) => {
        const scope = `${network}.${at}`;
        const block = h("i", { class: "pic", "aria-hidden": true });
        block.style.height = `${Math.round(14 + 50 * (width(layer) / widest) ** 0.5)}px`;
        return h("li", { class: here === scope ? "now" : null, "aria-current": here === scope ? "step" : null },
          block, h("b", {}, layerName(layer)), code(`${scope}: ${layer}`),
          button(`layer ${scope}`, "on the tape", () => act.toScope(scope),
            { "aria-label": `${scope}, ${layer}: its operations on the tape` }));
      }),
      h("li", { class: "end" }, to)));
}
