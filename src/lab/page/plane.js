// Plane: players whose images are points, so that all of the game is seen at once; and the Dirac-GAN, a game of two weights.

import { button, choose, code, h, num, p, plural, small, svg } from "./dom.js";
import * as draw from "./draw.js";
import { mean } from "./quiz.js";
import { likelihood } from "./words.js";

export const title = "Plane";

const SIDE = 840; // pixels of the picture
const FOLLOWED = 12; // points that leave trails
const FRAMES = 40; // for so long
const NEAR = 0.1; // a generated point so near to a real one covers it
const MOST = 2000; // points that one can draw

let rules = null; // what is chosen for the next game
let trails = { run: "", step: -1, points: [] }; // the newest frames' first points
let sketch = null; // the sections in which somebody draws points
let drawn = []; // those points
const games = new Map(); // the Dirac-GAN's, by their rules
const guesses = new Map(); // whether each comes to rest, as somebody thinks

const askFor = ({ objective, update, penalty }) => `dirac?objective=${objective}&update=${update}&penalty=${penalty}`;

/** The Dirac-GAN's game by the chosen rules, once. */
export async function load(frame, view, get) {
  const path = rules && !sketch && askFor(rules);
  if (!path || games.has(path)) return false;
  games.set(path, null); // it is asked for once, even if it is refused
  games.set(path, await get(path));
  return true;
}

export function render(frame, view, act) {
  rules ??= { objective: "non-saturating", update: "alternating", penalty: false, data: "ring", ...frame.plane?.settings };
  if (sketch) return sketch;
  return frame.plane ? [game(frame), h("aside", {}, settings(frame, act), duel(act))] :
    [h("div", { class: "flow" }, offer(), duel(act)), h("aside", {}, settings(frame, act))];
}

const offer = () => h("section", {}, h("h2", {}, "Plane ", small("digits that are points")),
  p("A digit is 784 numbers, which nobody can picture at once. Here each image is a point in the plane: two numbers. ",
    "So all of the game can be seen: the real points, G’s own, and D’s score of every place. Choose the rules, and begin."));

// ---- The game ----

function game(frame) {
  const { reals, fakes, surface, warp } = frame.plane;
  follow(frame);
  const score = ([x, y]) => surface.logits[cell(-y, surface.side) * surface.side + cell(x, surface.side)];
  const border = likelihood(frame) ? 0 : (mean(reals.map(score)) + mean(fakes.map(score))) / 2;
  const share = (list, is) => `${Math.round((100 * list.filter(is).length) / (list.length || 1))} %`;
  const covered = share(reals, ([x, y]) => fakes.some(([a, b]) => Math.hypot(a - x, b - y) < NEAR));
  const believed = (list) => share(list, (point) => score(point) > border);
  const says = [`A generated point lies near ${covered} of the real ones. `,
    `D takes ${believed(reals)} of the real points for real, and ${believed(fakes)} of the generated ones.`];
  show(frame.plane, border);
  board.setAttribute("aria-label", `The plane. ${says.join("")}`);
  return h("section", { class: "flow" }, h("h2", {}, "Plane ", small(`step ${frame.at.step}, ${frame.at.playing ? "playing" : "paused"}`)),
    h("div", { class: "pic" }, board),
    h("p", { class: "cap pic" }, h("span", { class: "key real" }, "● real"), ", ", h("span", { class: "key fake" }, "● generated"),
      ", with arrows to where D would have them, and trails of where ", plural(FOLLOWED, "point"), " came from. Behind them: ",
      h("span", { class: "key real" }, "blue"), " where D takes a point for real, ", h("span", { class: "key fake" }, "orange"),
      " where for generated.", warp && " The thin lines are the grid of latent vectors, as G bends it."),
    p(says), h("p", { class: "math formula" }, "arrow = ∂D(x)/∂x at x = G(z)"), code("frame.plane"));
}

const cell = (x, side) => Math.min(side - 1, Math.max(0, Math.round(((x + 1) / 2) * (side - 1))));
const place = ([x, y]) => [((x + 1) / 2) * SIDE, ((1 - y) / 2) * SIDE];

