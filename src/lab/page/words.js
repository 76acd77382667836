// A moment in words: for the breadcrumb, for the foot, and for who listens instead of looking.

export const PHASES = {
  discriminator: [["forward", "judges both"], ["backward", "walk back"], ["update", "D moves"]],
  generator: [["forward", "draws, D judges"], ["backward", "walk back"], ["update", "G moves"]],
};

const letter = { generator: "G", discriminator: "D" };
export const player = (network) => letter[network] ?? network;

const phaseName = (moment) =>
  PHASES[moment.network]?.find(([phase]) => phase === moment.phase)?.[1] ?? moment.phase;

/** The phase that a moment lies in: an update of one parameter is part of the update. */
export const phaseOf = (moment) => (moment.kind === "update" ? "update" : (moment.phase ?? null));

/** One sentence of where the engine stands. */
export function sentence({ at }) {
  const { moment } = at;
  const who = player(moment.network);
  switch (moment.kind) {
    case "step":
      return at.step === 0 ? "Nothing is trained yet." : `Step ${at.step} is complete: both players have moved.`;
    case "phase": {
      const what = { forward: "forward pass", backward: "walk back", update: "update" }[moment.phase] ?? moment.phase;
      return `${who}’s ${what} ${moment.edge === "begins" ? "is about to begin" : "has ended"}.`;
    }
    case "operation":
      return `Just computed: node ${moment.node}${moment.scope ? ` of ${moment.scope}` : ""}, ${moment.formula}.`;
    case "adjoint":
      return `Just found on the way back: the adjoint of node ${moment.node}.`;
    case "update":
      return `Just moved: ${moment.parameter}.`;
    default:
      return "";
  }
}

/** run › step › turn › phase › operation › number, as far as each is known, with the panel that shows it. */
export function crumbs(frame, number) {
  const { run, at } = frame;
  const { moment } = at;
  const trail = [
    { text: `${run.name}, seed ${run.seed}${run.edited ? ", edited" : ""}`, panel: "networks" },
    { text: `step ${at.step}`, panel: "game" },
  ];
  if (at.turn) trail.push({ text: `${player(at.turn)}’s turn`, panel: "turn" });
  const phase = phaseOf(moment);
  if (phase) trail.push({ text: phaseName({ network: moment.network, phase }), panel: "tape" });
  if (moment.kind === "operation") trail.push({ text: moment.formula, panel: "tape" });
  if (moment.kind === "adjoint") trail.push({ text: `adjoint of ${moment.node}`, panel: "tape" });
  if (moment.kind === "update") trail.push({ text: moment.parameter, panel: "tape" });
  if (number) trail.push({ text: `node ${number.index} [${number.place.join(", ")}]`, panel: "number" });
  return trail;
}

/** Which phases of a step are done, and which is now: `{discriminator: [..3], generator: [..3]}` of done, now, or nothing. */
export function progress({ at }) {
  const { moment } = at;
  const marks = { discriminator: ["", "", ""], generator: ["", "", ""] };
  if (moment.kind === "step") return marks;
  const phase = phaseOf(moment);
  // The generator draws before the discriminator's turn, and goes on after it.
  const drawing = phase === "forward" && moment.network === "generator" &&
    (moment.edge === "begins" || moment.scope?.startsWith("generator"));
  for (const network of ["discriminator", "generator"]) {
    const now = moment.network === network ? PHASES[network].findIndex(([name]) => name === phase) : -1;
    marks[network] = marks[network].map((_, index) => {
      if (index === now) return moment.kind === "phase" && moment.edge === "ends" ? "done now" : "now";
      return index < now || (network === "discriminator" && moment.network === "generator" && !drawing) ? "done" : "";
    });
  }
  return marks;
}
