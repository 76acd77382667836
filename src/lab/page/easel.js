// Easel: a picture of one's own, judged by D after every stroke.
// Its elements are made once and then kept up to date: a canvas under somebody's pen must not be replaced.

import { ask, bar, button, cap, choices, code, figure, formula, h, key as word, mean, num, p, places, plural, section,
  signed, small, span } from "./dom.js";
import * as draw from "./draw.js";
import { between } from "./game.js";
import { drawingBoard, howTo } from "./pen.js";
import { border, buildQuiz, said, scored } from "./quiz.js";
import { labelled, likelihood } from "./words.js";

export const title = "Easel";

const RADIUS = 1.6; // of the brush, in pixels of an image 28 wide
const UNDO = 40; // strokes
const AT_MOST = 150; // milliseconds between two questions to D
const FOLLOW = 28; // how far a pixel goes where D's gradient is strongest, of 255
const BLANK = "Nothing is drawn yet. Draw a digit.";
const OWN = { kind: "hand", label: null, touched: false, followed: 0 }; // where a picture comes from, and what became of it
let easel = null;

export function render(frame, view, act) {
  if (frame.plane) return [section("wide", "Easel", null, p("Here images are points: draw them in the panel Plane."))];
  if (easel?.shape.join() !== frame.run.image_shape.join()) easel = build(frame.run.image_shape, act);
  easel.update(frame);
  return easel.sections;
}

/** Asks D about the picture if it has changed, or D has. */
export const load = async (frame, view, get, post) => (easel ? easel.judge(frame, post) : false);

/** The keys of the game. */
export const key = (name) => easel?.key(name) ?? false;

/** The answer to the question that the panel asks. */
function answer({ kind, label, touched, followed }, yes) {
  const [real, one] = [kind === "real", `a real ${label ?? "digit"}`];
  if (!touched && real && yes) return `It does, and rightly: this is ${one}. How little must you change to undo that?`;
  if (!touched && real) return `This is ${one}, yet D takes it for generated: it is wrong here.`;
  if (!touched && kind === "generated" && yes) return "It does: with this one G has deceived D.";
  if (!touched && kind === "generated") return "Not this one: D takes it for generated. Follow D a little, and look again.";
  if (!yes) return `${real ? "No longer" : "Not yet"}. It would, were the orange pixels brighter and the blue ones darker.`;
  if (followed === 0) return `Yes: D takes it for real.${kind === "hand" ? " Would you?" : ""}`;
  return `Yes. You followed D’s gradient ${plural(followed, "time")}: it shows how to convince D. G has nothing else.`;
}

const any = ({ pixels, shape, count }) => draw.images(pixels, shape)[Math.floor(Math.random() * count)];

/** In words, what D would change most. */
function strongest(pull, width) {
  const at = pull.reduce((best, x, at) => (Math.abs(x) > Math.abs(pull[best]) ? at : best), 0);
  const where = `row ${Math.floor(at / width) + 1}, column ${(at % width) + 1}, ${pull[at] > 0 ? "brighter" : "darker"}`;
  return pull[at] ? `What D would change most: ${where}.` : "D would change nothing.";
}