/** Keeps the first points of the newest frames; a step back, or another run, begins anew. */
function follow({ run, at, plane }) {
  const name = JSON.stringify([run.name, run.seed, plane.settings, plane.reals[0]]);
  if (trails.run !== name || at.step < trails.step) trails = { run: name, step: -1, points: [] };
  if (at.step > trails.step) trails.points = [...trails.points, plane.fakes.slice(0, FOLLOWED)].slice(-FRAMES);
  trails.step = at.step;
}

const board = h("canvas", { class: "plane", width: SIDE, height: SIDE, role: "img" });
const ink = board.getContext("2d");

function line(points, context = ink) {
  context.beginPath();
  points.forEach((point, at) => context[at === 0 ? "moveTo" : "lineTo"](...place(point)));
  context.stroke();
}

function dots(points, colour, radius, context = ink) {
  [context.fillStyle, context.strokeStyle, context.lineWidth] = [colour, draw.colour("--paper"), 1.5];
  for (const point of points) {
    context.beginPath();
    context.arc(...place(point), radius, 0, 7);
    context.fill();
    context.stroke();
  }
}

function wipe(context) {
  [context.globalAlpha, context.fillStyle] = [1, draw.colour("--paper")];
  context.fillRect(0, 0, SIDE, SIDE);
}

function show({ reals, fakes, pull, surface, warp }, border) {
  const [real, fake] = [draw.colour("--real"), draw.colour("--fake")];
  const { side, logits } = surface;
  wipe(ink);
  ink.globalAlpha = 0.45;
  const edge = SIDE / (side - 1) / 2; // the outermost logits are those of the border itself
  ink.drawImage(draw.heat(logits.map((x) => border - x), side, side, ""), -edge, -edge, SIDE + 2 * edge, SIDE + 2 * edge);
  [ink.strokeStyle, ink.lineWidth, ink.globalAlpha] = [fake, 1.5, 0.7];
  for (let row = 0; row < (warp?.side ?? 0); row += 1) {
    line(warp.points.slice(row * warp.side, (row + 1) * warp.side));
    line(warp.points.filter((_, at) => at % warp.side === row));
  }
  ink.globalAlpha = 0.9;
  dots(reals, real, 5);
  [ink.strokeStyle, ink.lineWidth] = [fake, 2];
  trails.points.slice(1).forEach((now, at) => {
    ink.globalAlpha = 0.1 + 0.7 * ((at + 1) / trails.points.length) ** 2;
    now.forEach((point, one) => line([trails.points[at][one], point]));
  });
  ink.globalAlpha = 1;
  const most = Math.max(...pull.map(([x, y]) => Math.hypot(x, y)), 1e-12);
  [ink.strokeStyle, ink.lineWidth] = [draw.colour("--ink"), 2];
  pull.forEach(([dx, dy], at) => {
    for (const stroke of arrow(fakes[at], [dx, dy], 0.16 * Math.sqrt(Math.hypot(dx, dy) / most))) line(stroke);
  });
  dots(fakes, fake, 6);
}

/** An arrow's strokes, from a point along a direction. */
function arrow([x, y], [dx, dy], length) {
  const angle = Math.atan2(dy, dx);
  const to = [x + length * Math.cos(angle), y + length * Math.sin(angle)];
  const barb = (turn) => [to[0] - 0.3 * length * Math.cos(angle + turn), to[1] - 0.3 * length * Math.sin(angle + turn)];
  return [[[x, y], to], [barb(0.5), to, barb(-0.5)]];
}

// ---- What one chooses ----

