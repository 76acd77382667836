// A canvas to draw on, with mouse, pen, finger or keys. What a stroke does to what is drawn is its panel's own affair.

import { clamp, h } from "./dom.js";
import { placeOf } from "./draw.js";

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/**
 * A canvas of so many cells, each `size` pixels wide. `begin()` comes before a stroke, `stroke(from, to, event)` for each
 * of its pieces, in cells from the upper left corner, and `end()` after it; Ctrl+Z is for `undo()`, if there is one.
 * `show(context)` draws what there is, and `tell([column, row])` says what is at a cell. Gives `canvas`, `draw()`, and
 * `down()`: whether somebody draws just now.
 */
export function drawingBoard(columns, rows, size, props, { begin, stroke, end, undo, show, tell }) {
  let at = null; // where the pen is, while it is down
  let cursor = null; // the cell that the keys are at, while they are used
  const place = (event) => placeOf(event, canvas, columns, rows);
  const lift = () => {
    if (!at) return;
    at = null;
    end();
  };
  function press(event) {
    const way = ARROWS[event.key];
    const back = undo && (event.ctrlKey || event.metaKey) && event.key === "z";
    if (!back && (event.altKey || event.ctrlKey || event.metaKey || !(way || event.key === " "))) return;
    event.preventDefault();
    event.stopPropagation(); // a space here does not play
    if (back) return undo();
    const from = cursor ?? [columns >> 1, rows >> 1];
    const to = way ? [clamp(from[0] + way[0], 0, columns - 1), clamp(from[1] + way[1], 0, rows - 1)] : from;
    if (!way || event.shiftKey) {
      if (!event.repeat) begin();
      stroke(...[from, to].map((cell) => cell.map((x) => x + 0.5)), event);
    }
    draw(to);
    tell(to);
  }
  const canvas = h("canvas", { width: columns * size, height: rows * size, tabindex: 0, role: "application", ...props,
    onpointerdown: (event) => {
      if (event.button !== 0 && event.button !== 5) return; // 5: a pen's other end
      canvas.setPointerCapture(event.pointerId);
      begin();
      [cursor, at] = [null, place(event)];
      stroke(at, at, event);
    },
    onpointermove: (event) => {
      const from = at;
      if (from) stroke(from, at = place(event), event);
    },
    onpointerup: lift, onpointercancel: lift, onlostpointercapture: lift, onkeydown: press, onblur: () => draw(null),
    onfocus: () => { if (canvas.matches(":focus-visible") && !at) draw([columns >> 1, rows >> 1]); } });
  const context = canvas.getContext("2d");
  function draw(cell = cursor) {
    cursor = cell;
    show(context);
    if (!cursor) return;
    for (const [colour, width] of [["#000", 4], ["#ff9f43", 2]]) {
      [context.strokeStyle, context.lineWidth] = [colour, width];
      context.strokeRect(cursor[0] * size, cursor[1] * size, size, size);
    }
  }
  return { canvas, draw, down: () => at !== null };
}

/** How to use it: `space` and `shift` are what those keys do. */
export const howTo = (id, space, shift) => h("p", { class: "cap", id },
  "Mouse, pen or finger; or by keys: the arrows move, ", h("kbd", {}, "space"), ` ${space}, `,
  h("kbd", {}, "Shift"), ` with an arrow ${shift}.`);
