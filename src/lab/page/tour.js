// The tour: six stops, a question at each. What somebody predicts is compared with what the frames and turns then say.

import { live } from "./api.js";
import { outcome, OTHERS } from "./clinic.js";
import { button, h, mean, num, sigmoid } from "./dom.js";
import { digit, images } from "./draw.js";
import { buildQuiz } from "./quiz.js";
import { likelihood } from "./words.js";

const STEPS = 600; // that the game plays by itself at the fourth stop
const WAYS = { up: "rise", down: "fall", same: "stay as it is" };

/** Which way a number went, and how far. */
function way(from, to, least) {
  const is = Math.abs(to - from) < least ? "same" : to > from ? "up" : "down";
  return { is, says: `${{ up: "It rose", down: "It fell", same: "It stayed" }[is]}, from ${num(from)} to ${num(to)}.` };
}

/** How a player's turn moved D's mean score of the generated digits: known when a later step's turns are. */
const moved = (network, before, after) => (was, frame, view) => {
  const turn = view.turnStep > was.step && view.turn?.[network];
  const score = (logits) => mean(likelihood(frame) ? logits.map(sigmoid) : logits);
  return turn && way(score(turn[before]), score(turn[after]), 0.0005);
};

/** D's loss of late. */
const level = ({ curve, coin }) => (curve.length > 0 ? mean(curve.slice(-20).map((point) => point[1])) : coin?.d_loss);

/** The Clinic's quickest card. */
const quickest = (view) => view.cards?.find(({ key }) => key === "tiny-weights") ?? view.cards?.[0];

/** What one may think mends a game: the doctor's remedies, and others. */
const mends = ({ clinic }) => clinic?.found?.remedies && Object.fromEntries([...Object.entries(OTHERS),
  ...clinic.found.remedies.map(({ key, says }) => [key, says.replace(/ \(.*\)$/s, "")])].sort(([, a], [, b]) => (a < b ? -1 : 1)));

/** `choices` are the answers by their keys; `check` says which was right, once it is known; `only` is whose turn is shown. */
const STOPS = [{
  panel: "easel", title: "Real or generated?",
  text: () => "There are two players. The generator G turns random numbers into digits. The discriminator D says of each digit " +
    "how surely it is real. Play D’s part first: judge ten.",
}, {
  panel: "turn", title: "D’s turn", only: "D", begin: { do: "restart" },
  text: () => "The game begins again, from noise. D looks at real and at generated digits. Then it moves its weights a little, so that it " +
    "tells them apart better. G stands still meanwhile.",
  ask: "What will D’s mean score of the generated digits do?",
  choices: () => WAYS, command: () => ({ do: "step" }), check: moved("discriminator", "fake_before", "fake_after"),
}, {
  panel: "turn", title: "G’s turn", only: "G",
  text: () => "Now D stands still. Its gradient says of every pixel which way D would have it. G cannot change pixels, only its " +
    "weights: it moves them that way.",
  ask: "What will D’s mean score of the generated digits do now?",
  choices: () => WAYS, command: () => ({ do: "step" }), check: moved("generator", "logits_before", "logits_after"),
}, {
  panel: "game", title: "Let it play",
  text: () => `Both turns are one step. Now ${STEPS} steps are played. D’s loss is small where it finds it easy to tell real from ` +
    "generated. Watch the digits and the losses.",
  ask: `What will D’s loss do in ${STEPS} steps?`,
  choices: () => WAYS, command: () => ({ do: "play" }),
  check(was, frame) {
    const { step, playing } = frame.at;
    if (step <= was.step || (playing && step < was.step + STEPS)) return null;
    const { is, says } = way(was.level ?? frame.curve[0][1], level(frame), 0.02);
    return { is, says: `${says} ${{ up: "D finds it harder.", down: "D finds it easier.", same: "Neither got ahead." }[is]}` };
  },
}, {
  panel: "clinic", title: "Break it",
  text: (frame, view) => `Games break. ${quickest(view)?.what ?? ""} The doctor watches. Your own game begins anew later.`,
  ask: "Which warning will come?",
  choices: (frame, view) => Object.fromEntries((quickest(view)?.choices ?? []).map((one) => [one, one])),
  command(choice, view) {
    const card = quickest(view).key;
    view.guesses.set(card, choice);
    return { do: "cause", card };
  },
  check: (was, { number, clinic }) => number > was.number && clinic?.found && !clinic.mended_by &&
    { is: clinic.found.diagnosis, says: `The doctor says “${clinic.found.diagnosis}”, at step ${clinic.found.step}.` },
}, {
  panel: "clinic", title: "Mend it",
  text: ({ clinic }) => (!clinic?.found?.remedies ? "First something must be broken: go back one stop." :
    "The same game begins again, with one thing changed. Beside it runs the one with the fault. The warning must stay away."),
  ask: "What will keep the warning away?",
  choices: mends, command: (choice) => ({ do: "mend", remedy: choice }),
  check: (was, frame, view, choice) => frame.number > was.number && frame.clinic?.mended_by === choice && {
    open: null, ill: { is: null, says: "The warning has come again. Choose another." },
    well: { is: choice, says: "The warning has stayed away. That is the whole tour." } }[outcome(frame, view)],
}];

