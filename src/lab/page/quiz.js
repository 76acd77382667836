// Real or generated? Ten digits, judged by a person and by D.

import { button, choices, code, h, mean, num, sigmoid } from "./dom.js";
import * as draw from "./draw.js";
import { likelihood } from "./words.js";

const ROUNDS = 10;

/** The logit above which D takes a picture for real: for scores that are no logits, the middle of what it gives here. */
export const border = (frame) => (likelihood(frame) ? 0 : (mean(frame.reals.logits) + mean(frame.fakes.logits)) / 2);

/** D's score as a share of a bar, and in words. */
export function scored(logit, frame) {
  if (likelihood(frame)) return { share: sigmoid(logit), text: num(sigmoid(logit), 2) };
  const all = [...frame.reals.logits, ...frame.fakes.logits, logit];
  const low = Math.min(...all);
  return { share: (logit - low) / (Math.max(...all) - low || 1), text: num(logit, 2) };
}

export const said = (logit, frame) =>
  `${likelihood(frame) ? "D takes it for real with" : "D’s score is"} ${scored(logit, frame).text}`;

/** The game's section, drawn anew when something has happened; `frame()` is the newest frame. */
export function buildQuiz(act, frame) {
  let [round, you, d, seen] = [0, 0, 0, []];
  let asked = null; // the digit at hand: its picture, what it is, what D said, and whether that was right
  let told = null; // the person's answer

  /** Shows another digit, one that has not been shown: real or generated, as a coin falls. */
  function ask() {
    if (round === ROUNDS) [round, you, d, seen] = [0, 0, 0, []];
    const real = Math.random() < 0.5;
    const set = real ? frame().reals : frame().fakes;
    const pictures = draw.images(set.pixels, set.shape);
    const left = [...pictures.keys()].filter((at) => !seen.includes(`${real} ${at}`));
    const at = left[Math.floor(Math.random() * left.length)] ?? 0;
    seen.push(`${real} ${at}`);
    asked = { real, what: !real ? "generated" : set.labels ? `real, a ${set.labels[at]}` : "real",
      said: said(set.logits[at], frame()), right: set.logits[at] > border(frame()) === real,
      picture: draw.digit(pictures[at], set.shape, "A digit: real or generated?") };
    [told, round] = [null, round + 1];
    show();
  }
  function say(is) {
    told = is;
    you += Number(is === asked.real);
    d += Number(asked.right);
    show();
  }
  function line() {
    if (!asked) return `${ROUNDS} digits, one after the other. D judges the same ones. Who knows more of them?`;
    if (told === null) return `Digit ${round} of ${ROUNDS}: real or generated?`;
    const right = (is) => (is ? "right" : "wrong");
    return `You are ${right(told === asked.real)}: it is ${asked.what}. ${asked.said}: ${right(asked.right)}.`;
  }
  function total() {
    const who = you === d ? "Neither knows more." : you > d ? "You win." : "D wins.";
    return `You ${you} : ${d} D${round === ROUNDS && told !== null ? ` over ${ROUNDS}. ${who}` : ""}`;
  }
  const all = { r: ["real ", () => say(true)], g: ["generated ", () => say(false)], n: ["", ask] };
  const open = () => (asked && told === null ? ["r", "g"] : ["n"]); // what can be pressed
  const body = h("section", { class: "quiz" });
  function show() {
    all.n[0] = !asked ? "begin " : round === ROUNDS ? "once more " : "next ";
    const buttons = open().map((name) =>
      button(`quiz ${name}`, [all[name][0], code(name)], all[name][1], { "aria-keyshortcuts": name }));
    const had = body.contains(document.activeElement);
    body.replaceChildren(h("h2", {}, "Real or generated?"), h("div", {}, asked?.picture), h("div", {}, line()),
      choices(buttons), h("div", { class: "total" }, asked && total()));
    if (had) buttons[0].focus({ preventScroll: true });
    if (asked) act.hear(`${line()} ${told === null ? "" : total()}`);
  }
  show();
  return { section: body, key: (name) => open().includes(name) && (all[name][1](), true) };
}
