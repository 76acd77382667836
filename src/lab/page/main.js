// The page's start: the panels, the address, the keyboard, and what is kept between two drawings.

import { command, follow, get, post, readAddress, Refusal, take } from "./api.js";
import * as clinic from "./clinic.js";
import { h } from "./dom.js";
import * as easel from "./easel.js";
import * as game from "./game.js";
import * as networks from "./networks.js";
import * as number from "./number.js";
import * as plane from "./plane.js";
import * as tape from "./tape.js";
import * as tours from "./tour.js";
import * as transport from "./transport.js";
import * as turn from "./turn.js";
import { crumbs, sentence } from "./words.js";

const panels = { game, turn, networks, tape, number, easel, clinic, plane };
const DEPTHS = { words: "Words", pictures: "Pictures", formulas: "Formulas", code: "Code" };
const at = (id) => document.getElementById(id);

/** What the page knows beside the frame: what is chosen, and what has been fetched. */
const view = {
  panel: "game", depth: "pictures",
  chart: 520, narrow: 304, // the width to draw charts for
  turn: null, turnFor: 0, turnAt: 0, turnStep: 0,
  tape: null, tapeFor: 0, pass: "", network: "", overviews: new Map(), open: new Map(),
  chosen: null, of: "value", node: null, place: "",
  asked: null, number: null, numberFor: 0, trail: [],
  cards: null, cases: null, guesses: new Map(), treated: null, stop: null,
};
let [frame, tour] = [null, null];

// ---- Drawing ----

let pressed = false; // somebody presses a button, which must stay until it is let go

/** Draws the open panel anew; what had the focus has it afterwards. */
function paint() {
  if (!frame || pressed) return;
  tour.update(frame, view);
  const main = at("panel");
  const had = document.activeElement;
  const key = main.contains(had) ? had.dataset.key : null;
  const caret = key && had.selectionStart;
  const scrolled = main.querySelector(".detail")?.scrollTop;
  main.className = `on-${view.panel}`;
  const drawn = panels[view.panel].render(frame, view, act).flat(Infinity).filter(Boolean);
  if (drawn.length !== main.children.length || drawn.some((one, index) => one !== main.children[index])) main.replaceChildren(...drawn);
  if (scrolled) main.querySelector(".detail")?.scrollTo(0, scrolled);
  const now = key && [...main.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key);
  if (key) (now ?? main).focus({ preventScroll: true });
  if (now && typeof caret === "number") now.setSelectionRange(caret, caret);
  document.body.dataset.depth = view.depth;
  for (const one of at("panels").children) one.setAttribute("aria-current", one.dataset.panel === view.panel ? "page" : "false");
  for (const one of at("depths").children) one.setAttribute("aria-pressed", one.dataset.depthChoice === view.depth);
  trail();
  address();
}

function trail() {
  const list = crumbs(frame, view.panel === "number" ? view.number : null);
  const old = at("crumbs");
  const text = list.map((crumb) => crumb.text + (crumb.title ?? "")).join(" › ");
  if (old.dataset.text === text) return;
  const key = old.contains(document.activeElement) ? [...old.querySelectorAll("button")].indexOf(document.activeElement) : -1;
  old.dataset.text = text;
  old.replaceChildren(...list.map((crumb) =>
    h("li", {}, h("button", { type: "button", title: crumb.title, onclick: () => act.panel(crumb.panel) }, crumb.text))));
  if (key >= 0) (old.querySelectorAll("button")[key] ?? old.querySelector("button")).focus();
}

let [loading, again] = [false, false];

/** Fetches what the open panel lacks, piece by piece, and draws after each. */
async function refresh() {
  again = true;
  if (loading || !frame) return;
  loading = true;
  await attempt(async () => {
    while (again) {
      again = false;
      while (await panels[view.panel].load?.(frame, view, get, post)) paint();
    }
  }).finally(() => { loading = false; });
}

// ---- What one can do ----

const redraw = () => (paint(), refresh());
const change = (what) => (Object.assign(view, what), redraw());

/** What `ask` gives, or nothing and a line that says why. */
async function attempt(ask) {
  try {
    return await ask();
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (!refusal.gone && !refusal.barred) act.say(refusal.message); // those are said already
    return null;
  }
}

const act = {
  /** Gives whether it is obeyed. */
  async command(what) {
    if (!what) return false;
    document.body.classList.add("waiting");
    const done = await attempt(() => command(what).then(() => true));
    if (done) act.say(null);
    if (!done || what.do === "speed") document.body.classList.remove("waiting"); // all others bring a frame
    return Boolean(done);
  },
  move: (move) => frame && act.command(transport.commandOf(move, frame)),
  panel(name) {
    if (!panels[name]) return;
    if (name !== view.panel) act.say(null);
    view.panel = name;
    document.title = `${panels[name].title} · twoplayer lab`;
    const done = redraw();
    at("panel").scrollTo(0, 0);
    return done.then(showNow);
  },
  depth: (depth) => change({ depth }),
  async toScope(scope) {
    view.open.set(`${scope} 1`, true);
    await act.panel("tape");
    const misses = tape.within(frame) && view.tape && !view.tape.nodes.some((node) => node.scope === scope);
    if (misses) act.say(`This tape has no operation of ${scope} yet. Go on until its player computes.`);
    else focusOn(`group ${scope} 1`);
  },
  open: (key, open) => change({ open: view.open.set(key, open) }),
  choose(index) {
    change({ chosen: index, node: null, place: "" });
    if (innerWidth < 900) focusOn("detail");
  },
  of: (of) => change({ of, node: null }),
  place: (text) => { view.place = text; },
  number(index, element) {
    if (view.asked) view.trail.push(view.asked);
    [view.asked, view.number] = [{ index, element }, null];
    act.panel("number");
  },
  numberBack: () => change({ asked: view.trail.pop() ?? null, number: null }),
  toNode: (index) => (Object.assign(view, { chosen: index, node: null }), act.panel("tape")),
  guess: (card, choice) => change({ guesses: view.guesses.set(card, choice) }),
  refresh,
  redraw,
  /** An answer of the server; `what` is sent along. */
  get: (path, what) => attempt(() => (what ? post(path, what) : get(path))),
  take: (path, name) => attempt(() => take(path, name)),
  /** A line for who listens. */
  hear(line) {
    clearTimeout(hearing);
    hearing = setTimeout(() => { at("heard").textContent = line; }, 400);
  },
  /** A line for everybody to see, or nothing. */
  say(line) {
    at("said").textContent = line ?? "";
    at("said").hidden = !line;
  },
};