function settings(frame, act) {
  const one = (key, legend, options) => choose(`plane ${key}`, legend, options, rules[key], (value) => {
    rules = { ...rules, [key]: value };
    act.redraw();
  });
  const sit = () => {
    sketch = drawing(frame, act);
    act.redraw().then(() => sketch?.[0].querySelector("canvas").focus());
  };
  const data = [["ring", "a ring"], ["grid", "a grid"], (drawn.length > 0 || rules.data === "drawn") && ["drawn", "drawn by you"]];
  return h("section", {}, h("h2", {}, "The rules"), one("data", "Real points", data.filter(Boolean)),
    one("objective", "Objective", ["non-saturating", "wasserstein", "hinge", "least-squares"]),
    one("update", "The players move", [["alternating", "in turn"], ["simultaneous", "at once"]]),
    one("penalty", "Penalty on D’s gradient", [[true, "with"], [false, "without"]]),
    h("p", { class: "choices" },
      button("plane begin", frame.plane ? "begin anew with these" : "begin", () => begin(frame, act), { class: "first" }),
      button("plane draw", "draw your own points", sit),
      frame.plane && button("leave", "leave the plane", () => act.command({ do: "leave" }))),
    h("p", { class: "soft" }, "Your own game begins anew when you leave."));
}

function begin(frame, act) {
  const { data, ...others } = rules;
  const points = drawn.length > 0 ? drawn : frame.plane?.reals;
  return act.command({ do: "plane", ...(data === "drawn" ? { points } : { data }), ...others });
}

/** Points of one's own, by pen or by keys. Made once: a canvas under somebody's pen must not be replaced. */
function drawing(frame, act) {
  let [points, cursor, down] = [[...drawn], [0, 0], false];
  const round = (x) => Math.round(Math.min(1, Math.max(-1, x)) * 1e3) / 1e3;
  const put = ([x, y]) => {
    if (points.length < MOST) points.push([round(x), round(y)]);
    update();
  };
  const spray = (event) => {
    const box = canvas.getBoundingClientRect();
    const near = () => (Math.random() + Math.random() - 1) * 0.06;
    put([((event.clientX - box.left) / box.width) * 2 - 1 + near(), 1 - ((event.clientY - box.top) / box.height) * 2 + near()]);
  };
  const ARROWS = { ArrowUp: [0, 0.1], ArrowDown: [0, -0.1], ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0] };
  const lift = () => { down = false; };
  const canvas = h("canvas", { class: "plane easel", width: SIDE, height: SIDE, tabindex: 0, role: "application",
    "data-key": "plane canvas", "aria-label": "The plane: arrow keys move, space puts a point", "aria-describedby": "plane-how",
    onpointerdown: (event) => { canvas.setPointerCapture(event.pointerId); down = true; spray(event); },
    onpointermove: (event) => { if (down) spray(event); }, onpointerup: lift, onpointercancel: lift,
    onkeydown: (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(ARROWS[event.key] || event.key === " ")) return;
      event.preventDefault();
      event.stopPropagation(); // a space here does not play
      if (event.key === " ") put(cursor);
      else cursor = cursor.map((x, axis) => round(x + ARROWS[event.key][axis]));
      update();
      act.hear(`x ${num(cursor[0], 1)}, y ${num(cursor[1], 1)}; ${plural(points.length, "point")}`);
    } });
  const context = canvas.getContext("2d");
  const told = h("p", { class: "cap" });
  const update = () => {
    wipe(context);
    dots(points, draw.colour("--real"), 5, context);
    [context.strokeStyle, context.lineWidth] = [draw.colour("--ink"), 3];
    for (const [a, b] of [[0.03, 0], [0, 0.03]]) line([[cursor[0] - a, cursor[1] - b], [cursor[0] + a, cursor[1] + b]], context);
    told.textContent = `${plural(points.length, "point")} of at most ${MOST}.`;
  };
  const leave = () => { sketch = null; act.redraw(); };
  const use = () => {
    if (points.length === 0) return act.say("Nothing is drawn yet.");
    [drawn, rules, sketch] = [points, { ...rules, data: "drawn" }, null];
    return begin(frame, act).then(act.redraw);
  };
  update();
  return [h("section", { class: "flow wide" }, h("h2", {}, "Draw the real points ", small("G will learn to put its own there")),
    canvas, told, h("p", { class: "cap", id: "plane-how" },
      "Mouse, pen or finger; or by keys: the arrows move, ", h("kbd", {}, "space"), " puts a point."),
    h("p", { class: "choices" }, button("plane use", "begin with these", use, { class: "first" }),
      button("plane clear", "clear", () => { points = []; update(); }), button("plane back", "back", leave)))];
}

