// Clinic: a fault is caused on purpose; one predicts which warning comes, sees it come, and mends the game.

import { ask, h, p, small, code, button, choose, plural } from "./dom.js";
import { digits, losses } from "./game.js";

export const title = "Clinic";

/** The cards, once. */
export async function load(frame, view, get) {
  if (view.cards) return false;
  const { cards = [], cases = [] } = await ask(get, "cards");
  Object.assign(view, { cards, cases });
  return true;
}

/** Says what is new in the clinic to who listens, whatever panel is open. */
export function watch(frame, view, act) {
  const line = frame.clinic && news(frame, view);
  if (line && line !== view.treated) act.hear(line);
  view.treated = line;
}

function news(frame, view) {
  const { case: blind, card, found, mended_by: mended, named } = frame.clinic;
  const ends = { well: "Mended: no warning has come.", ill: "A warning has come in the mended game." };
  if (mended) return ends[outcome(frame, view)];
  if (blind && (card || named)) return verdict(frame.clinic);
  return found && `A warning has come at step ${found.step}${blind ? ". Which fault is it?" : `: ${found.diagnosis}.`}`;
}

/** What has become of a mended game: a warning came, or none by the step at which the fault was told; or it is not known yet. */
export function outcome({ clinic, at, warnings }, view) {
  if (warnings.length > 0) return "ill";
  return at.step >= until(clinic, view) ? "well" : "open";
}

export function render(frame, view, act) {
  if (frame.clinic) return playing(frame, view, act);
  return [h("section", { class: "wide" }, h("h2", {}, "Clinic ", small("break it on purpose, then mend it")),
    p("Each card is a game with one fault. Say first which warning will come, then cause it and watch. ",
      "The program’s doctor names what it finds, and says what has mended such games. ",
      "Your own game begins anew when you leave."),
    view.cards?.length === 0 && p("There are no cards.")),
  (view.cards ?? []).map((card) => h("section", { class: "card" }, h("h2", {}, card.title), p(card.what),
    predict(card, view, act), cause(card, view, act), code(`{"do":"cause","card":"${card.key}"}`))),
  view.cases?.length > 0 && h("section", { class: "wide" }, h("h2", {}, "Blind cases ", small("which fault is it?")),
    p("Each is the game of one of these cards, without its name and with the doctor silent. ",
      "The evidence is the digits and the losses. Name the fault, then mend it."),
    h("p", { class: "choices" }, view.cases.map((one) =>
      button(`cause ${one.key}`, one.title, () => act.command({ do: "cause", card: one.key })))))];
}

const guess = (key, legend, options, view, act) =>
  choose(`guess ${key}`, legend, options, view.guesses.get(key), (choice) => act.guess(key, choice));

/** Which warning will come? One of several, each a diagnosis. */
const predict = ({ key, choices }, view, act) => guess(key, "Which warning will come?", choices.map((one) => [one, one]), view, act);

function cause(card, view, act) {
  const guessed = view.guesses.get(card.key);
  return h("p", { class: "choices" },
    button(`cause ${card.key}`, "cause it", () => act.command({ do: "cause", card: card.key }),
      { disabled: !guessed, "aria-label": `cause it: ${card.title}`, class: guessed && "first" }),
    small(!guessed ? "choose first" : card.steps ? `at most some ${card.steps} steps` : ""));
}

const cardOf = ({ card }, view) => view.cards?.find((one) => one.key === card);

/** The step by which a warning comes, or came. */
const until = (clinic, view) =>
  clinic.found?.step ?? (cardOf(clinic, view) ?? view.cases?.find((one) => one.key === clinic.case))?.steps ?? Infinity;

function playing(frame, view, act) {
  const { clinic, at, fork } = frame;
  const card = cardOf(clinic, view);
  const mended = Boolean(clinic.mended_by);
  const remedies = clinic.found?.remedies ?? [];
  const row = (name, step, what) => h("div", { class: "row pic" }, h("div", {}, name, step !== null && small(`step ${step}`)), what);
  return [
    h("section", { class: "flow" }, h("h2", {}, clinic.title, " ", small(at.playing ? "playing" : "paused")),
      (card || clinic.case) && p(card?.what ?? "Something is wrong with this game. The digits and the losses are the evidence."),
      mended && h("p", { class: "question" }, "The same game with ",
        clinic.together ? all(remedies) : remedy(remedies, clinic.mended_by), "."),
      progress(frame, view),
      row("digits now", at.step, digits(frame.fakes, frame, "generated digit", "fakes")),
      mended && fork && row("digits with the fault", fork.step, digits(fork.fakes, frame, "digit with the fault", "fakes")),
      !mended && row("losses", null, losses(frame, { narrow: view.chart })),
      h("p", { class: "choices" },
        !at.playing && at.step < frame.run.total_steps && button("clinic play", "go on", () => act.command({ do: "play" })),
        mended && button("cause again", "cause the fault again", () => act.command({ do: "cause", card: clinic.card })),
        button("leave", "leave the clinic", () => act.command({ do: "leave" })))),
    h("aside", {},
      mended ? cure(frame, view, act, remedies) : clinic.card ? fault(clinic, view, act, card) : naming(clinic, view, act),
      mended && h("section", {}, h("h2", {}, "Losses ", small("now")), losses(frame, view)),
      mended && fork && h("section", {}, h("h2", {}, "Losses ", small("with the fault")),
        losses({ ...frame, ...fork }, view), fork.warnings.length > 0 && h("p", { class: "says" }, fork.warnings.at(-1)),
        code(fork.changes.join("\n")))),
  ];
}

