// The foot: where the game goes on, how fast, and back. It is built once and then kept up to date.

import { h, code } from "./dom.js";
import { PHASES, player, progress } from "./words.js";

const MOVES = [
  ["back", "◀ back", "b", "one step back, exactly"],
  ["play", "▶ play", "space", "play, or pause"],
  ["operation", "operation", ".", "to the next operation, adjoint or update"],
  ["phase", "phase", "p", "to the next phase's begin or end"],
  ["turn", "turn", "t", "to the end of this player's turn"],
  ["step", "step ▶", "s", "to the end of the next step"],
];

const SPEEDS = [[1, "1 step a second"], [2, "2 steps a second"], [5, "5 steps a second"], [10, "10 steps a second"],
  [30, "30 steps a second"], [0, "as fast as it goes"]];

/** The command of a move, from where the game stands. */
export function commandOf(move, { at }) {
  if (move === "play") return { do: at.playing ? "pause" : "play" };
  if (move !== "back") return { do: move };
  // Within a step, back is to where the step began.
  const to = at.moment.kind === "step" ? at.step - 1 : at.step;
  return to >= at.oldest ? { do: "back", step: to } : null;
}

/** Which move a key stands for. */
export const moveOf = (key) => MOVES.find(([, , shortcut]) => shortcut === (key === " " ? "space" : key))?.[0];

/** Fills the foot and gives a function that brings it up to date with a frame. `act.move` and `act.command` do things. */
export function build(foot, act) {
  const keys = Object.fromEntries(MOVES.map(([move, text, key, title]) => [move, h("button",
    { type: "button", class: move, title: `${title} (${key})`, "aria-keyshortcuts": key === "space" ? "Space" : key,
      onclick: () => act.move(move) },
    text, " ", code(key))]));
  const phases = {};
  const turns = Object.keys(PHASES).map((network) => {
    phases[network] = PHASES[network].map(([, name]) => h("li", {}, name));
    return h("div", { class: `turn ${player(network)}` }, h("span", {}, `${player(network)}’s turn`),
      h("ol", { "aria-label": `Phases of ${player(network)}’s turn` }, phases[network]));
  });

  const [oldest, newest, chosen] = ["span", "span", "output"].map((tag) => h(tag));
  let held = false; // somebody has the slider in hand
  let timer = 0;
  const slider = h("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Go to a step",
    oninput: () => [held, chosen.textContent] = [true, `to step ${slider.value}`],
    onchange: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const step = Number(slider.value);
        release();
        act.command({ do: "back", step });
      }, 250); // one command for several arrow keys
    },
    onpointerup: () => setTimeout(release, 600) });
  const release = () => [held, chosen.textContent] = [false, ""];

  const speed = h("select", { "aria-label": "Speed", onchange: () => act.command({ do: "speed", steps_per_second: Number(speed.value) }) },
    h("option", { value: "", disabled: true, selected: true }, "speed"), SPEEDS.map(([value, text]) => h("option", { value }, text)));

  const seed = h("input", { type: "number", min: 0, step: 1, value: 0, "aria-label": "Seed",
    onkeydown: (event) => event.key === "Enter" && restart({ seed: Number(seed.value) }) });
  const again = h("button", { type: "button", onclick: () => restart({}) });
  const menu = h("details", { class: "restart", onkeydown: (event) => event.key === "Escape" && close() },
    h("summary", {}, "restart"),
    h("div", {}, again, h("label", {}, "or with seed ", seed),
      h("button", { type: "button", onclick: () => restart({ seed: Number(seed.value) }) }, "begin anew")));
  const close = () => (menu.open = false, menu.firstChild.focus());
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  function restart(how) {
    if (!Number.isSafeInteger(how.seed ?? 0) || (how.seed ?? 0) < 0) return act.say("A seed is a whole number, 0 or more.");
    close();
    return act.command({ do: "restart", ...how });
  }

  foot.append(h("div", { class: "keys", role: "group", "aria-label": "Play" }, Object.values(keys)),
    h("div", { class: "phases" }, turns),
    h("div", { class: "time" }, oldest, slider, newest, chosen, speed, menu));

  let run, pace; // the seed and the speed, as they were last heard of
  return (frame) => {
    const { at } = frame;
    if (at.speed !== pace) speed.value = SPEEDS.some(([value]) => value === at.speed) ? at.speed : "";
    pace = at.speed;
    keys.play.firstChild.data = at.playing ? "❚❚ pause" : "▶ play";
    keys.back.disabled = commandOf("back", frame) === null;
    const marks = progress(frame);
    for (const [network, items] of Object.entries(phases)) items.forEach((item, index) => {
      item.className = marks[network][index];
      item.setAttribute("aria-current", marks[network][index].includes("now") ? "step" : "false");
    });
    oldest.textContent = `step ${at.oldest}`;
    newest.textContent = String(at.newest);
    if (!held) Object.assign(slider, { min: at.oldest, max: at.newest, value: at.step });
    slider.disabled = at.newest <= at.oldest;
    slider.setAttribute("aria-valuetext", `step ${slider.value}`);
    if (run === frame.run.seed) return;
    run = frame.run.seed;
    again.textContent = `the same again: seed ${run}`;
    seed.value = run + 1;
  };
}

/** All shortcuts, for the help. */
export const SHORTCUTS = [...MOVES.map(([, , key, what]) => [key, what]), ["1–8", "the panels, from the first to the last"], ["?", "this help"]];
