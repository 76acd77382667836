// Pictures: digits and heat maps on canvas, histograms and curves as SVG. Nothing here knows of panels.

import { clamp, h, mean, svg, num } from "./dom.js";

export const bytes = (base64) => Uint8Array.from(atob(base64 ?? ""), (letter) => letter.charCodeAt(0));
export const base64 = (all) => btoa(String.fromCharCode(...all));

/** The images of a base64 string, one after the other. */
export function images(base64, [height, width, channels]) {
  const all = bytes(base64);
  const size = height * width * channels;
  return Array.from({ length: Math.floor(all.length / size) }, (_, image) => all.subarray(image * size, (image + 1) * size));
}

/** A canvas of which `colour(at)` gives each pixel as `[red, green, blue]`. */
function canvas(width, height, label, colour, props) {
  const element = h("canvas", { width, height, role: "img", "aria-label": label, class: "digit", ...props });
  const context = element.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let at = 0; at < width * height; at += 1) picture.data.set([...colour(at), 255], at * 4);
  context.putImageData(picture, 0, 0);
  return element;
}

/** Where a pointer is on a picture of so many columns and rows: `[x, y]`, in these. */
export function placeOf({ clientX, clientY }, element, columns, rows) {
  const box = element.getBoundingClientRect();
  return [((clientX - box.left) / box.width) * columns, ((clientY - box.top) / box.height) * rows];
}

/** Where a click was: the number of that cell, row by row. */
export function cellOf(event, rows, columns) {
  const [x, y] = placeOf(event, event.currentTarget, columns, rows).map(Math.floor);
  return clamp(y, 0, rows - 1) * columns + clamp(x, 0, columns - 1);
}

/** One image of 1 or 3 channels. */
export const digit = (pixels, [height, width, channels], label) => canvas(width, height, label, (at) =>
  (channels === 3 ? pixels.subarray(at * 3, at * 3 + 3) : [pixels[at], pixels[at], pixels[at]]));

/** Draws a soft round stroke on an image, or takes it away; its ends are in the image's pixels. */
export function stroke(pixels, [, width, channels], [x0, y0], [x1, y1], radius, erase) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  pixels.forEach((was, at) => {
    const place = Math.floor(at / channels);
    const [x, y] = [(place % width) + 0.5 - x0, Math.floor(place / width) + 0.5 - y0];
    const along = clamp((x * dx + y * dy) / (dx * dx + dy * dy || 1), 0, 1);
    const ink = 255 * clamp(radius - Math.hypot(x - along * dx, y - along * dy), 0, 1);
    pixels[at] = erase ? Math.min(was, 255 - ink) : Math.max(was, ink);
  });
}

/** A colour of the page, such as `--real`. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** From −1, blue, over 0, the paper's white, to +1, orange. */
function diverging() {
  const [zero, below, above] = ["--zero", "--real", "--fake"].map((name) =>
    colour(name).match(/\w\w/g).map((two) => Number.parseInt(two, 16)));
  const share = (x) => Math.min(1, Math.abs(x)) ** 0.7; // so that small numbers are seen
  return (x) => zero.map((from, channel) => from + ((x < 0 ? below : above)[channel] - from) * share(x));
}

const furthest = (values) => values.reduce((most, x) => Math.max(most, Math.abs(x ?? 0)), 0);

/** A heat map: orange is above zero, blue below; the strongest colour is `limit`, or the largest number in it. */
export function heat(values, rows, columns, label, { limit = furthest(values), ...props } = {}) {
  const shade = diverging();
  return canvas(columns, rows, label, (at) => shade(limit > 0 ? (values[at] ?? 0) / limit : 0), { class: "heat", ...props });
}

/** What each pixel of an image is: the mean of `of` over its channels' places. */
const pixelwise = (length, channels, of) => Array.from({ length: length / channels }, (_, at) =>
  mean(Array.from({ length: channels }, (_, channel) => of(at * channels + channel))));

/** Signed bytes of an image (128: nothing) as numbers from −1 to 1, one a pixel. */
export const signedPixels = (pixels, channels) => pixelwise(pixels.length, channels, (at) => (pixels[at] - 128) / 127);

/** What one image has more than another, one a pixel, in bytes. */
export const difference = (after, before, channels) => pixelwise(after.length, channels, (at) => after[at] - before[at]);

/** Maps of signed bytes side by side, `columns` in a row; a line parts those that are larger than a point. */
export function maps({ height, width, count, bytes: packed }, columns, label, props) {
  const size = height * width;
  const gap = size > 1 ? 1 : 0;
  const [rows, wide] = [Math.ceil(count / columns) * (height + gap), columns * (width + gap)];
  const values = new Array(rows * wide).fill(0);
  signedPixels(bytes(packed), 1).forEach((x, at) => {
    const [map, place] = [Math.floor(at / size), at % size];
    const row = Math.floor(map / columns) * (height + gap) + Math.floor(place / width);
    values[row * wide + (map % columns) * (width + gap) + (place % width)] = x;
  });
  const picture = heat(values, rows, wide, label, { limit: 1, class: "maps", ...props });
  picture.style.imageRendering = wide > 90 ? "auto" : "pixelated"; // what is shrunk must be smoothed
  return picture;
}

// ---- Charts ----

const LEFT = 8;

/** A diagram of this size, in its own units. */
export const chart = (width, height, label, kind, ...children) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: kind }, ...children);

