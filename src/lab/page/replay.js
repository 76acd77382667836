// The page's way to a recording: in its place, what api.js is to a running lab. The moments are in the page itself.

export const live = false;
const moments = JSON.parse(document.getElementById("moments").textContent);
const ONLY_LIVE = "A recording does not know this. Ask a running lab: twoplayer lab";
const ALWAYS = ["trained", "cards"]; // known at every moment
const BEAT = 400; // milliseconds a step while it plays

let place = 0; // the moment that is shown
let playing = null; // the timer
let number = 0;
let wake = () => {};

/** What comes after `#`; a recording needs no token. */
export function readAddress() {
  return { token: "recording", parts: new URLSearchParams(location.hash.slice(1).split("&").slice(1).join("&")) };
}

/** Why something cannot be done. */
export class Refusal extends Error {
  gone = false;
}

export async function get(path) {
  const answer = moments[place][path] ?? moments[place][path.split("?")[0]] ?? moments[0][ALWAYS.includes(path) ? path : ""];
  if (answer === undefined) throw new Refusal(ONLY_LIVE);
  return answer;
}

export async function post() {
  throw new Refusal(ONLY_LIVE);
}
export const take = post;
const isStep = (moment) => moment.frame.at.moment.kind === "step";
const next = (wanted) => {
  const found = moments.findIndex((moment, at) => at > place && wanted(moment));
  if (found < 0) throw new Refusal("The recording ends here.");
  return found;
};

const show = (there) => (place = there, wake());
const pause = () => (clearInterval(playing), playing = null);

export async function command(what) {
  const wasPlaying = playing !== null;
  pause();
  if (what.do === "pause") return wasPlaying ? show(place) : undefined;
  if (what.do === "step") return show(next(isStep));
  if (["operation", "phase", "turn"].includes(what.do)) return show(next(() => true));
  if (what.do === "restart" && what.seed === undefined) return show(0);
  if (["back", "to"].includes(what.do)) {
    const { step, event = 0 } = what;
    const there = moments.findIndex(({ frame: { at } }) => at.step > step || (at.step === step && (at.event ?? 0) >= event));
    return show(there < 0 ? moments.length - 1 : there);
  }
  if (what.do !== "play") throw new Refusal(ONLY_LIVE);
  show(next(isStep));
  playing = setInterval(() => {
    try {
      show(next(isStep));
    } catch {
      pause();
      show(place);
    }
  }, BEAT);
}

/** Draws every moment that is gone to. */
export async function follow(draw, trouble) {
  trouble(null);
  for (;;) {
    const woken = new Promise((done) => { wake = done; });
    const { frame } = moments[place];
    const last = moments.at(-1).frame.at.step;
    number += 1;
    draw({ ...frame, number, at: { ...frame.at, playing: playing !== null, oldest: 0, newest: last } });
    await woken;
  }
}
