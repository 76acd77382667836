// Easel: a picture of one's own, judged by D after every stroke.
// Its elements are made once and then kept up to date: a canvas under somebody's pen must not be replaced.

import { h, p, small, code, button, num, signed, plural } from "./dom.js";
import * as draw from "./draw.js";
import { bar, between } from "./game.js";
import { border, buildQuiz, mean, said, scored } from "./quiz.js";
import { labelled, likelihood } from "./words.js";

export const title = "Easel";

const RADIUS = 1.6; // of the brush, in pixels of an image 28 wide
const UNDO = 40; // strokes
const AT_MOST = 150; // milliseconds between two questions to D
const FOLLOW = 28; // how far a pixel goes where D's gradient is strongest, of 255

let easel = null;

export function render(frame, view, act) {
  if (frame.plane) return [h("section", { class: "wide" }, h("h2", {}, "Easel"), p("Here images are points: draw them in the panel Plane."))];
  if (easel?.shape.join() !== frame.run.image_shape.join()) easel = build(frame.run.image_shape, act);
  easel.update(frame);
  return easel.sections;
}

/** Asks D about the picture if it has changed, or D has. */
export const load = async (frame, view, get, post) => (easel ? easel.judge(frame, post) : false);

/** The keys of the game. */
export const key = (name) => easel?.key(name) ?? false;

const middle = ([x, y]) => [x + 0.5, y + 0.5];

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
    tools();
    quiz.update();
    own.update(frame);
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
  const own = buildOwn(shape, act, { picture, meant, put, blank });

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
      h("div", { class: "choices" }, h("div", { class: "depth", role: "group", "aria-label": "Tool" }, brush, eraser), back, clear,
        h("label", {}, "meant as a ", meant)),
      h("div", { class: "choices" }, button("easel real", "start from a real digit", real),
        button("easel fake", "start from a generated one", generated), follower),
      h("p", { class: "cap", id: "easel-how" }, "Mouse, pen or finger; or by keys: the arrows move, ", h("kbd", {}, "space"),
        " paints, ", h("kbd", {}, "Shift"), " with an arrow paints along."),
      h("p", { class: "math formula" }, "pull = ∂D(x)/∂x;   follow: x ← x + ", num(FOLLOW / 255, 2), " · pull / max |pull|"),
      code("POST /api/judge: logit, pull, read")),
    h("aside", {}, h("section", { class: "answer" }, h("h2", {}, "Does it?"), slots.answer), reader, own.section, quiz.section),
  ];
  show();
  return { shape, sections, update, judge, key: quiz.key };
}

/** What else can be done with the picture: G's nearest digit, and a place among the real digits. */
function buildOwn(shape, act, { picture, meant, put, blank }) {
  const slots = Object.fromEntries(["near", "own"].map((name) => [name, h("div", {})]));
  const pixels = () => {
    if (!blank()) return draw.base64(picture);
    act.say("Nothing is drawn yet. Draw a digit.");
    return null;
  };

  let seeking = false;
  async function seek() {
    const what = !seeking && pixels();
    if (!what) return;
    seeking = true;
    slots.near.replaceChildren(p("Searching among the latent vectors …"));
    const found = await act.get("nearest", { pixels: what });
    seeking = false;
    slots.near.replaceChildren(...(found ? near(found) : []));
    if (found) act.hear(`Found: its distance is ${num(found.distance, 2)}. D’s logit is ${num(found.logit, 2)}.`);
  }

  function near({ pixels, distance, first, latent, logit, tried }) {
    const one = draw.bytes(pixels);
    return [h("div", { class: "near pic" }, draw.digit(one, shape, "the nearest digit G can draw"), draw.bars(latent, "its latent vector")),
      p(`Of ${plural(tried, "latent vector")} the best was ${num(first, 3)} away, in the mean over the pixels; `,
        `from there the gradient led to ${num(distance, 3)}. D’s logit for it is ${num(logit, 2)}.`),
      h("p", { class: "choices" }, button("near put", "put it on the canvas", () => put(one, { kind: "generated" })))];
  }

  const short = (logit) => num(logit, Math.abs(logit) < 10 ? 1 : 0);

  function ours(own) {
    const strip = draw.images(own.pixels, own.shape).map((one, at) => h("figure", {},
      draw.digit(one, own.shape, `own digit ${at + 1}, a ${own.labels[at]}`),
      h("figcaption", { "aria-label": "D’s logit when added, and now" }, short(own.was[at]), "→", short(own.logits[at]))));
    const more = mean(own.logits) - mean(own.was);
    return [h("div", { class: "strip own pic" }, strip),
      p(`Each ${own.every}th real digit is one of yours now. D’s mean logit for them is ${num(mean(own.logits), 2)}, `,
        `${signed(more, 2)} since they were added: ${more > 0 ? "D learns that they are real." : "D has not learned that they are real."}`)];
  }

  const nearest = button("easel nearest", "nearest digit G can draw", seek);
  const teach = button("easel teach", "add it to the real digits", () => {
    const what = pixels();
    if (what) act.command({ do: "teach", pixels: what, label: Number(meant.value) });
  });
  const forget = button("easel forget", "take them out", () => act.command({ do: "forget" }).then(() => teach.focus()));
  const when = small("between two steps only");

  function update(frame) {
    const free = between(frame);
    when.hidden = free;
    forget.hidden = !frame.own;
    teach.disabled = forget.disabled = !free;
    teach.textContent = `add it to the real digits, as a ${meant.value}`;
    slots.own.replaceChildren(...(frame.own ? ours(frame.own) : []));
  }

  const section = h("section", { class: "own" }, h("h2", {}, "What becomes of it ", when),
    h("p", { class: "choices" }, nearest), slots.near,
    h("p", { class: "choices" }, teach, forget), slots.own,
    code("POST /api/nearest; teach, forget"));
  return { section, update };
}
