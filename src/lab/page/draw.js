// Pictures: digits and heat maps on canvas, histograms and curves as SVG. Nothing here knows of panels.

import { h, svg, num } from "./dom.js";

/** The bytes of a base64 string. */
export function bytes(base64) {
  const letters = atob(base64 ?? "");
  const all = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) all[at] = letters.charCodeAt(at);
  return all;
}

export const base64 = (all) => btoa(String.fromCharCode(...all));

/** The images of an array of bytes, one after the other. */
export function images(base64, [height, width, channels]) {
  const all = typeof base64 === "string" ? bytes(base64) : base64;
  const size = height * width * channels;
  return Array.from({ length: Math.floor(all.length / size) }, (_, image) => all.subarray(image * size, (image + 1) * size));
}

/** A canvas of which `colour(row, column)` gives each pixel as `[red, green, blue]`. */
function canvas(width, height, label, colour, props) {
  const element = h("canvas", { width, height, role: "img", "aria-label": label, class: "digit", ...props });
  const context = element.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let at = 0; at < width * height; at += 1) {
    picture.data.set([...colour(at), 255], at * 4);
  }
  context.putImageData(picture, 0, 0);
  return element;
}

/** Where a click on a picture of so many rows and columns was: `[row, column]`. */
export function cellOf(event, rows, columns) {
  const box = event.currentTarget.getBoundingClientRect();
  const at = (share, of) => Math.min(of - 1, Math.max(0, Math.floor(share * of)));
  return [at((event.clientY - box.top) / box.height, rows), at((event.clientX - box.left) / box.width, columns)];
}

/** One image of 1 or 3 channels. */
export function digit(pixels, [height, width, channels], label) {
  return canvas(width, height, label, (at) =>
    channels === 3 ? pixels.subarray(at * 3, at * 3 + 3) : [pixels[at], pixels[at], pixels[at]]);
}

/** Puts a soft round dot on an image, or takes it away; `x` and `y` are in its pixels. */
export function dot(pixels, [height, width, channels], x, y, radius, erase) {
  for (let row = Math.max(0, Math.floor(y - radius)); row < Math.min(height, y + radius); row += 1) {
    for (let column = Math.max(0, Math.floor(x - radius)); column < Math.min(width, x + radius); column += 1) {
      const ink = 255 * Math.min(1, Math.max(0, radius - Math.hypot(column + 0.5 - x, row + 0.5 - y)));
      for (let at = (row * width + column) * channels, end = at + channels; at < end; at += 1) {
        pixels[at] = erase ? Math.min(pixels[at], 255 - ink) : Math.max(pixels[at], ink);
      }
    }
  }
}

/** A colour of the page, such as `--real`. */
export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const hex = (name) => {
  const text = colour(name).slice(1);
  return [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 16));
};

/** From −1, blue, over 0, the paper's white, to +1, orange. */
function diverging() {
  const [zero, below, above] = ["--zero", "--real", "--fake"].map(hex);
  return (x) => {
    const end = x < 0 ? below : above;
    const share = Math.min(1, Math.abs(x)) ** 0.7; // so that small numbers are seen
    return zero.map((from, channel) => from + (end[channel] - from) * share);
  };
}

/** A heat map: orange is above zero, blue below; the strongest colour is `limit`, or the largest number in it. */
export function heat(values, rows, columns, label, { limit, ...props } = {}) {
  const most = limit ?? values.reduce((most, x) => Math.max(most, Math.abs(x ?? 0)), 0);
  const shade = diverging();
  return canvas(columns, rows, label, (at) => shade(most > 0 ? (values[at] ?? 0) / most : 0), { class: "heat", ...props });
}

/** What each pixel of an image is: the mean of `of` over its channels' places. */
const pixelwise = (length, channels, of) => Array.from({ length: length / channels }, (_, at) => {
  let sum = 0;
  for (let place = at * channels; place < (at + 1) * channels; place += 1) sum += of(place);
  return sum / channels;
});

/** Signed bytes of an image (128: nothing) as numbers from −1 to 1, one a pixel. */
export const signedPixels = (pixels, channels) => pixelwise(pixels.length, channels, (at) => (pixels[at] - 128) / 127);

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

/** What one image has more than another, one a pixel, in bytes. */
export const difference = (after, before, channels) => pixelwise(after.length, channels, (at) => after[at] - before[at]);

/** Small bars above and below a line, such as a latent vector. */
export function bars(values, label) {
  const most = Math.max(1e-9, ...values.map(Math.abs));
  const wide = 8;
  return svg("svg", {
    viewBox: `0 0 ${values.length * wide} 48`, class: "bars", preserveAspectRatio: "xMinYMid", role: "img", "aria-label": label },
    svg("line", { class: "axis", x1: 0, x2: values.length * wide, y1: 24, y2: 24 }),
    values.map((x, at) => {
      const high = Math.max(0.75, (Math.abs(x) / most) * 23);
      return svg("rect", { x: at * wide + 0.5, y: x >= 0 ? 24 - high : 24, width: wide - 1.5, height: high, rx: 1 });
    }));
}

const LEFT = 8;

/** Round places for an axis from `low` to `high`, some four of them. */
export function ticks(low, high) {
  const rough = (high - low) / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const by = [1, 2, 5, 10].map((factor) => factor * power).find((by) => by >= rough);
  const marks = [];
  for (let at = Math.ceil(low / by) * by; at <= high + by * 1e-6; at += by) marks.push(Math.abs(at) < by * 1e-6 ? 0 : at);
  return marks;
}

