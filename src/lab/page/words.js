// A moment in words: for the breadcrumb, for the foot, and for who listens instead of looking.

export const PHASES = {
  discriminator: [["forward", "judges both"], ["backward", "walk back"], ["update", "D moves"]],
  generator: [["forward", "draws, D judges"], ["backward", "walk back"], ["update", "G moves"]],
};

/** `generator and discriminator` is `G and D`. */
export const player = (network) => (network ?? "").replace("generator", "G").replace("discriminator", "D");

/** Whether D's scores are logits of probabilities: of what makes a score of another kind, no sigmoid is shown. */
export const likelihood = ({ run }) => ["non-saturating", "minimax"].includes(run.objective);

/** Whether the players look at labels: D must then be told which digit a picture is meant to be. */
export const labelled = ({ run }) => Object.values(run.players).flat().some((layer) => /^(label|projection)/.test(layer));

/** A layer's line in short: `conv, activation relu, bias true, channels 32, kernel 4` is `conv 32, kernel 4, relu`. */
export function layerName(line) {
  const [kind, ...settings] = line.split(", ");
  const size = settings.find((setting) => /^(units|channels|filters|features) \d+$/.test(setting));
  const activation = settings.find((setting) => setting.startsWith("activation "));
  const rest = settings.filter((setting) => setting !== size && setting !== activation &&
    !/^(bias|epsilon|momentum) | false$/.test(setting));
  const last = activation && !/ (identity|linear|none)$/.test(activation) ? [activation.slice("activation ".length)] : [];
  return [size ? `${kind} ${size.split(" ")[1]}` : kind, ...rest, ...last].join(", ");
}

/** Is this node one of a layer's parameters? */
export const isParameter = (node) => node.operation === null && /^(generator|discriminator)\.\d+\./.test(node.name ?? "");

/** A parameter's name within its layer: `discriminator.0.weight[3, 5]` is `weight[3, 5]`. */
export const shortName = (name) => name.replace(/\b(generator|discriminator)\.(\d+\.)+(?=[a-z])/g, "");

const phaseName = (moment) =>
  PHASES[moment.network]?.find(([phase]) => phase === moment.phase)?.[1] ?? (moment.phase === "backward" ? "walk back" : moment.phase);

/** The generator draws at the beginning of the discriminator's turn, and goes on after it. */
const draws = ({ moment, turn }) => moment.network === "generator" && moment.phase === "forward" && turn === "discriminator";

/** The phase that a moment lies in: an update of one parameter is part of the update. */
export const phaseOf = (moment) => (moment.kind === "update" ? "update" : (moment.phase ?? null));

/** One sentence of where the engine stands. */
export function sentence({ at }) {
  const { moment } = at;
  const pass = { forward: "forward pass", backward: "walk back", update: "update" }[moment.phase] ?? moment.phase;
  return {
    step: at.step === 0 ? "Nothing is trained yet." : `Step ${at.step} is complete.`,
    phase: `${player(moment.network)}’s ${pass} ${moment.edge === "begins" ? "is about to begin" : "has ended"}.`,
    operation: `Just computed: node ${moment.node}${moment.scope ? ` of ${moment.scope}` : ""}, ${moment.formula}.`,
    adjoint: `Just found on the way back: the adjoint of node ${moment.node}.`,
    update: `Just moved: ${moment.parameter}.`,
  }[moment.kind] ?? "";
}

/** run › step › turn › phase › operation › number, as far as each is known, with the panel that shows it. */
export function crumbs(frame, number) {
  const { run, at } = frame;
  const { moment } = at;
  const trail = [
    { text: `${run.name}, seed ${run.seed}${run.edited ? ", edited" : ""}`, panel: "networks",
      title: frame.edits?.map(({ step, says }) => `step ${step}: ${says}`).join("\n") || null },
    { text: `step ${at.step}`, panel: "game" },
  ];
  if (frame.clinic) trail.splice(1, 0, { text: "clinic", panel: "clinic" });
  if (at.turn) trail.push({ text: at.turn === "both" ? "both players’ turn" : `${player(at.turn)}’s turn`, panel: "turn" });
  const phase = phaseOf(moment);
  if (phase) trail.push({ text: draws(at) ? "G draws" : phaseName({ network: moment.network, phase }), panel: "tape" });
  const text = { operation: moment.formula, adjoint: `adjoint of ${moment.node}`, update: moment.parameter }[moment.kind];
  if (text) trail.push({ text, panel: "tape" });
  if (number) trail.push({ text: `node ${number.index} [${number.place.join(", ")}]`, panel: "number" });
  return trail;
}

/** Which phases of a step are done, and which is now: `{discriminator: [..3], generator: [..3]}` of done, now, or nothing. */
export function progress({ at }) {
  const { moment } = at;
  const marks = { discriminator: ["", "", ""], generator: ["", "", ""] };
  if (moment.kind === "step") return marks;
  const phase = phaseOf(moment);
  // D's turn is over once G's has come; where both move from one pass, G moves first.
  const before = (network) => at.turn === "both" ? phase === "update" && network === "generator" :
    network === "discriminator" && !draws(at);
  for (const network of ["discriminator", "generator"]) {
    const now = (moment.network ?? "").split(" and ").includes(network) ? PHASES[network].findIndex(([name]) => name === phase) : -1;
    marks[network] = marks[network].map((_, index) => {
      if (index === now) return moment.kind === "phase" && moment.edge === "ends" ? "done now" : "now";
      return index < now || (now < 0 && before(network)) ? "done" : "";
    });
  }
  return marks;
}
