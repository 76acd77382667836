// Plane: players whose images are points, so that all of the game is seen at once; and the Dirac-GAN, a game of two weights.

import { ask, button, cap, choices, choose, clamp, code, formula, h, key, mean, num, p, pic, plural, section, soft,
  svg } from "./dom.js";
import * as draw from "./draw.js";
import { drawingBoard, howTo } from "./pen.js";
import { likelihood } from "./words.js";

export const title = "Plane";

const CELLS = 20; // that the keys step over, along each side
const SIDE = 42 * CELLS; // pixels of the picture
const [FOLLOWED, FRAMES] = [12, 40]; // so many points leave trails, for so long
const NEAR = 0.1; // a generated point so near to a real one covers it
const MOST = 2000; // points that one can draw
let rules = null; // what is chosen for the next game
let trails = { run: "", step: -1, points: [] }; // the newest frames' first points
let sketch = null; // the section in which somebody draws points
let drawn = []; // those points
const games = new Map(); // the Dirac-GAN's, by their rules
const guesses = new Map(); // whether each comes to rest, as somebody thinks
const askFor = ({ objective, update, penalty }) => `dirac?objective=${objective}&update=${update}&penalty=${penalty}`;

/** The Dirac-GAN's game by the chosen rules, once. */
export async function load(frame, view, get) {
  const path = rules && !sketch && askFor(rules);
  if (!path || games.has(path)) return false;
  games.set(path, await ask(get, path));
  return true;
}

export function render(frame, view, act) {
  rules ??= { objective: "non-saturating", update: "alternating", penalty: false, data: "ring", ...frame.plane?.settings };
  if (sketch) return [sketch];
  return frame.plane ? [game(frame), h("aside", {}, settings(frame, act), duel(act))] :
    [h("div", { class: "flow" }, OFFER, duel(act)), h("aside", {}, settings(frame, act))];
}

const OFFER = section(null, "Plane", "digits that are points",
  p("A digit is 784 numbers: nobody can picture that. Here each image is a point in the plane: two numbers. So all of the ",
    "game can be seen: the real points, G’s own, and D’s score of every place. Choose the rules, and begin."));

// ---- The game ----

function game(frame) {
  const { reals, fakes, surface, warp } = frame.plane;
  follow(frame);
  const cell = (x) => clamp(Math.round(((x + 1) / 2) * (surface.side - 1)), 0, surface.side - 1);
  const score = ([x, y]) => surface.logits[cell(-y) * surface.side + cell(x)];
  const border = likelihood(frame) ? 0 : (mean(reals.map(score)) + mean(fakes.map(score))) / 2;
  const share = (list, is) => `${Math.round((100 * list.filter(is).length) / (list.length || 1))} %`;
  const covered = share(reals, ([x, y]) => fakes.some(([a, b]) => Math.hypot(a - x, b - y) < NEAR));
  const believed = (list) => share(list, (point) => score(point) > border);
  const says = `A generated point lies near ${covered} of the real ones. ` +
    `D takes ${believed(reals)} of the real points for real, and ${believed(fakes)} of the generated ones.`;
  show(frame.plane, border);
  board.setAttribute("aria-label", `The plane. ${says}`);
  return section("flow", "Plane", `step ${frame.at.step}, ${frame.at.playing ? "playing" : "paused"}`, pic(board),
    h("p", { class: "cap pic" }, key("real", "● real"), ", ", key("fake", "● generated"), ", with arrows to where D ",
      "would have them, and trails of some. Behind: ", key("real", "blue"), " where D takes a point for real, ",
      key("fake", "orange"), " where not.", warp && " The thin lines are the grid of latent vectors, as G bends it."),
    p(says), formula("arrow = ∂D(x)/∂x at x = G(z)"), code("frame.plane"));
}

/** Keeps the first points of the newest frames; a step back, or another run, begins anew. */
function follow({ run, at: { step }, plane }) {
  const name = JSON.stringify([run.name, run.seed, plane.settings, plane.reals[0]]);
  const points = trails.run !== name || step < trails.step ? [] : trails.points;
  const newer = step === trails.step && points.length > 0 ? [] : [plane.fakes.slice(0, FOLLOWED)];
  trails = { run: name, step, points: [...points, ...newer].slice(-FRAMES) };
}

const board = h("canvas", { class: "plane", width: SIDE, height: SIDE, role: "img" });