const tickText = (x) => String(Number(x.toPrecision(3))).replace("-", "−");

/** Histograms over each other: `series` is `[{class, counts}]` on the same bins from `from` to `to`. */
export function histogram(series, from, to, label, { width = 520, height = 150, zero = false } = {}) {
  const bins = series[0].counts.length;
  const most = Math.max(1, ...series.flatMap((one) => one.counts));
  const x = (value) => LEFT + ((value - from) / (to - from || 1)) * (width - 2 * LEFT);
  const base = height - 22;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "chart" },
    svg("line", { class: "axis", x1: LEFT, x2: width - LEFT, y1: base, y2: base }),
    zero && from < 0 && to > 0 && svg("line", { class: "coin", x1: x(0), x2: x(0), y1: 4, y2: base }),
    series.map((one) => one.counts.map((n, bin) => {
      if (n === 0) return null;
      const wide = (width - 2 * LEFT) / bins;
      const high = (n / most) * (base - 10);
      return svg("rect", { class: one.class, x: LEFT + bin * wide + 1, y: base - high, width: Math.max(1, wide - 2), height: high });
    })),
    ticks(from, to).map((at) => svg("text", { x: x(at), y: height - 6 }, tickText(at))));
}

/** Numbers sorted into `bins` bins over a range that all of them share. */
export function sortIntoBins(lists, bins = 21) {
  const all = lists.flat().filter(Number.isFinite);
  const low = Math.min(-1, ...all);
  const high = Math.max(1, ...all);
  const sorted = lists.map((list) => {
    const counts = new Array(bins).fill(0);
    for (const x of list) if (Number.isFinite(x)) counts[Math.min(bins - 1, Math.floor(((x - low) / (high - low)) * bins))] += 1;
    return counts;
  });
  return { from: low, to: high, counts: sorted };
}

/**
 * Lines over steps: `lines` is `[{class, name, now, values}]` along `steps` (no name: no label), `marks` is `[{at, text}]`,
 * each a dashed line.
 * A value that is no number leaves a gap. Labels at the right keep clear of each other.
 */
export function curves(steps, lines, marks, label, { width = 520, height = 150 } = {}) {
  // A few outliers, such as those of the first steps, must not press all else flat: they are cut off.
  const sorted = lines.flatMap((line) => line.values).filter(Number.isFinite).sort((a, b) => a - b);
  const usual = sorted.length > 0 ? [0.01, 0.99].map((share) => sorted[Math.round(share * (sorted.length - 1))]) : [];
  const finite = [...usual, ...[...marks.map((mark) => mark.at), ...lines.map((line) => line.now)].filter(Number.isFinite)];
  const low = finite.length > 0 ? Math.min(...finite) : 0;
  const high = finite.length > 0 ? Math.max(...finite) : 1;
  const right = width - 84;
  const first = steps[0] ?? 0;
  const last = steps.at(-1) ?? 1;
  const x = (step) => LEFT + ((step - first) / (last - first || 1)) * (right - LEFT);
  const y = (value) => 12 + (1 - (value - low) / (high - low || 1)) * (height - 44);
  const labels = [
    ...lines.filter((line) => line.name).map((line) => {
      const now = line.now ?? line.values.at(-1);
      return { class: `end ${line.class}`, text: `${line.name} ${num(now, 2)}`, y: y(now ?? low) };
    }),
    ...marks.map((mark) => ({ class: "end", text: mark.text, y: y(mark.at) })),
  ].filter((one) => Number.isFinite(one.y)).sort((a, b) => a.y - b.y);
  labels.forEach((one, at) => { if (at > 0) one.y = Math.max(one.y, labels[at - 1].y + 13); });
  const over = (labels.at(-1)?.y ?? 0) - (height - 22);
  if (over > 0) labels.reduceRight((below, one) => (one.y = Math.min(one.y, below - 13)), height - 9);
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "chart" },
    marks.map((mark) => svg("line", { class: "coin", x1: LEFT, x2: right, y1: y(mark.at), y2: y(mark.at) })),
    svg("svg", { class: "cut", x: 0, y: 6, width: right + 1, height: height - 32 },
      svg("g", { transform: "translate(0 -6)" },
        lines.map((line) => pieces(steps, line.values, x, y).map((points) => svg("polyline", { class: line.class, points }))))),
    labels.map((one) => svg("text", { class: one.class, x: right + 6, y: one.y + 4 }, one.text)),
    svg("text", { class: "start", x: LEFT, y: height - 4 }, `step ${first}`),
    svg("text", { class: "stop", x: right, y: height - 4 }, String(last)));
}

/** The mean of each value and of so many before it. */
export function smooth(values, over) {
  return values.map((value, at) => {
    const near = values.slice(Math.max(0, at - over + 1), at + 1).filter(Number.isFinite);
    return Number.isFinite(value) ? near.reduce((a, b) => a + b, 0) / near.length : value;
  });
}

function pieces(steps, values, x, y) {
  const found = [[]];
  values.forEach((value, at) => {
    if (Number.isFinite(value)) found.at(-1).push(`${x(steps[at]).toFixed(1)},${y(value).toFixed(1)}`);
    else found.push([]);
  });
  return found.filter((points) => points.length > 0).map((points) => points.join(" "));
}