// ---- The Dirac-GAN ----

const WAYS = { rest: "It is drawn in, and comes to rest at (0, 0)", aside: "It comes to rest, but elsewhere",
  near: "It spirals in, ever more slowly", around: "It circles around (0, 0) and never comes to rest",
  out: "It moves outward: each round is wider than the last" };

/** Where a game goes: by how much it still moves in its last third, and by its largest distance in that and the third before. */
function wayOf({ points, distance }) {
  if (points.flat().some((x) => !Number.isFinite(x))) return "out";
  const third = Math.floor(points.length / 3);
  const most = (list, [a, b] = [0, 0]) => Math.max(...list.map(([x, y]) => Math.hypot(x - a, y - b)));
  if (most(points.slice(-third), points.at(-1)) < 0.05) return distance < 0.05 ? "rest" : "aside";
  const grown = most(points.slice(-third)) / most(points.slice(-2 * third, -third));
  return grown < 0.95 ? "near" : grown < 1.05 ? "around" : "out";
}

function duel(act) {
  const path = askFor(rules);
  const played = games.get(path);
  const guess = guesses.get(path);
  const way = played && wayOf(played);
  const say = (yes) => () => {
    guesses.set(path, yes);
    act.hear(answer(yes, way, played));
    act.redraw();
  };
  return h("section", {}, h("h2", {}, "The smallest game ", small("Dirac-GAN, by the same rules")),
    p("G is one number θ: it draws the point θ. D is one number ψ: its score of a point x is ψ·x. All real data are the point 0. ",
      "At (0, 0) neither can do better."),
    played && field(played, guess !== undefined, WAYS[way]),
    played && (guess === undefined ? [h("p", { class: "question" }, `It begins at (1, 1). Will it rest at (0, 0) after ${played.steps} steps?`),
      h("p", { class: "choices" }, button("dirac yes", "yes", say(true)), button("dirac no", "no", say(false)))] :
      p(answer(guess, way, played))),
    h("p", { class: "math formula" }, "x = 0 real, x = θ generated, D(x) = ψ·x"), code(`GET /api/${path}`));
}

const answer = (guess, way, { distance, steps }) =>
  `${guess === (way === "rest") ? "✓ You were right." : `✗ You had said ${guess ? "yes" : "no"}.`} ` +
  `${WAYS[way]}. After ${plural(steps, "step")} it is ${num(distance, 2)} away from (0, 0).`;

function field({ field, points }, told, says) {
  const [wide, from] = [300, ([x, y]) => `${(150 + 70 * x).toFixed(1)},${(150 - 70 * y).toFixed(1)}`];
  const most = Math.max(...field.map(([, , dx, dy]) => Math.hypot(dx, dy)), 1e-12);
  return h("div", { class: "pic" }, svg("svg", { viewBox: `0 0 ${wide} ${wide}`, role: "img", class: "cut dirac",
    "aria-label": told ? says : "Arrows: where θ and ψ go from each place" },
  svg("line", { class: "axis", x1: 0, x2: wide, y1: 150, y2: 150 }), svg("line", { class: "axis", x1: 150, x2: 150, y1: 0, y2: wide }),
  field.map(([x, y, dx, dy]) => arrow([x, y], [dx, dy], 0.36 * Math.sqrt(Math.hypot(dx, dy) / most)).map((stroke) =>
    svg("polyline", { class: "field", points: stroke.map(from).join(" ") }))),
  told && svg("polyline", { class: "path", points: points.filter((point) => point.every(Number.isFinite)).map(from).join(" ") }),
  svg("circle", { class: "goal", cx: 150, cy: 150, r: 5 }), svg("circle", { cx: 220, cy: 80, r: 4 }),
  svg("text", { class: "g", x: 288, y: 144 }, "θ"), svg("text", { class: "d", x: 160, y: 14 }, "ψ")));
}
