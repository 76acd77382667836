// Clinic: a fault is caused on purpose; one predicts which warning comes, sees it come, and mends the game.

import { h, p, small, code, button, plural } from "./dom.js";
import { digits, losses } from "./game.js";

export const title = "Clinic";

/** The cards, once. */
export async function load(frame, view, get) {
  if (view.cards) return false;
  view.cards = [];
  try {
    view.cards = (await get("cards")).cards;
  } catch (refusal) {
    if (refusal.gone) view.cards = null; // the server may come back
    throw refusal;
  }
  return true;
}

/** Says what the doctor finds, whatever panel is open, and keeps what the fault looked like then. */
export function watch(frame, view, act) {
  const { clinic } = frame;
  const state = !clinic ? "" : `${clinic.card} ${clinic.mended_by} ${clinic.mended_by ? outcome(frame, view) : clinic.found?.step}`;
  if (state === view.treated) return;
  view.treated = state;
  if (!clinic) return;
  const { found } = clinic;
  if (clinic.mended_by) {
    const says = { well: `Mended: no warning has come by step ${until(clinic, view)}.`, ill: "A warning has come in the mended game." };
    if (says[outcome(frame, view)]) act.hear(says[outcome(frame, view)]);
  } else if (found) {
    view.sick.set(clinic.card, { found, fakes: frame.fakes, at: frame.at });
    act.hear(`A warning has come at step ${found.step}: ${found.diagnosis}.`);
  }
}

/** What has become of a mended game: a warning came, or none by the step at which the fault was told; or it is not known yet. */
function outcome({ clinic, at, warnings }, view) {
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
    choices(card, view, act), cause(card, view, act), code(`{"do":"cause","card":"${card.key}"}`)))];
}

/** Which warning will come? One of several, each a diagnosis. */
function choices(card, view, act) {
  const chosen = view.guesses.get(card.key);
  return h("fieldset", {}, h("legend", {}, "Which warning will come?"),
    card.choices.map((choice) => h("label", {},
      h("input", { type: "radio", name: `guess ${card.key}`, value: choice, checked: choice === chosen,
        "data-key": `guess ${card.key} ${choice}`, onchange: () => act.guess(card.key, choice) }), " ", choice)));
}

function cause(card, view, act) {
  const guess = view.guesses.get(card.key);
  return h("p", { class: "choices" },
    button(`cause ${card.key}`, "cause it", () => act.command({ do: "cause", card: card.key }),
      { disabled: !guess, "aria-label": `cause it: ${card.title}`, class: guess ? "first" : null }),
    small(!guess ? "choose first" : card.steps ? `at most some ${card.steps} steps` : ""));
}

const cardOf = (clinic, view) => view.cards?.find((card) => card.key === clinic.card);

/** The step by which a warning comes, or came. */
const until = (clinic, view) =>
  (clinic.found ?? view.sick.get(clinic.card)?.found)?.step ?? cardOf(clinic, view)?.steps ?? Infinity;

function playing(frame, view, act) {
  const { clinic, at } = frame;
  const card = cardOf(clinic, view);
  const sick = view.sick.get(clinic.card);
  const mended = clinic.mended_by !== null;
  const remedies = clinic.found?.remedies ?? sick?.found.remedies ?? [];
  return [
    h("section", { class: "flow" }, h("h2", {}, clinic.title, " ", small(at.playing ? "playing" : "paused")),
      card && p(card.what),
      mended && h("p", { class: "question" }, "The same game, mended by ",
        together(clinic) ? all(remedies) : remedy(remedies, clinic.mended_by), "."),
      progress(frame, view),
      h("div", { class: "row pic" }, h("div", {}, "digits now", small(`step ${at.step}`)), digits(frame.fakes, frame, "generated digit", "fakes")),
      mended && sick && h("div", { class: "row pic" }, h("div", {}, "digits with the fault", small(`step ${sick.at.step}`)),
        digits(sick.fakes, frame, "digit of the game with the fault", "fakes")),
      !mended && h("div", { class: "row pic" }, h("div", {}, "losses"), losses(frame, { narrow: view.chart })),
      h("p", { class: "choices" },
        !at.playing && at.step < frame.run.total_steps && button("clinic play", "go on", () => act.command({ do: "play" })),
        mended && button("cause again", "cause the fault again", () => act.command({ do: "cause", card: clinic.card })),
        button("leave", "leave the clinic", () => act.command({ do: "leave" })))),
    h("aside", {},
      mended ? cure(frame, view, act, remedies) : fault(frame, view, act, card),
      mended && h("section", {}, h("h2", {}, "Losses"), losses(frame, view))),
  ];
}

function progress({ clinic, at }, view) {
  const end = until(clinic, view);
  const known = clinic.found ?? view.sick.get(clinic.card)?.found;
  const came = known && (clinic.mended_by ? `; with the fault the warning came at step ${known.step}` : `; the warning came at step ${known.step}`);
  const text = `Step ${at.step}${came ?? (Number.isFinite(end) ? ` of at most some ${end}` : "")}.`;
  return h("div", { class: "progress" },
    Number.isFinite(end) && h("progress", { max: end, value: Math.min(at.step, end), "aria-label": "Steps until the warning" }),
    h("span", {}, text));
}

/** A remedy in words: what stands in brackets is the configuration. */
function remedy(remedies, key) {
  const [, words, setting] = (remedies.find((one) => one.key === key)?.says ?? key).match(/^(.*?)(?: \((.*)\))?$/s);
  return [words, setting && h("span", { class: "soft setting" }, ` (${setting})`)];
}

/** Whether the fault has several causes, each with its remedy, which the engine then mends all at once. */
const together = ({ together, found }) => together ?? /\. All of it, /.test(found?.says);

const all = (remedies) => remedies.map((one, at) => [at > 0 && (at < remedies.length - 1 ? ", " : " and "), remedy(remedies, one.key)]);

/** The game with its fault: what one expects, what the doctor finds, what may mend it. */
function fault({ clinic }, view, act, card) {
  const { found } = clinic;
  const guess = view.guesses.get(clinic.card);
  if (!found) {
    return h("section", {}, h("h2", {}, "Your prediction"),
      guess ? p("You say that this warning will come: ", h("b", {}, guess), ". Watch the digits and the losses.") :
        card && choices(card, view, act));
  }
  return h("section", { class: "doctor" }, h("h2", {}, "The doctor"),
    h("p", { class: "verdict" }, h("b", {}, found.diagnosis), ` at step ${found.step}`),
    p(!guess ? "You had not said which warning you expected." :
      guess === found.diagnosis ? "✓ You were right." : `✗ You had said “${guess}”.`),
    h("p", { class: "says" }, found.says),
    mends(clinic, found.remedies, act));
}

/** What may mend it, but for what is in force. */
function mends(clinic, remedies, act) {
  const tried = clinic.mended_by;
  const left = together(clinic) ? (tried ? [] : remedies.slice(0, 1)) : remedies.filter((one) => one.key !== tried);
  return left.length > 0 && h("div", { class: "mends" }, h("h3", {}, tried ? "Or mend it" : "Mend it"),
    left.map((one) => button(`mend ${one.key}`, ["by ", together(clinic) ? all(remedies) : remedy(remedies, one.key)],
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
    warnings.length > 0 && h("p", { class: "says" }, warnings.at(-1)),
    mends(clinic, remedies, act));
}
