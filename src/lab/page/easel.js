// Easel: a picture of one's own, judged by D after every stroke; and a game: real or generated?
// Its elements are made once and then kept up to date: a canvas under somebody's pen must not be replaced.

import { h, p, small, code, button, num, sigmoid, plural } from "./dom.js";
import * as draw from "./draw.js";
import { bar } from "./game.js";
import { labelled, likelihood } from "./words.js";

export const title = "Easel";

const RADIUS = 1.6; // of the brush, in pixels of an image 28 wide
const UNDO = 40; // strokes
const AT_MOST = 150; // milliseconds between two questions to D
const FOLLOW = 28; // how far a pixel goes where D's gradient is strongest, of 255
const ROUNDS = 10;

let easel = null;

export function render(frame, view, act) {
  if (easel?.shape.join() !== frame.run.image_shape.join()) easel = build(frame.run.image_shape, act);
  easel.update(frame);
  return easel.sections;
}

/** Asks D about the picture if it has changed, or D has. */
export const load = async (frame, view, get, post) => (easel ? easel.judge(frame, post) : false);

/** The keys of the game. */
export const key = (name) => easel?.key(name) ?? false;

const mean = (list) => list.reduce((a, b) => a + b, 0) / (list.length || 1);
const middle = ([x, y]) => [x + 0.5, y + 0.5];

/** The logit above which D takes a picture for real: for scores that are no logits, the middle of what it gives here. */
const border = (frame) => (likelihood(frame) ? 0 : (mean(frame.reals.logits) + mean(frame.fakes.logits)) / 2);

/** D's score as a share of a bar, and in words. */
function scored(logit, frame) {
  if (likelihood(frame)) return { share: sigmoid(logit), text: num(sigmoid(logit), 2) };
  const all = [...frame.reals.logits, ...frame.fakes.logits, logit];
  const low = Math.min(...all);
  return { share: (logit - low) / (Math.max(...all) - low || 1), text: num(logit, 2) };
}

function said(logit, frame) {
  const { text } = scored(logit, frame);
  return likelihood(frame) ? `D takes it for real with ${text}` : `D’s score is ${text}`;
}