function focusOn(key) {
  const element = [...at("panel").querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
}

/** Brings the operation at hand into view. */
const showNow = () => at("panel").querySelector("tr.now")?.scrollIntoView({ block: "nearest" });

// ---- The address, the keyboard, the screen ----

/** Keeps panel, depth and, while paused, step and moment in the address, so that it can be sent to somebody. */
let written = 0;
function address() {
  if (frame.at.playing && Date.now() - written < 1000) return;
  written = Date.now();
  const parts = [readAddress().token, `panel=${view.panel}`];
  if (!frame.at.playing) parts.push(`step=${frame.at.step}`, ...(frame.at.event > 0 ? [`event=${frame.at.event}`] : []));
  if (view.depth !== "pictures") parts.push(`depth=${view.depth}`);
  const hash = `#${parts.join("&")}`;
  if (hash !== location.hash) history.replaceState(null, "", hash);
}

/** Does what the address says: its panel, its depth, its moment if one can go there. */
function obey({ parts }) {
  if (panels[parts.get("panel")]) view.panel = parts.get("panel");
  if (DEPTHS[parts.get("depth")]) view.depth = parts.get("depth");
  if (!parts.has("step") || !frame) return;
  const [step, event] = ["step", "event"].map((name) => Number(parts.get(name)));
  if (step === frame.at.step && event === (frame.at.event ?? 0)) return;
  if (step >= frame.at.oldest && step <= frame.at.newest) act.command(event > 0 ? { do: "to", step, event } : { do: "back", step });
  else act.say(`The address asks for step ${step}, but this run can only go to steps ${frame.at.oldest} to ${frame.at.newest}.`);
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !frame) return;
  const { target } = event;
  if (target.matches("input:not([type=range]), select, textarea") || at("help").open) return;
  if (event.key === " " && target.matches("button, summary")) return; // it presses that button
  const move = transport.moveOf(event.key);
  const panel = Object.keys(panels)[Number(event.key) - 1];
  if (tour.key(event.key)) void 0;
  else if (move) act.move(move);
  else if (panel && event.key !== " ") act.panel(panel);
  else if (panels[view.panel].key?.(event.key)) void 0;
  else if (event.key === "?") at("help").showModal();
  else return;
  event.preventDefault();
}

function measure() {
  view.chart = innerWidth < 900 ? Math.min(520, innerWidth - 62) : 520;
  view.narrow = innerWidth < 900 ? view.chart : 304;
}

let [telling, hearing] = [0, 0]; // timers
/** What has changed, for who listens: only while paused, and not faster than one can hear. */
function tell(before) {
  clearTimeout(telling);
  if (frame.at.playing) {
    if (before && !before.at.playing) at("heard").textContent = "Playing.";
    return;
  }
  telling = setTimeout(() => {
    at("heard").textContent = `${sentence(frame)} ${frame.at.moment.kind === "step" ? frame.says : ""}`;
  }, 300);
}

function start() {
  const update = transport.build(at("foot"), act);
  obey(readAddress());
  measure();
  at("panels").append(...Object.entries(panels).map(([name, { title }], nth) => h("button",
    { type: "button", "data-panel": name, "aria-keyshortcuts": nth + 1, onclick: () => act.panel(name) }, title)));
  at("depths").append(...Object.entries(DEPTHS).map(([name, title]) =>
    h("button", { type: "button", "data-depth-choice": name, onclick: () => act.depth(name) }, title)));
  at("keys").append(...transport.SHORTCUTS.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]));
  tour = tours.build(at("tour"), act);
  at("open-tour").onclick = tour.begin;
  at("open-help").onclick = () => at("help").showModal();
  at("close-help").onclick = () => at("help").close();
  at("panel").addEventListener("pointerdown", ({ target }) => {
    pressed = view.panel !== "easel" && target.closest("button, label") !== null;
  });
  const release = () => { if (pressed) [pressed] = [false, setTimeout(paint)]; };
  for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, release);
  document.addEventListener("keydown", key);
  addEventListener("hashchange", () => { obey(readAddress()); redraw(); });
  addEventListener("resize", () => { measure(); paint(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);

  follow((next) => {
    const before = frame;
    frame = next;
    document.body.classList.remove("waiting");
    if (!before) obey(readAddress());
    update(frame);
    redraw().then(showNow);
    tell(before);
    clinic.watch(frame, view, act);
  }, (line) => {
    at("gone").textContent = line ?? "";
    at("gone").hidden = !line;
    document.body.classList.toggle("stale", Boolean(line));
  });
}

start();