function progress({ clinic, at }, view) {
  const end = until(clinic, view);
  const came = clinic.found ? `; ${clinic.mended_by ? "with the fault " : ""}the warning came at step ${clinic.found.step}` :
    Number.isFinite(end) && ` of at most some ${end}`;
  return h("div", { class: "progress" },
    Number.isFinite(end) && h("progress", { max: end, value: Math.min(at.step, end), "aria-label": "Steps until the warning" }),
    h("span", {}, `Step ${at.step}${came || ""}.`));
}

/** Remedies that the tour offers beside the doctor's. */
export const OTHERS = { "lower-rates": "smaller steps for both players", latent: "more random numbers for the generator" };

/** A remedy in words: what stands in brackets is the configuration. */
function remedy(remedies, key) {
  const [, words, setting] = (remedies.find((one) => one.key === key)?.says ?? OTHERS[key] ?? key).match(/^(.*?)(?: \((.*)\))?$/s);
  return [words, setting && h("span", { class: "soft setting" }, ` (${setting})`)];
}

const all = (remedies) => remedies.map((one, at) => [at > 0 && (at < remedies.length - 1 ? ", " : " and "), remedy(remedies, one.key)]);

/** A blind case: which card's game is it? */
function naming(clinic, view, act) {
  const name = view.guesses.get(clinic.case);
  return h("section", {}, h("h2", {}, "Which fault is it?"),
    p(clinic.found ? `The doctor has found something at step ${clinic.found.step}, and says nothing until you do.` :
      "The doctor has found nothing yet. Watch, or name it at once."),
    guess(clinic.case, "It is the game of", (view.cards ?? []).map((card) => [card.key, card.title]), view, act),
    clinic.named && h("p", { class: "verdict" }, verdict(clinic)),
    h("p", { class: "choices" },
      button("name", "name it", () => act.command({ do: "name", card: name }), { disabled: !name, class: name && "first" }),
      button("give up", "give up", () => act.command({ do: "name" }))));
}

/** Whether the name given to a case is right. */
function verdict({ card, title, named }) {
  if (!card) return `✗ It is not “${named.title}”. Look again.`;
  return named?.right ? `✓ Right: it is “${title}”.` : `${named ? `✗ Not “${named.title}”: it` : "It"} is “${title}”.`;
}

/** The game with its fault: what one expects, what the doctor finds, what may mend it. */
function fault(clinic, view, act, card) {
  const { found } = clinic;
  const guessed = view.guesses.get(clinic.card);
  const yours = clinic.case ? verdict(clinic) : !guessed ? "You had not said which warning you expected." :
    !found ? `You say “${guessed}”.` : guessed === found.diagnosis ? "✓ You were right." : `✗ You had said “${guessed}”.`;
  if (!found) {
    return h("section", {}, h("h2", {}, clinic.case ? "The fault" : "Your prediction"),
      clinic.case || guessed ? p(yours, " Watch the digits and the losses.") : card && predict(card, view, act));
  }
  return h("section", { class: "doctor" }, h("h2", {}, "The doctor"),
    h("p", { class: "verdict" }, h("b", {}, found.diagnosis), ` at step ${found.step}`), p(yours),
    !view.stop?.hush && h("p", { class: "says" }, found.says),
    mends(clinic, found.remedies, view, act));
}

/** What may mend it, but for what is in force. */
function mends(clinic, remedies, view, act) {
  if (view.stop?.hush) return p("What mends it the doctor keeps back: the tour’s question comes first.");
  const tried = clinic.mended_by;
  const left = clinic.together ? (tried ? [] : remedies.slice(0, 1)) : remedies.filter((one) => one.key !== tried);
  return left.length > 0 && h("div", { class: "mends" }, h("h3", {}, tried ? "Or mend it" : "Mend it"),
    left.map((one) => button(`mend ${one.key}`, ["by ", clinic.together ? all(remedies) : remedy(remedies, one.key)],
      () => act.command({ do: "mend", remedy: one.key }))));
}

/** The mended game: whether the warning stays away for as long as it took to come. */
function cure(frame, view, act, remedies) {
  const { clinic, at, warnings } = frame;
  const end = until(clinic, view);
  const said = {
    ill: [h("b", {}, "Not mended: "), "a warning has come in this game too."],
    well: [h("b", {}, "✓ Mended."), ` No warning has come by step ${end}, where the fault was told.`],
    open: ["No warning yet.", Number.isFinite(end) && ` If none comes in ${plural(end - at.step, "more step")}, it is mended.`],
  };
  return h("section", { class: "doctor" }, h("h2", {}, "The doctor"),
    h("p", { class: "verdict" }, said[outcome(frame, view)]),
    warnings.length > 0 && !view.stop?.hush && h("p", { class: "says" }, warnings.at(-1)),
    mends(clinic, remedies, view, act));
}