function build(shape, act) {
  const [height, width, channels] = shape;
  const picture = new Uint8ClampedArray(height * width * channels);
  const strokes = []; // what undo brings back: pictures, each with where it came from
  let source = { kind: "hand", label: null, touched: false, followed: 0 };
  let erase = false;
  let last = null; // where the pen is, while it is down
  let cursor = null; // where the keys paint, while they do
  let now = null; // the newest frame
  let verdict = null;
  let changed = true;
  let [judgedFor, judgedAt] = [0, 0];

  // ---- The canvas ----

  const cell = Math.max(1, Math.round(392 / width));
  const canvas = h("canvas", { class: "easel", width: width * cell, height: height * cell, tabindex: 0, role: "application",
    "data-key": "easel canvas", "aria-describedby": "easel-how",
    "aria-label": `The picture, ${height} rows by ${width} columns: arrow keys move, space paints`,
    onpointerdown: (event) => {
      if (event.button !== 0 && event.button !== 5) return;
      canvas.setPointerCapture(event.pointerId);
      remember();
      [cursor, last] = [null, place(event)];
      paint(last, last, event);
    },
    onpointermove: (event) => {
      if (!last) return;
      const points = event.getCoalescedEvents?.() ?? [];
      for (const one of points.length > 0 ? points : [event]) {
        const to = place(one);
        paint(last, to, event);
        last = to;
      }
    },
    onpointerup: lift, onpointercancel: lift, onlostpointercapture: lift,
    onkeydown: press, onblur: () => { cursor = null; show(); },
    onfocus: () => { if (canvas.matches(":focus-visible") && !last) move([0, 0]); } });

  const context = canvas.getContext("2d", { willReadFrequently: true });

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  }

  function lift() {
    if (!last) return;
    last = null;
    touch();
  }

  /** A stroke's piece; the eraser at a pen's other end is one too. */
  function paint([x0, y0], [x1, y1], event) {
    const steps = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / 0.3));
    const radius = RADIUS * Math.max(1, width / 28);
    const away = erase || (event.buttons & 32) !== 0;
    for (let at = 0; at <= steps; at += 1) {
      draw.dot(picture, shape, x0 + ((x1 - x0) * at) / steps, y0 + ((y1 - y0) * at) / steps, radius, away);
    }
    touch();
  }

  const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

  function move([right, down], event = null) {
    const from = cursor ?? [Math.floor(width / 2), Math.floor(height / 2)];
    cursor = [Math.min(width - 1, Math.max(0, from[0] + right)), Math.min(height - 1, Math.max(0, from[1] + down))];
    if (event?.shiftKey) {
      if (!event.repeat) remember();
      paint(middle(from), middle(cursor), { buttons: 0 });
    }
    show();
    const ink = picture[(cursor[1] * width + cursor[0]) * channels];
    if (event) act.hear(`row ${cursor[1] + 1}, column ${cursor[0] + 1}, ${ink > 127 ? "white" : ink > 0 ? "grey" : "black"}`);
  }

  function press(event) {
    if (event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key !== "z") return;
      undo();
    } else if (ARROWS[event.key]) {
      move(ARROWS[event.key], event);
    } else if (event.key === " ") {
      if (!cursor) move([0, 0]);
      if (!event.repeat) remember();
      paint(middle(cursor), middle(cursor), { buttons: 0 });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // a space here does not play
  }

  /** Puts the picture on the canvas, and the keys' cursor over it. */
  function show() {
    context.imageSmoothingEnabled = false;
    context.drawImage(draw.digit(picture, shape, ""), 0, 0, canvas.width, canvas.height);
    if (!cursor) return;
    const [x, y] = cursor.map((at) => at * cell);
    for (const [colour, line] of [["#000", 4], ["#ff9f43", 2]]) {
      [context.strokeStyle, context.lineWidth] = [colour, line];
      context.strokeRect(x, y, cell, cell);
    }
  }

  /** Keeps the picture for undo, before it is changed. */
  function remember() {
    strokes.push({ pixels: picture.slice(), source: { ...source } });
    if (strokes.length > UNDO) strokes.shift();
  }

  function touch() {
    source.touched = true;
    redraw();
  }

  function redraw() {
    changed = true;
    show();
    tools();
    act.refresh();
  }

  // ---- What one can do ----

  function put(pixels, from) {
    remember();
    picture.set(pixels);
    source = { label: null, touched: false, followed: 0, ...from };
    redraw();
  }

  function undo() {
    const before = strokes.pop();
    if (!before) return;
    picture.set(before.pixels);
    source = before.source;
    redraw();
  }

  async function real() {
    const one = await act.get(`real?index=${Math.floor(Math.random() * 1e9)}`);
    if (!one) return;
    meant.value = one.label;
    put(draw.bytes(one.pixels), { kind: "real", label: one.label });
  }

  function generated() {
    const pictures = draw.images(now.fakes.pixels, now.fakes.shape);
    put(pictures[Math.floor(Math.random() * pictures.length)], { kind: "generated" });
  }

  function follow() {
    if (!verdict) return;
    remember();
    draw.bytes(verdict.pull).forEach((pull, at) => { picture[at] += ((pull - 128) / 127) * FOLLOW; });
    source.followed += 1;
    touch();
  }

  const tool = (name, to) => button(`easel ${name}`, name, () => { erase = to; tools(); });
  const [brush, eraser] = [tool("brush", false), tool("eraser", true)];
  const back = button("easel undo", "undo", undo, { title: "take back the last stroke (Ctrl+Z on the picture)" });
  const clear = button("easel clear", "clear", () => put(new Uint8Array(picture.length), { kind: "hand" }));
  const follower = button("easel follow", "follow D a little", follow,
    { title: "adds a little of what D would change to the picture" });

  const meant = h("select", { "data-key": "easel label", onchange: redraw }, [...Array(10).keys()].map((digit) => h("option", {}, digit)));
  const label = h("label", {}, "meant as a ", meant);

  function tools() {
    brush.setAttribute("aria-pressed", String(!erase));
    eraser.setAttribute("aria-pressed", String(erase));
    for (const [one, off] of [[back, strokes.length === 0], [follower, !verdict], [clear, blank()]]) {
      if (off) one.setAttribute("aria-disabled", "true"); // not `disabled`: it would lose the focus
      else one.removeAttribute("aria-disabled");
    }
  }

  const blank = () => picture.every((pixel) => pixel === 0);

  // ---- What D says ----

  async function judge(frame, post) {
    const newer = frame.number !== judgedFor && (!frame.at.playing || Date.now() - judgedAt >= 1000);
    if (!changed && !newer) return false;
    await new Promise((done) => setTimeout(done, AT_MOST - (Date.now() - judgedAt)));
    const asked = changed && !last;
    [changed, judgedFor, judgedAt] = [false, frame.number, Date.now()];
    verdict = await post("judge", { pixels: draw.base64(picture), ...(labelled(frame) && { label: Number(meant.value) }) });
    if (asked) act.hear(`${said(verdict.logit, frame)}. ${answer(frame)}`);
    return true;
  }

  /** The answer to the question that the panel asks. */
  function answer(frame) {
    if (!verdict || blank()) return "Nothing is drawn yet. Draw a digit.";
    const yes = verdict.logit > border(frame);
    const { kind, label, touched, followed } = source;
    if (kind === "real" && !touched) {
      return yes ? `It does, and rightly: this is a real ${label ?? "digit"}. How little must you change until D no longer does?` :
        `This is a real ${label ?? "digit"}, yet D takes it for generated: it is wrong here.`;
    }
    if (kind === "generated" && !touched) {
      return yes ? "It does: with this one G has deceived D." : "Not this one: D takes it for generated. Follow D a little, and look again.";
    }
    if (!yes) return `${kind === "real" ? "No longer" : "Not yet"}. It would, were the orange pixels brighter and the blue ones darker.`;
    if (followed > 0) {
      return `Yes: ${kind === "real" ? "it still" : "now it"} does. You followed D’s own gradient ${plural(followed, "time")}: ` +
        "it tells how to convince it. G learns from nothing else.";
    }
    return kind === "hand" ? "Yes: D takes what you drew for real. Would you?" : `Yes: D takes it for real${kind === "real" ? " still" : ""}.`;
  }

  const slots = Object.fromEntries(["score", "pull", "answer", "read", "words"].map((name) => [name, h("div", {})]));

  function update(frame) {
    now = frame;
    label.hidden = !labelled(frame);
    tools();
    quiz.update();
    if (!verdict) return;
    const { share } = scored(verdict.logit, frame);
    slots.score.replaceChildren(h("p", { class: "verdict" }, said(verdict.logit, frame),
      likelihood(frame) && h("span", { class: "math" }, ` (logit ${num(verdict.logit, 2)})`)), bar(share),
    h("p", { class: "cap" }, likelihood(frame) ? "0: surely generated; 1: surely real" :
      `the real digits here have ${num(mean(frame.reals.logits), 2)} in the mean, the generated ones ${num(mean(frame.fakes.logits), 2)}`));
    const pull = draw.signedPixels(draw.bytes(verdict.pull), channels);
    slots.pull.replaceChildren(draw.heat(pull, height, width, strongest(pull), { class: "digit", limit: 1 }));
    slots.words.textContent = strongest(pull);
    slots.answer.replaceChildren(p(answer(frame)));
    slots.read.replaceChildren(...reading(blank() ? null : verdict.read));
  }

  function strongest(pull) {
    const at = pull.reduce((best, x, at) => (Math.abs(x) > Math.abs(pull[best]) ? at : best), 0);
    if (!pull[at]) return "D would change nothing.";
    return `What D would change most: row ${Math.floor(at / width) + 1}, column ${(at % width) + 1}, ${pull[at] > 0 ? "brighter" : "darker"}.`;
  }

  const reader = h("section", {}, h("h2", {}, "How it is read ", small("by the recognizer, which knows digits only")), slots.read);
  const quiz = buildQuiz(act, () => now);

  function reading(read) {
    reader.hidden = !read;
    return (read ?? []).map(([digit, chance]) =>
      h("div", { class: "reading" }, h("b", {}, digit), bar(chance), h("span", {}, num(chance, 2))));
  }

  const sections = [
    h("section", { class: "flow" },
      h("h2", {}, "Easel ", small("a picture of your own, judged by D")),
      h("p", { class: "question" }, "Can you draw one that D takes for real?"),
      h("div", { class: "easels" },
        h("figure", {}, canvas, h("figcaption", {}, "your picture")),
        h("figure", { class: "pic" }, slots.pull, h("figcaption", {}, "what D would change: ",
          h("span", { class: "key fake" }, "brighter"), ", ", h("span", { class: "key real" }, "darker")))),
      slots.score,
      h("div", { class: "words" }, slots.words),
      h("div", { class: "choices" }, h("div", { class: "depth", role: "group", "aria-label": "Tool" }, brush, eraser), back, clear, label),
      h("div", { class: "choices" }, button("easel real", "start from a real digit", real),
        button("easel fake", "start from a generated one", generated), follower),
      h("p", { class: "cap", id: "easel-how" }, "Mouse, pen or finger; or by keys: the arrows move, ", h("kbd", {}, "space"),
        " paints, ", h("kbd", {}, "Shift"), " with an arrow paints along."),
      h("p", { class: "math formula" }, "pull = ∂D(x)/∂x;   follow: x ← x + ", num(FOLLOW / 255, 2), " · pull / max |pull|"),
      code("POST /api/judge: logit, pull, read")),
    h("aside", {}, h("section", { class: "answer" }, h("h2", {}, "Does it?"), slots.answer), reader, quiz.section),
  ];
  show();
  return { shape, sections, update, judge, key: quiz.key };
}

// ---- Real or generated? ----

function buildQuiz(act, frame) {
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
  return { section, update, key: (name) => (keys[name] ? (keys[name](), true) : false) };
}
