// Real or generated? Ten digits, judged by a person and by D. Its elements are made once and then kept up to date.

import { h, button, code, num, sigmoid } from "./dom.js";
import * as draw from "./draw.js";
import { likelihood } from "./words.js";

const ROUNDS = 10;

export const mean = (list) => list.reduce((a, b) => a + b, 0) / (list.length || 1);

/** The logit above which D takes a picture for real: for scores that are no logits, the middle of what it gives here. */
export const border = (frame) => (likelihood(frame) ? 0 : (mean(frame.reals.logits) + mean(frame.fakes.logits)) / 2);

/** D's score as a share of a bar, and in words. */
export function scored(logit, frame) {
  if (likelihood(frame)) return { share: sigmoid(logit), text: num(sigmoid(logit), 2) };
  const all = [...frame.reals.logits, ...frame.fakes.logits, logit];
  const low = Math.min(...all);
  return { share: (logit - low) / (Math.max(...all) - low || 1), text: num(logit, 2) };
}

export function said(logit, frame) {
  const { text } = scored(logit, frame);
  return likelihood(frame) ? `D takes it for real with ${text}` : `D’s score is ${text}`;
}

/** The game's section; `frame()` is the newest frame. It is done when all digits are judged. */
export function buildQuiz(act, frame) {
  let round = 0;
  let asked = null; // the digit at hand: its pixels, what it is, what D said
  let told = null; // the person's answer
  let score = { you: 0, d: 0 };
  let seen = [];

  const slots = Object.fromEntries(["picture", "line", "score"].map((name) => [name, h("div", {})]));
  const yours = (is, text, name) => button(`quiz ${name}`, text, () => say(is), { "aria-keyshortcuts": name });
  const [isReal, isFake] = [yours(true, ["real ", code("r")], "r"), yours(false, ["generated ", code("g")], "g")];
  const next = button("quiz next", "", ask, { "aria-keyshortcuts": "n" });

  /** Shows another digit, one that has not been shown: real or generated, as a coin falls. */
  function ask() {
    if (round === ROUNDS) [round, score, seen] = [0, { you: 0, d: 0 }, []];
    const { reals, fakes } = frame();
    const real = Math.random() < 0.5;
    const set = real ? reals : fakes;
    const pictures = draw.images(set.pixels, set.shape);
    const left = [...pictures.keys()].filter((at) => !seen.includes(`${real} ${at}`));
    const at = left[Math.floor(Math.random() * left.length)] ?? 0;
    seen.push(`${real} ${at}`);
    const logit = set.logits[at];
    asked = { real, label: set.labels?.[at], said: said(logit, frame()), right: logit > border(frame()) === real };
    [told, round] = [null, round + 1];
    slots.picture.replaceChildren(draw.digit(pictures[at], set.shape, "A digit: real or generated?"));
    swap(next, isReal);
    act.hear(`Digit ${round} of ${ROUNDS}: real or generated?`);
  }

  function say(is) {
    if (!asked || told !== null) return;
    told = is;
    score.you += Number(is === asked.real);
    score.d += Number(asked.right);
    swap(document.activeElement === isFake ? isFake : isReal, next);
    act.hear(`${line()} ${total()}`);
  }

  /** Brings the buttons up to date; if the one that goes had the focus, another gets it. */
  function swap(goes, comes) {
    const had = document.activeElement === goes;
    update();
    if (had) comes.focus({ preventScroll: true });
  }

  function line() {
    if (!asked) return `${ROUNDS} digits, one after the other. D judges the same ones. Who knows more of them?`;
    if (told === null) return `Digit ${round} of ${ROUNDS}: real or generated?`;
    const what = asked.real ? `real${asked.label === undefined ? "" : `, a ${asked.label}`}` : "generated";
    return `${told === asked.real ? "Right" : "Wrong"}: it is ${what}. ${asked.said}: ${asked.right ? "right" : "wrong"}.`;
  }

  function total() {
    if (round < ROUNDS || told === null) return `You ${score.you} : ${score.d} D`;
    const who = score.you === score.d ? "Neither knows more." : score.you > score.d ? "You win." : "D wins.";
    return `You ${score.you} : ${score.d} D over ${ROUNDS}. ${who}`;
  }

  function update() {
    for (const one of [isReal, isFake]) one.hidden = !asked || told !== null;
    next.hidden = Boolean(asked) && told === null;
    next.replaceChildren(!asked ? "begin " : round === ROUNDS ? "once more " : "next ", code("n"));
    slots.line.textContent = line();
    slots.score.textContent = asked ? total() : "";
  }

  const section = h("section", { class: "quiz" }, h("h2", {}, "Real or generated?"),
    slots.picture, slots.line, h("div", { class: "choices" }, isReal, isFake, next),
    h("div", { class: "total" }, slots.score));
  const keys = { r: () => say(true), g: () => say(false), n: () => { if (!next.hidden) ask(); } };
  const done = () => round === ROUNDS && told !== null;
  return { section, update, done, key: (name) => (keys[name] ? (keys[name](), true) : false) };
}