/** What draws on a picture of the plane, from −1 to 1; it begins with an empty one. */
function pencil(context) {
  const place = ([x, y]) => [((x + 1) / 2) * SIDE, ((1 - y) / 2) * SIDE];
  const use = (colour, lineWidth, globalAlpha = 1, fill = colour) =>
    Object.assign(context, { strokeStyle: draw.colour(colour), fillStyle: draw.colour(fill), lineWidth, globalAlpha });
  const line = (points) => {
    context.beginPath();
    points.forEach((point) => context.lineTo(...place(point)));
    context.stroke();
  };
  const dots = (points, colour, radius, alpha) => {
    use("--paper", 1.5, alpha, colour);
    for (const point of points) {
      context.beginPath();
      context.arc(...place(point), radius, 0, 7);
      context.fill();
      context.stroke();
    }
  };
  use("--paper", 1);
  context.fillRect(0, 0, SIDE, SIDE);
  return { use, line, dots };
}

function show({ reals, fakes, pull, surface: { side, logits }, warp }, border) {
  const ink = board.getContext("2d");
  const { use, line, dots } = pencil(ink);
  ink.globalAlpha = 0.45;
  const edge = SIDE / (side - 1) / 2; // the outermost logits are those of the border itself
  ink.drawImage(draw.heat(logits.map((x) => border - x), side, side, ""), -edge, -edge, SIDE + 2 * edge, SIDE + 2 * edge);
  use("--fake", 1.5, 0.7);
  for (let row = 0; row < (warp?.side ?? 0); row += 1) {
    line(warp.points.slice(row * warp.side, (row + 1) * warp.side));
    line(warp.points.filter((_, at) => at % warp.side === row));
  }
  dots(reals, "--real", 5, 0.9);
  trails.points.slice(1).forEach((now, at) => {
    use("--fake", 2, 0.1 + 0.7 * ((at + 1) / trails.points.length) ** 2);
    now.forEach((point, one) => line([trails.points[at][one], point]));
  });
  use("--ink", 2);
  arrows(pull.map((way, at) => [fakes[at], way]), 0.16).forEach(line);
  dots(fakes, "--fake", 6);
}

/** The strokes of arrows, each from a point along a direction; the longest is so long. */
function arrows(all, longest) {
  const most = Math.max(...all.map(([, way]) => Math.hypot(...way)), 1e-12);
  return all.flatMap(([[x, y], [dx, dy]]) => {
    const [length, angle] = [longest * Math.sqrt(Math.hypot(dx, dy) / most), Math.atan2(dy, dx)];
    const to = [x + length * Math.cos(angle), y + length * Math.sin(angle)];
    const barb = (turn) => [to[0] - 0.3 * length * Math.cos(angle + turn), to[1] - 0.3 * length * Math.sin(angle + turn)];
    return [[[x, y], to], [barb(0.5), to, barb(-0.5)]];
  });
}

// ---- What one chooses ----

function settings(frame, act) {
  const one = (key, legend, options) => choose(`plane ${key}`, legend, options, rules[key], (value) => {
    rules = { ...rules, [key]: value };
    act.redraw();
  });
  const sit = () => {
    sketch = drawing(frame, act);
    act.redraw().then(() => sketch?.querySelector("canvas").focus());
  };
  const yours = drawn.length > 0 || rules.data === "drawn" ? [["drawn", "drawn by you"]] : [];
  return section(null, "The rules", null, one("data", "Real points", [["ring", "a ring"], ["grid", "a grid"], ...yours]),
    one("objective", "Objective", ["non-saturating", "wasserstein", "hinge", "least-squares"]),
    one("update", "The players move", [["alternating", "in turn"], ["simultaneous", "at once"]]),
    one("penalty", "Penalty on D’s gradient", [[true, "with"], [false, "without"]]),
    choices(button("plane begin", frame.plane ? "begin anew" : "begin", () => begin(frame, act), { class: "first" }),
      button("plane draw", "draw your own points", sit),
      frame.plane && button("leave", "leave the plane", () => act.command({ do: "leave" }))),
    p(soft("Your own game begins anew when you leave.")));
}

function begin({ plane }, act) {
  const { data, ...others } = rules;
  const from = data === "drawn" ? { points: drawn.length > 0 ? drawn : plane?.reals } : { data };
  return act.command({ do: "plane", ...from, ...others });
}

