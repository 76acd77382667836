// Small helpers that the panels share: elements, numbers as text, and how much each depth shows.

/** Makes an element. Text goes in as text nodes only; there is no way to pass markup or a style attribute. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

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

/** A button that keeps its focus when its panel is drawn anew: `key` must be unique on the page. */
export function button(key, text, onclick, props = {}) {
  return h("button", { type: "button", "data-key": key, onclick, ...props }, text);
}

/** One of several: `options` are `[value, text]`, or a value that is its text; `now` is the chosen value. */
export const choose = (name, legend, options, now, pick) => h("fieldset", { class: "choose" }, h("legend", {}, legend),
  options.map((option) => [option].flat()).map(([value, text = value]) => h("label", {},
    h("input", { type: "radio", name, value, checked: value === now, "data-key": `${name} ${value}`, onchange: () => pick(value) }),
    " ", text)));

export const p = (...children) => h("p", {}, ...children);
export const small = (...children) => h("small", {}, ...children);
export const code = (...children) => h("code", { class: "code" }, ...children);

/** A number in at most so many digits after the point, with a true minus. */
export function num(x, digits = 3) {
  if (x === null || x === undefined || Number.isNaN(x)) return "no number";
  const size = Math.abs(x);
  const short = digits >= 3 && ((size !== 0 && size < 10 ** -digits) || size >= 1e6);
  const text = short ? x.toExponential(2) : x.toFixed(size >= 1000 ? 0 : digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replaceAll("-", "−");
}

/** The same, with a sign always. */
export const signed = (x, digits = 4) => (x >= 0 ? "+" : "") + num(x, digits);

/** A count with its thousands apart. */
export const count = (n) => Number(n).toLocaleString("en-US");

export const times = (shape) => (shape.length === 0 ? "1 number" : shape.join(" × "));
export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
export const sigmoid = (x) => 1 / (1 + Math.exp(-x));
export const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;

/** Row-major: where element `element` stands in an array of this shape. */
export function placeOf(element, shape) {
  const place = [];
  for (const size of [...shape].reverse()) {
    place.unshift(element % size);
    element = Math.floor(element / size);
  }
  return place;
}

/** The element at a place typed by hand, such as `3, 17`: a number, or a line that says what is wrong. */
export function elementAt(text, shape) {
  const place = (text.match(/-?\d+/g) ?? []).map(Number);
  if (shape.length === 0) return 0;
  if (place.length !== shape.length) return `A place here is ${plural(shape.length, "number")}, such as ${shape.map(() => 0).join(", ")}.`;
  const wrong = place.findIndex((at, axis) => at < 0 || at >= shape[axis]);
  if (wrong >= 0) return `Axis ${wrong} runs from 0 to ${shape[wrong] - 1}.`;
  return place.reduce((element, at, axis) => element * shape[axis] + at, 0);
}
