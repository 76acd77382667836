// What the page asks of the server. The token comes from the address and is sent as a header, nowhere else.

/** Whether there is an engine behind the page; behind a recording there is none. */
export const live = true;

/** The address after `#`: the token, then `&name=value` parts. */
export function readAddress() {
  const [token, ...parts] = location.hash.slice(1).split("&");
  return { token, parts: new URLSearchParams(parts.join("&")) };
}

/** Why the server did not do what was asked. `gone`: there was no answer; `barred`: the token is wrong. */
export class Refusal extends Error {
  constructor(message, { gone = false, barred = false } = {}) {
    super(message);
    this.gone = gone;
    this.barred = barred;
  }
}

const GONE = "The lab does not answer. Is `twoplayer lab` still running? The page tries again by itself.";
const BARRED = "This address has no valid token. Open the address that `twoplayer lab` printed.";

async function ask(path, options = {}, read = (answer) => answer.json()) {
  let answer;
  try {
    const headers = { ...options.headers, Authorization: `Bearer ${readAddress().token}` };
    answer = await fetch(path, { ...options, cache: "no-store", headers });
  } catch {
    throw new Refusal(GONE, { gone: true });
  }
  if (answer.status === 204) return null;
  if (answer.status === 401) throw new Refusal(BARRED, { barred: true });
  const body = await (answer.ok ? read(answer) : answer.json()).catch(() => null);
  if (!answer.ok) throw new Refusal(body?.error ?? `The lab answered with status ${answer.status}.`);
  return body;
}

export const get = (path) => ask(`/api/${path}`);

export const post = (path, what) =>
  ask(`/api/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });

export const command = (what) => post("command", what);

/** Has the browser keep an answer as a file of this name. */
export async function take(path, name) {
  const href = URL.createObjectURL(await ask(`/api/${path}`, {}, (answer) => answer.blob()));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

const PAUSE = 60; // milliseconds between two pictures while it plays: the engine needs the processor more than the eye
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const painted = () => new Promise((done) => requestAnimationFrame(done));

/** Draws the newest frame, again and again: the next one is asked for when the last is on the screen, so a slow page slows
 *  nothing down. `trouble` gets a line while the server is gone, and null when it is back. */
export async function follow(draw, trouble) {
  let [after, delay] = [0, 500];
  for (;;) {
    try {
      const frame = await get(`frame?after=${after}`);
      trouble(null);
      delay = 500;
      if (!frame) continue;
      after = frame.number;
      draw(frame);
      await painted();
      if (frame.at.playing) await wait(PAUSE);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      trouble(refusal.message);
      await wait(delay);
      delay = Math.min(delay * 2, 5000);
    }
  }
}
