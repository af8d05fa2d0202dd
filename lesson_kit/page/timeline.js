// A stream in one line: the wait, every delta as a stroke, the longest gap; and the same in words.

import { el, svg } from "./dom.js";

const HEIGHT = 34;
const BASE = 20; // y of the line that the strokes stand on
const SPANS = [2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600]; // seconds; a scale that jumps is calmer than one that creeps
const STALL = 1; // seconds; from here a gap is drawn as one
const FRAME = 100; // milliseconds between two drawings while a turn runs

const END_MARKS = { done: "end", stopped: "stopped", interrupted: "cut short", cut: "broken", error: "failed" };

// The stream's timing in words. `times` are seconds since the question was sent, one for each delta.
export function inWords(times, total) {
  if (!times.length) return total === undefined || total === null ? "" : `no deltas in ${seconds(total)}`;
  const parts = [`first token ${seconds(times[0])}`, `${times.length} delta${times.length === 1 ? "" : "s"}`];
  const gap = longestGap(times);
  if (gap) parts.push(`longest gap ${seconds(gap[1] - gap[0])}`);
  return parts.join(", ");
}

function seconds(value) {
  return `${value.toFixed(2)} s`;
}

function longestGap(times) {
  let best = null;
  for (let i = 1; i < times.length; i += 1) {
    if (!best || times[i] - times[i - 1] > best[1] - best[0]) best = [times[i - 1], times[i]];
  }
  return best;
}

export class Timeline {
  constructor(uid) {
    this.hatch = `${uid}-hatch`;
    // The words below say the same, so the drawing is hidden from screen readers.
    this.svg = svg("svg", { class: "lk-line", height: HEIGHT, "aria-hidden": "true", focusable: "false" });
    this.words = el("figcaption", { class: "lk-words" });
    this.figure = el("figure", { class: "lk-timeline", "aria-label": "Timeline of the answer" }, this.svg, this.words);
    this.figure.hidden = true;
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.figure);
    this.turn = null;
  }

  // Follows one turn. `elapsed`: seconds that it has run already.
  start({ id, times = [], elapsed = 0, total, state }) {
    const began = performance.now() - elapsed * 1000;
    this.turn = { id, times: [...times], began, state: "thinking" };
    this.figure.hidden = false;
    clearInterval(this.clock);
    if (total !== undefined && total !== null) this.end(id, { state, total });
    else this.clock = setInterval(() => this.draw(), FRAME);
    this.draw();
  }

  add(id, times) {
    if (this.turn?.id === id) this.turn.times.push(...times);
  }

  end(id, { state, times, total }) {
    if (this.turn?.id !== id) return;
    clearInterval(this.clock);
    this.turn.times = times ?? this.turn.times;
    this.turn.state = state;
    this.turn.total = total ?? (performance.now() - this.turn.began) / 1000;
    this.figure.hidden = state === "error" && !this.turn.times.length; // nothing streamed, nothing to see
    this.draw();
  }

  clear() {
    clearInterval(this.clock);
    this.turn = null;
    this.figure.hidden = true;
  }

  close() {
    clearInterval(this.clock);
    this.resized.disconnect();
  }

  draw() {
    const width = this.svg.clientWidth;
    if (!this.turn || !width) return;
    const { times, total, began, state } = this.turn;
    const over = total !== undefined;
    // The other end's clock may be ahead of ours by the time that a message takes.
    const now = over ? total : Math.max((performance.now() - began) / 1000, times.at(-1) ?? 0);
    const span = over ? Math.max(total, 0.1) : (SPANS.find((limit) => limit > now) ?? now * 1.25);
    const x = (t) => Math.round((4 + (t / span) * (width - 8)) * 2) / 2;
    const mark = over ? (END_MARKS[state] ?? "end") : "now";
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.svg.replaceChildren(
      this.pattern(),
      svg("path", { class: "lk-base", d: `M4 ${BASE}H${width - 4}` }),
      ...waits(times, now, x).map(([from, to]) => this.wait(x(from), x(to), to - from)),
      svg("path", { class: "lk-strokes", d: strokes(times, x) }),
      svg("path", { class: `lk-end lk-end-${mark === "now" ? "now" : state}`, d: `M${x(now)} 2V${BASE}` }),
      label("0 s", 2, "start"),
      over ? label(`${seconds(total)}, ${mark}`, width - 2, "end") : label(`${span} s`, width - 2, "end"),
    );
    this.words.textContent = inWords(times, total) || `waiting ${now.toFixed(1)} s`;
  }

  pattern() {
    const lines = svg("path", { class: "lk-hatch", d: "M0 6L6 0" });
    const size = { width: 6, height: 6, patternUnits: "userSpaceOnUse" };
    return svg("defs", {}, svg("pattern", { id: this.hatch, ...size }, lines));
  }

  wait(from, to, length) {
    const box = { x: from, y: 6, width: Math.max(to - from, 0), height: BASE - 6, fill: `url(#${this.hatch})` };
    const group = svg("g", {}, svg("rect", { class: "lk-wait", ...box }));
    if (to - from > 56) {
      const at = { class: "lk-label lk-inside", x: (from + to) / 2, y: BASE - 3, "text-anchor": "middle" };
      group.append(svg("text", at, seconds(length)));
    }
    return group;
  }
}

// The silences worth drawing: before the first token, and every stall after it.
function waits(times, now, x) {
  const points = [0, ...times, ...(times.length ? [] : [now])];
  const found = [];
  for (let i = 1; i < points.length; i += 1) {
    const long = i === 1 || points[i] - points[i - 1] >= STALL;
    if (long && x(points[i]) - x(points[i - 1]) >= 2) found.push([points[i - 1], points[i]]);
  }
  return found;
}

// One stroke for each half pixel that holds a delta: more could not be seen.
function strokes(times, x) {
  const places = new Set(times.map(x));
  return [...places].map((place, i) => `M${place} ${i ? 8 : 3}V${BASE}`).join("");
}

function label(text, at, anchor) {
  return svg("text", { class: "lk-label", x: at, y: HEIGHT - 3, "text-anchor": anchor }, text);
}
