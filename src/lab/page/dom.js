// Small helpers that the panels share: elements, numbers as text, and what a server answers or refuses.

/** Makes an element. Text goes in as text nodes only; there is no way to pass markup or a style attribute. */
export const h = (tag, props = {}, ...children) => fill(document.createElement(tag), props, children);
export const svg = (tag, props = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const td = (kind, ...children) => h("td", { class: kind }, ...children);
export const span = (kind, ...children) => h("span", { class: kind }, ...children);
export const p = (...children) => h("p", {}, ...children);
export const small = (...children) => h("small", {}, ...children);
export const code = (...children) => h("code", { class: "code" }, ...children);
export const soft = (...children) => span("soft", ...children);
export const pic = (...children) => h("div", { class: "pic" }, ...children);
export const cap = (...children) => h("p", { class: "cap" }, ...children);
export const formula = (...children) => h("p", { class: "math formula" }, ...children);
export const choices = (...children) => h("div", { class: "choices" }, ...children);
export const key = (kind, text) => span(`key ${kind}`, text); // in the colour of what is `real` or `fake`

/** A section with its heading, and a note beside that. */
export const section = (kind, title, note, ...children) =>
  h("section", { class: kind }, h("h2", {}, title, note && [" ", small(note)]), ...children);

export const places = (...names) => Object.fromEntries(names.map((name) => [name, h("div", {})])); // empty

/** A picture with what is said under it; the picture's label says the same to who listens. */
export const figure = (picture, ...under) =>
  h("figure", {}, picture, under.length > 0 && h("figcaption", { "aria-hidden": true }, ...under));

/** A bar that is filled to a share. */
export function bar(share) {
  const fill = h("b", {});
  fill.style.width = `${Math.round(100 * clamp(share, 0, 1))}%`;
  return span("score", fill);
}

/** A button that keeps its focus when its panel is drawn anew: `key` must be unique on the page. */
export const button = (key, text, onclick, props = {}) =>
  h("button", { type: "button", "data-key": key, onclick, ...props }, text);

/** One of several: `options` are `[value, text]`, or a value that is its text; `now` is the chosen value. */
export const choose = (name, legend, options, now, pick) => h("fieldset", { class: "choose" }, h("legend", {}, legend),
  options.map((option) => [option].flat()).map(([value, text = value]) => h("label", {},
    h("input", { type: "radio", name, value, checked: value === now, "data-key": `${name} ${value}`,
      onchange: () => pick(value) }), " ", text)));

/** A table; `heads` are its columns' names, each with a class if it has one. */
export const table = (heads, ...rows) => h("table", {}, heads.length > 0 && h("thead", {}, h("tr", {},
  heads.map((head) => [head].flat()).map(([name, kind]) => h("th", { scope: name && "col", class: kind }, name)))),
h("tbody", {}, rows));

/** What `get` gives, or `{refused}` with the line that says why not: a recording does not know everything. */
export const ask = (get, path, what) => get(path, what).catch((refusal) => {
  if (refusal.gone !== false || refusal.barred) throw refusal;
  return { refused: refusal.message };
});

/** A number in at most so many digits after the point, with a true minus. */
export function num(x, digits = 3) {
  if (x === null || x === undefined || Number.isNaN(x)) return "no number";
  const size = Math.abs(x);
  const short = digits >= 3 && ((size !== 0 && size < 10 ** -digits) || size >= 1e6);
  const text = short ? x.toExponential(2) : x.toFixed(size >= 1000 ? 0 : digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replaceAll("-", "−");
}

export const signed = (x, digits = 4) => (x >= 0 ? "+" : "") + num(x, digits);
export const count = (n) => Number(n).toLocaleString("en-US"); // with its thousands apart
export const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;
export const times = (shape) => (shape.length === 0 ? "1 number" : shape.join(" × "));
export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
export const sigmoid = (x) => 1 / (1 + Math.exp(-x));
export const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
export const mean = (list) => list.reduce((a, b) => a + b, 0) / (list.length || 1);

/** The element at a place typed by hand, such as `3, 17`: a number, or a line that says what is wrong. */
export function elementAt(text, shape) {
  const place = text.match(/-?\d+/g) ?? [];
  const right = place.length === shape.length && place.every((at, axis) => at >= 0 && at < shape[axis]);
  if (!right && shape.length > 0) return `A place here is from ${shape.map(() => 0)} to ${shape.map((size) => size - 1)}.`;
  return shape.reduce((element, size, axis) => element * size + Number(place[axis]), 0);
}