export const level = (kind, x1, x2, y) => svg("line", { class: kind, x1, x2, y1: y, y2: y });
export const upright = (kind, x, y1, y2) => svg("line", { class: kind, x1: x, x2: x, y1, y2 });
const box = (kind, x, y, width, height) => svg("rect", { class: kind, x, y, width, height });
export const word = (kind, x, y, text) => svg("text", { class: kind, x, y }, text);

/** Small bars above and below a line, such as a latent vector. */
export function bars(values, label) {
  const wide = 8;
  const high = (x) => Math.max(0.75, (Math.abs(x) / Math.max(1e-9, furthest(values))) * 23);
  return chart(values.length * wide, 48, label, "bars", level("axis", 0, values.length * wide, 24),
    values.map((x, at) => box(null, at * wide + 0.5, x >= 0 ? 24 - high(x) : 24, wide - 1.5, high(x))));
}

/** Round places for an axis from `low` to `high`, some four of them. */
function ticks(low, high) {
  const rough = (high - low) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const by = [1, 2, 5, 10].map((factor) => factor * power).find((by) => by >= rough);
  const [first, last] = [Math.ceil(low / by), Math.floor(high / by + 1e-6)];
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * by || 0);
}

/** Histograms over each other: `series` is `[{class, counts}]` on the same bins from `from` to `to`, with a line at 0. */
export function histogram(series, from, to, label, width, height) {
  const most = Math.max(1, ...series.flatMap((one) => one.counts));
  const x = (value) => LEFT + ((value - from) / (to - from || 1)) * (width - 2 * LEFT);
  const base = height - 22;
  const wide = (width - 2 * LEFT) / series[0].counts.length;
  return chart(width, height, label, "chart", level("axis", LEFT, width - LEFT, base),
    from < 0 && to > 0 && upright("coin", x(0), 4, base),
    series.map((one) => one.counts.map((n, bin) => {
      const high = (n / most) * (base - 10);
      return n > 0 && box(one.class, LEFT + bin * wide + 1, base - high, Math.max(1, wide - 2), high);
    })), ticks(from, to).map((at) => word(null, x(at), height - 6, String(Number(at.toPrecision(3))).replace("-", "−"))));
}

/** Numbers sorted into bins over a range that all of the lists share. */
export function sortIntoBins(lists, bins = 21) {
  const all = lists.flat().filter(Number.isFinite);
  const [from, to] = [Math.min(-1, ...all), Math.max(1, ...all)];
  const bin = (x) => Math.min(bins - 1, Math.floor(((x - from) / (to - from)) * bins));
  const counts = lists.map((list) => Array.from({ length: bins }, (_, at) => list.filter((x) => bin(x) === at).length));
  return { from, to, counts };
}

/**
 * Lines over steps: `lines` is `[{class, name, now, values}]` along `steps` (no name: no label), `marks` is `[{at, text}]`,
 * each a dashed line. A value that is no number leaves a gap. Labels at the right keep clear of each other.
 */
export function curves(steps, lines, marks, label, width, height) {
  // A few outliers, such as those of the first steps, must not press all else flat: they are cut off.
  const sorted = lines.flatMap((line) => line.values).filter(Number.isFinite).sort((a, b) => a - b);
  const usual = sorted.length > 0 ? [0.01, 0.99].map((share) => sorted[Math.round(share * (sorted.length - 1))]) : [0, 1];
  const seen = [...usual, ...[...marks.map((mark) => mark.at), ...lines.map((line) => line.now)].filter(Number.isFinite)];
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const [first, last, right] = [steps[0] ?? 0, steps.at(-1) ?? 1, width - 84];
  const x = (step) => LEFT + ((step - first) / (last - first || 1)) * (right - LEFT);
  const y = (value) => 12 + (1 - (value - low) / (high - low || 1)) * (height - 44);
  const end = (kind, at, text) => ({ class: `end ${kind}`, text, y: y(at ?? low) });
  const named = lines.filter((line) => line.name).map((line) => [line, line.now ?? line.values.at(-1)]);
  const labels = [...named.map(([line, at]) => end(line.class, at, `${line.name} ${num(at, 2)}`)),
    ...marks.map(({ at, text }) => end("", at, text))].filter((one) => Number.isFinite(one.y)).sort((a, b) => a.y - b.y);
  labels.forEach((one, at) => { if (at > 0) one.y = Math.max(one.y, labels[at - 1].y + 13); });
  const over = (labels.at(-1)?.y ?? 0) - (height - 22);
  if (over > 0) labels.reduceRight((below, one) => (one.y = Math.min(one.y, below - 13)), height - 9);
  const line = (one) => pieces(steps, one.values, x, y).map((points) => svg("polyline", { class: one.class, points }));
  return chart(width, height, label, "chart", marks.map((mark) => level("coin", LEFT, right, y(mark.at))),
    svg("svg", { class: "cut", x: 0, y: 6, width: right + 1, height: height - 32 },
      svg("g", { transform: "translate(0 -6)" }, lines.map(line))),
    labels.map((one) => word(one.class, right + 6, one.y + 4, one.text)),
    word("start", LEFT, height - 4, `step ${first}`), word("stop", right, height - 4, String(last)));
}

/** The mean of each value and of so many before it. */
export const smooth = (values, over) => values.map((value, at) => (!Number.isFinite(value) ? value :
  mean(values.slice(Math.max(0, at - over + 1), at + 1).filter(Number.isFinite))));

/** The points of a line, in pieces that have no gap. */
function pieces(steps, values, x, y) {
  const point = (value, at) => (Number.isFinite(value) ? `${x(steps[at]).toFixed(1)},${y(value).toFixed(1)} ` : "|");
  return values.map(point).join("").split("|").filter(Boolean);
}