function build(shape, act) {
  const [height, width, channels] = shape;
  const picture = new Uint8ClampedArray(height * width * channels);
  const strokes = []; // what undo brings back: pictures, each with where it came from
  let source = OWN;
  let erase = false;
  let now = null; // the newest frame
  let verdict = null;
  let changed = true;
  let [judgedFor, judgedAt] = [0, 0];
  const board = drawingBoard(width, height, Math.max(1, Math.round(392 / width)), {
    class: "easel", "data-key": "easel canvas", "aria-describedby": "easel-how",
    "aria-label": `The picture, ${height} rows by ${width} columns: arrow keys move, space paints`,
  }, {
    begin: remember, end: touch, undo,
    stroke(from, to, { buttons }) {
      const away = erase || (buttons & 32) !== 0; // a pen's other end erases too
      draw.stroke(picture, shape, from, to, RADIUS * Math.max(1, width / 28), away);
      touch();
    },
    show(context) {
      context.imageSmoothingEnabled = false;
      context.drawImage(draw.digit(picture, shape, ""), 0, 0, context.canvas.width, context.canvas.height);
    },
    tell([column, row]) {
      const ink = picture[(row * width + column) * channels];
      act.hear(`row ${row + 1}, column ${column + 1}, ${ink > 127 ? "white" : ink > 0 ? "grey" : "black"}`);
    },
  });

  // ---- What one can do ----

  /** Keeps the picture for undo, before it is changed. */
  function remember() {
    strokes.push({ pixels: picture.slice(), from: source });
    if (strokes.length > UNDO) strokes.shift();
  }
  function set({ pixels = picture, from }) {
    picture.set(pixels);
    [source, changed] = [from, true];
    board.draw();
    tools();
    act.refresh();
  }
  function touch() { set({ from: { ...source, touched: true } }); }
  function undo() { if (strokes.length > 0) set(strokes.pop()); }
  function put(pixels, from) {
    remember();
    set({ pixels, from: { ...OWN, ...from } });
  }
  async function real() {
    const one = await act.get(`real?index=${Math.floor(Math.random() * 1e9)}`);
    if (!one) return;
    meant.value = one.label;
    put(draw.bytes(one.pixels), { kind: "real", label: one.label });
  }
  function follow() {
    if (!verdict) return;
    remember();
    draw.bytes(verdict.pull).forEach((pull, at) => { picture[at] += ((pull - 128) / 127) * FOLLOW; });
    set({ from: { ...source, touched: true, followed: source.followed + 1 } });
  }
  const tool = (name, to) => button(`easel ${name}`, name, () => { erase = to; tools(); });
  const [brush, eraser] = [tool("brush", false), tool("eraser", true)];
  const back = button("easel undo", "undo", undo, { title: "take back the last stroke (Ctrl+Z on the picture)" });
  const clear = button("easel clear", "clear", () => put(new Uint8Array(picture.length)));
  const follower = button("easel follow", "follow D a little", follow, { title: "adds a little of what D would change" });
  const meant = h("select", { "data-key": "easel label", onchange: () => set({ from: source }) },
    [..."0123456789"].map((one) => h("option", {}, one)));
  const blank = () => picture.every((pixel) => pixel === 0);
  function tools() {
    brush.setAttribute("aria-pressed", String(!erase));
    eraser.setAttribute("aria-pressed", String(erase));
    for (const [one, off] of [[back, strokes.length === 0], [follower, !verdict], [clear, blank()]]) {
      one.setAttribute("aria-disabled", String(off)); // not `disabled`: it would lose the focus
    }
  }

  // ---- What D says ----

  const says = () => (!verdict || blank() ? BLANK : answer(source, verdict.logit > border(now)));
  async function judge(frame, post) {
    const newer = frame.number !== judgedFor && (!frame.at.playing || Date.now() - judgedAt >= 1000);
    if (!changed && !newer) return false;
    await new Promise((done) => setTimeout(done, AT_MOST - (Date.now() - judgedAt)));
    const heard = changed && !board.down();
    [changed, judgedFor, judgedAt] = [false, frame.number, Date.now()];
    const label = labelled(frame) ? { label: Number(meant.value) } : {};
    const told = await ask(post, "judge", { pixels: draw.base64(picture), ...label });
    verdict = told.refused ? null : told;
    if (told.refused) slots.answer.replaceChildren(p(told.refused));
    else if (heard) act.hear(`${said(verdict.logit, frame)}. ${says()}`);
    return true;
  }
  const slots = places("score", "pull", "answer", "read", "words", "near", "own");
  const reader = section(null, "How it is read", "by the recognizer, which knows digits only", slots.read);
  reader.hidden = true;
  const quiz = buildQuiz(act, () => now);
  function update(frame) {
    now = frame;
    tools();
    when.hidden = between(frame);
    forget.hidden = !frame.own;
    teach.disabled = forget.disabled = !between(frame);
    teach.textContent = `add it to the real digits, as a ${meant.value}`;
    slots.own.replaceChildren(...(frame.own ? ours(frame.own) : []));
    if (!verdict) return;
    const { logit, read } = verdict;
    const [real, fake] = [frame.reals, frame.fakes].map((set) => num(mean(set.logits), 2));
    slots.score.replaceChildren(
      h("p", { class: "verdict" }, said(logit, frame), likelihood(frame) && span("math", ` (logit ${num(logit, 2)})`)),
      bar(scored(logit, frame).share), cap(likelihood(frame) ? "0: surely generated; 1: surely real" :
        `the real digits here have ${real} in the mean, the generated ones ${fake}`));
    const pull = draw.signedPixels(draw.bytes(verdict.pull), channels);
    slots.words.textContent = strongest(pull, width);
    slots.pull.replaceChildren(draw.heat(pull, height, width, strongest(pull, width), { class: "digit", limit: 1 }));
    slots.answer.replaceChildren(p(says()));
    reader.hidden = !read || blank();
    slots.read.replaceChildren(...(read ?? []).map(([digit, chance]) =>
      h("div", { class: "reading" }, h("b", {}, digit), bar(chance), span(null, num(chance, 2)))));
  }

  // ---- What else: G's nearest digit, and a place among the real digits ----

  /** Sends the picture along, if there is one. */
  const send = (to) => (blank() ? act.say(BLANK) : to(draw.base64(picture)));
  let seeking = false;
  async function seek(pixels) {
    if (seeking) return;
    seeking = true;
    slots.near.replaceChildren(p("Searching among the latent vectors …"));
    const found = await act.get("nearest", { pixels });
    seeking = false;
    slots.near.replaceChildren(...(found ? near(found) : []));
    if (found) act.hear(`Found: its distance is ${num(found.distance, 2)}. D’s logit is ${num(found.logit, 2)}.`);
  }
  function near({ pixels, distance, first, latent, logit, tried }) {
    const one = draw.bytes(pixels);
    return [h("div", { class: "near pic" }, draw.digit(one, shape, "the nearest digit G can draw"),
      draw.bars(latent, "its latent vector")),
    p(`Of ${plural(tried, "latent vector")} the best was ${num(first, 3)} away, in the mean over the pixels; `,
      `from there the gradient led to ${num(distance, 3)}. D’s logit for it is ${num(logit, 2)}.`),
    choices(button("near put", "put it on the canvas", () => put(one, { kind: "generated" })))];
  }
  function ours({ pixels, shape, labels, was, logits, every }) {
    const more = mean(logits) - mean(was);
    const one = (pixels, at) => {
      const [then, now] = [was[at], logits[at]].map((logit) => num(logit, Math.abs(logit) < 10 ? 1 : 0));
      const label = `own digit ${at + 1}, a ${labels[at]}; D’s logit was ${then}, is ${now}`;
      return figure(draw.digit(pixels, shape, label), then, "→", now);
    };
    return [h("div", { class: "strip own pic" }, draw.images(pixels, shape).map(one)),
      p(`Each ${every}th real digit is one of yours now. D’s mean logit for them is ${num(mean(logits), 2)}, `,
        `${signed(more, 2)} since they were added: D ${more > 0 ? "learns" : "has not learned"} that they are real.`)];
  }
  const add = (pixels) => act.command({ do: "teach", pixels, label: Number(meant.value) });
  const teach = button("easel teach", "", () => send(add));
  const forget = button("easel forget", "take them out", () => act.command({ do: "forget" }).then(() => teach.focus()));
  const when = small("between two steps only");
  const others = section("own", ["What becomes of it ", when], null,
    choices(button("easel nearest", "nearest digit G can draw", () => send(seek))), slots.near,
    choices(teach, forget), slots.own, code("POST /api/nearest; teach, forget"));

  const sections = [section("flow", "Easel", "a picture of your own, judged by D",
      h("p", { class: "question" }, "Can you draw one that D takes for real?"),
      h("div", { class: "easels" }, h("figure", {}, board.canvas, h("figcaption", {}, "your picture")),
        h("figure", { class: "pic" }, slots.pull,
          h("figcaption", {}, "what D would change: ", word("fake", "brighter"), ", ", word("real", "darker")))),
      slots.score, h("div", { class: "words" }, slots.words),
      choices(h("div", { class: "depth", role: "group", "aria-label": "Tool" }, brush, eraser), back, clear,
        h("label", {}, "meant as a ", meant)), choices(button("easel real", "start from a real digit", real),
        button("easel fake", "start from a generated one", () => put(any(now.fakes), { kind: "generated" })), follower),
      howTo("easel-how", "paints", "paints along"),
      formula("pull = ∂D(x)/∂x;   follow: x ← x + ", num(FOLLOW / 255, 2), " · pull / max |pull|"),
      code("POST /api/judge: logit, pull, read")),
    h("aside", {}, section("answer", "Does it?", null, slots.answer), reader, others, quiz.section)];
  board.draw();
  return { shape, sections, update, judge, key: quiz.key };
}