/** Why a stop cannot be made here, if it cannot. */
const barred = (stop, frame) => (frame?.plane ? "The tour is about digits. Here images are points." :
  stop?.panel === "clinic" && !live ? "A recording cannot be broken or mended. Ask a running lab: twoplayer lab" : null);

/** Which stop this tab is at, −1 where the tour is only offered; with `at`, keeps it. */
function kept(at) {
  try {
    if (at !== undefined) sessionStorage.setItem("tour", at);
    return Number(sessionStorage.getItem("tour") ?? -1);
  } catch {
    return -1; // nothing can be kept: it is offered again
  }
}

/** Makes the tour's card in its place, and gives `update`, `begin` and the `key` of its game. */
export function build(place, act) {
  let at = kept(); // no number: the tour has been left
  let [answer, was, found, drawn, shows, frame, view] = [null, null, null, "", false];
  const quiz = buildQuiz(act, () => frame);
  const lines = ["h2", "p", "p", "p"].map((tag, nth) => h(tag, { class: nth > 1 && "question" }));
  const choices = h("div", { class: "choices", role: "group", "aria-label": "Your answer" });
  const next = button("tour next", "", () => go(at + 1));
  const back = button("tour back", "◀ back", () => go(Math.max(0, at - 1)));
  const there = button("tour there", "to the panel", () => act.panel(STOPS[at].panel));
  const away = button("tour leave", "", () => go(NaN));
  const trained = h("div", { class: "strip" });
  place.append(h("div", { "aria-live": "polite" }, lines, trained),
    h("div", {}, choices, quiz.section, h("div", { class: "choices" }, back, next, there, away)));

  function go(to) {
    const begin = to > at && frame.at.step > 0 && !barred(STOPS[to], frame) && STOPS[to]?.begin;
    [at, answer, found] = [to < STOPS.length ? to : NaN, null, null];
    kept(at);
    if (begin) act.command(begin);
    act.panel(STOPS[at] && !barred(STOPS[at], frame) ? STOPS[at].panel : view.panel);
    place.scrollTo(0, 0);
    if (Number.isNaN(at)) document.getElementById("open-tour").focus();
  }

  async function say(choice) {
    if (answer !== null && !found) return; // what came of the last one is still to be seen
    [answer, found, was] = [choice, null, { step: frame.at.step, number: frame.number, level: level(frame) }];
    act.redraw();
    if (!await act.command(STOPS[at].command(choice, view))) answer = null;
    act.redraw();
  }

  function update(...now) {
    [frame, view] = now;
    const stop = STOPS[at];
    const ill = stop?.panel === "clinic";
    if (answer !== null && !found) {
      found = stop.check(was, frame, view, answer) || null;
      if (!ill && frame.at.step < was.step) answer = found = null; // somebody went back: nothing will come of it
      if (!ill && found && frame.at.playing) act.command({ do: "pause" });
    }
    view.stop = stop && { open: !found, only: stop.only, hush: ill && (stop.choices !== mends || !found) };
    place.hidden = Number.isNaN(at) || (!stop && Boolean(frame.plane));
    quiz.section.hidden = at !== 0 || Boolean(frame.plane);
    there.hidden = !stop || barred(stop, frame) !== null || stop.panel === view.panel;
    trained.hidden = Boolean(stop);
    if (!stop && !shows) show();
    draw(stop);
  }

  /** Digits that nobody wrote, before the game here has learned to draw any. */
  async function show() {
    shows = true;
    const { pixels, shape } = await act.get("trained") ?? { pixels: "", shape: [1, 1, 1] };
    trained.replaceChildren(...images(pixels, shape).map((image, nth) => digit(image, shape, `digit ${nth + 1} by a trained generator`)));
  }

  function draw(stop) {
    const options = Object.entries((!barred(stop, frame) && stop?.choices?.(frame, view)) || {});
    const open = answer !== null && !found;
    const said = [stop ? `Tour, ${at + 1} of ${STOPS.length}: ${stop.title}` : "Tour",
      barred(stop, frame) ?? (stop ? stop.text(frame, view) :
        "New here? Nobody wrote these digits: a trained generator drew them. Six stops show in five minutes how two players " +
        "learn that from each other, how it breaks, and what mends it."),
      options.length > 0 ? stop.ask : "",
      open ? "Watch …" : found ? `${found.is === answer ? "✓ Right." : "✗ Not so."} ${found.says}` : ""];
    const state = JSON.stringify([said, options, answer]);
    if (state === drawn) return;
    drawn = state;
    lines.forEach((line, nth) => { if (line.textContent !== said[nth]) line.textContent = said[nth]; });
    const had = choices.contains(document.activeElement) && document.activeElement.dataset.key;
    choices.replaceChildren(...options.map(([key, name]) => button(`answer ${key}`, name, () => say(key),
      { "aria-pressed": String(key === answer), "aria-disabled": open && "true" })));
    if (had) ([...choices.children].find((one) => one.dataset.key === had) ?? next).focus({ preventScroll: true });
    next.textContent = !stop ? "begin the tour" : at + 1 < STOPS.length ? "next ▶" : "end";
    next.className = !stop || found ? "first" : "";
    away.textContent = stop ? "leave the tour" : "not now";
    back.hidden = !stop;
    back.setAttribute("aria-disabled", String(at === 0));
  }

  return { update, begin: () => (go(Math.max(0, at || 0)), place.focus()), key: (name) => at === 0 && quiz.key(name) };
}