/** Points of one's own, by pen or by keys. Made once: a canvas under somebody's pen must not be replaced. */
function drawing(frame, act) {
  let points = [...drawn];
  const told = cap();
  const pad = drawingBoard(CELLS, CELLS, SIDE / CELLS, { class: "plane easel", "data-key": "plane canvas",
    "aria-label": "The plane: arrow keys move, space puts a point", "aria-describedby": "plane-how" }, {
    begin() {}, end() {},
    stroke(from, to, event) {
      const near = () => (event.key ? 0 : (Math.random() + Math.random() - 1) * 0.6); // a pen sprays
      const [x, y] = to.map((at) => clamp((2 * (at + near())) / CELLS - 1, -1, 1).toFixed(3));
      if (points.length < MOST) points.push([Number(x), -y]);
      pad.draw();
    },
    show(context) {
      pencil(context).dots(points, "--real", 5);
      told.textContent = `${plural(points.length, "point")} of at most ${MOST}.`;
    },
    tell([column, row]) {
      const [x, y] = [column, CELLS - 1 - row].map((at) => num((2 * at + 1) / CELLS - 1, 2));
      act.hear(`x ${x}, y ${y}; ${plural(points.length, "point")}`);
    } });
  const leave = () => { sketch = null; return act.redraw(); };
  const use = () => {
    if (points.length === 0) return act.say("Nothing is drawn yet.");
    [drawn, rules] = [points, { ...rules, data: "drawn" }];
    return begin(frame, act).then(leave);
  };
  pad.draw();
  return section("flow wide", "Draw the real points", "G will learn to put its own there", pad.canvas, told,
    howTo("plane-how", "puts a point", "puts them along"),
    choices(button("plane use", "begin with these", use, { class: "first" }),
      button("plane clear", "clear", () => { points = []; pad.draw(); }), button("plane back", "back", leave)));
}

// ---- The Dirac-GAN ----

const WAYS = { rest: "It is drawn in, and comes to rest at (0, 0)", aside: "It comes to rest, but elsewhere",
  near: "It spirals in, ever more slowly", around: "It circles around (0, 0) and never comes to rest",
  out: "It moves outward: each round is wider than the last" };

/** Where a game goes: by how far it still moves in its last third, and by its largest distance there and before. */
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
  const told = () => {
    const way = wayOf(played);
    const said = guesses.get(path);
    return `${said === (way === "rest") ? "✓ You were right." : `✗ You had said ${said ? "yes" : "no"}.`} ${WAYS[way]}. ` +
      `After ${plural(played.steps, "step")} it is ${num(played.distance, 2)} away from (0, 0).`;
  };
  const say = (key, yes) => button(`dirac ${key}`, key, () => {
    guesses.set(path, yes);
    act.hear(told());
    act.redraw();
  });
  return section(null, "The smallest game", "Dirac-GAN, by the same rules",
    p("G is one number θ: it draws the point θ. D is one number ψ: its score of a point x is ψ·x. All real data are 0. ",
      "At (0, 0) neither can do better."),
    played?.refused && p(soft(played.refused)),
    played?.points && [field(played, guess !== undefined && WAYS[wayOf(played)]), guess !== undefined ? p(told()) : [
      h("p", { class: "question" }, `It begins at (1, 1). Will it rest at (0, 0) after ${played.steps} steps?`),
      choices(say("yes", true), say("no", false))]],
    formula("x = 0 real, x = θ generated, D(x) = ψ·x"), code(`GET /api/${path}`));
}

/** Where θ and ψ go from each place; `told`, what became of the game, shows its path. */
function field({ field, points }, told) {
  const line = (kind, points) => svg("polyline", { class: kind, points: points.map(([x, y]) =>
    `${(150 + 70 * x).toFixed(1)},${(150 - 70 * y).toFixed(1)}`).join(" ") });
  return pic(draw.chart(300, 300, told || "Arrows: where θ and ψ go from each place", "cut dirac",
    draw.level("axis", 0, 300, 150), draw.upright("axis", 150, 0, 300),
    arrows(field.map(([x, y, dx, dy]) => [[x, y], [dx, dy]]), 0.36).map((stroke) => line("field", stroke)),
    told && line("path", points.filter((point) => point.every(Number.isFinite))),
    svg("circle", { class: "goal", cx: 150, cy: 150, r: 5 }), svg("circle", { cx: 220, cy: 80, r: 4 }),
    draw.word("g", 288, 144, "θ"), draw.word("d", 160, 14, "ψ")));
}
