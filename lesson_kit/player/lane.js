// One recording as a track: every event a mark on a canvas, drawn once; the playhead moves over it.

import { el } from "../page/dom.js";
import { MARKS, countUntil, told } from "./marks.js";

const HEIGHT = 92;
const AXIS = 18; // more for the lane that carries the axis
const LEFT = 54; // room for the names of the rows; player.css has it too
const RIGHT = 12;
const ROWS = { stream: 14, items: 38, text: 68 };
const ROW_OF = { added: "items", done: "items", delta: "text" };
const NEAR = 7; // pixels within which a click means a mark

export class Lane {
  // on: {choose(index), seek(t), open()}
  constructor(lane, { span, axis, on }) {
    Object.assign(this, { lane, on, axis, span: span || 1, chosen: -1, t: 0, count: 0 });
    this.times = lane.events.map((event) => event.t);
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.future = el("div", { class: "lkp-future" });
    this.head = el("div", { class: "lkp-head" });
    this.ring = el("div", { class: "lkp-ring" });
    this.ring.hidden = true;
    const about = { tabindex: "0", role: "slider", "aria-label": `Events of ${lane.name}`, "aria-valuemin": 0 };
    const reach = { ...about, "aria-valuemax": lane.events.length, "aria-valuenow": 0, "aria-valuetext": "no event yet" };
    this.track = el("div", { class: "lkp-track", ...reach }, this.canvas, this.future, this.head, this.ring);
    this.track.style.height = `${HEIGHT + (axis ? AXIS : 0)}px`;
    const top = el("p", { class: "lkp-top" }, el("b", {}, lane.name), el("span", {}, lane.facts));
    this.node = el("section", { class: "lkp-lane" }, top, this.track);
    this.track.addEventListener("click", (event) => this.click(event));
    this.track.addEventListener("keydown", (event) => this.key(event));
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.track);
    // A canvas holds colours, not rules: it is painted anew when its text colour changes. player.css lets that take a
    // millisecond, so that it is told of, whatever changed it. JupyterLab hides a notebook for a moment while it
    // changes its theme: that cancels the change, and a picture later all stands where it shall.
    for (const change of ["transitionend", "transitioncancel"]) {
      this.canvas.addEventListener(change, () => requestAnimationFrame(() => this.draw()));
    }
    // Out of sight the browser may skip such changes: so the ink is looked at again when the track comes into sight.
    this.inSight = new IntersectionObserver(() => {
      if (this.ink !== getComputedStyle(this.canvas).color) this.draw();
    });
    this.inSight.observe(this.track);
  }

  close() {
    this.resized.disconnect();
    this.inSight.disconnect();
  }

  x(t) {
    return LEFT + (t / this.span) * Math.max(1, this.width - LEFT - RIGHT);
  }

  y(event) {
    return ROWS[ROW_OF[event.kind] ?? "stream"];
  }

  // --- where it stands ---

  place(t, count, chosen) {
    Object.assign(this, { t, count, chosen });
    const x = this.x(t);
    this.head.style.transform = `translateX(${x}px)`;
    this.future.hidden = t >= this.span;
    this.future.style.transform = `translateX(${x}px)`;
    const event = this.lane.events[chosen];
    this.ring.hidden = !event;
    if (event) this.ring.style.transform = `translate(${this.x(event.t)}px, ${this.y(event)}px)`;
  }

  // For screen readers; not called while it plays.
  tell() {
    const index = this.chosen >= 0 ? this.chosen : this.count - 1;
    const event = this.lane.events[index];
    const words = event?.words ? `, ${event.words}` : "";
    const text = event ? `event ${index + 1} of ${this.lane.events.length}, ${event.what} at ${told(event.t)}${words}` : "no event yet";
    this.track.setAttribute("aria-valuenow", index + 1);
    this.track.setAttribute("aria-valuetext", text);
  }

  // --- choosing ---

  key(event) {
    const last = this.lane.events.length - 1;
    const now = this.chosen >= 0 ? this.chosen : this.count - 1;
    const steps = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, PageDown: now - 20, PageUp: now + 20, Home: 0, End: last };
    if (event.key === "Enter") this.on.open(now);
    else if (event.key in steps && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (last >= 0) this.on.choose(Math.min(last, Math.max(0, steps[event.key])));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  click(event) {
    const box = this.track.getBoundingClientRect();
    const index = this.hit(event.clientX - box.left, event.clientY - box.top);
    if (index >= 0) return this.on.choose(index);
    const t = ((event.clientX - box.left - LEFT) / (this.width - LEFT - RIGHT)) * this.span;
    return this.on.seek(Math.min(this.span, Math.max(0, t)));
  }

  // The mark that a click means. Where several stand together, each click takes the next one.
  hit(x, y) {
    const scale = this.span / Math.max(1, this.width - LEFT - RIGHT);
    const from = countUntil(this.times, (x - LEFT - NEAR) * scale - 1e-9);
    const until = countUntil(this.times, (x - LEFT + NEAR) * scale);
    const near = [];
    for (let i = from; i < until; i += 1) {
      const event = this.lane.events[i];
      if (Math.abs(this.y(event) - y) <= 14) near.push(i);
    }
    if (!near.length) return -1;
    const again = near.indexOf(this.chosen);
    if (again >= 0) return near[(again + 1) % near.length];
    const away = (i) => Math.abs(this.x(this.times[i]) - x);
    return near.reduce((best, i) => (away(i) < away(best) ? i : best));
  }

  // --- drawing ---

  draw() {
    const width = this.track.clientWidth;
    if (!width) return; // not shown at this moment, as between two themes: what stands there stays
    this.width = width;
    const height = HEIGHT + (this.axis ? AXIS : 0);
    const dots = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * dots);
    this.canvas.height = Math.round(height * dots);
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${height}px`;
    this.brush = this.canvas.getContext("2d");
    this.brush.scale(dots, dots);
    this.ink = getComputedStyle(this.canvas).color;
    this.drawGrid();
    this.drawSpans();
    this.drawMarks();
    this.drawEnd();
    this.place(this.t, this.count, this.chosen);
  }

  stroke(path, colour, width = 2, alpha = 1) {
    Object.assign(this.brush, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha });
    this.brush.stroke(path);
    this.brush.globalAlpha = 1;
  }

  write(text, x, y, align, alpha = 0.8) {
    const font = "11px system-ui, sans-serif";
    Object.assign(this.brush, { fillStyle: this.ink, font, textAlign: align, globalAlpha: alpha });
    this.brush.fillText(text, x, y);
    this.brush.globalAlpha = 1;
  }

  drawGrid() {
    for (const [name, y] of Object.entries(ROWS)) this.write(name, 0, y + 4, "left");
    const step = roundStep(this.span, this.width);
    for (let n = 0; n * step <= this.span * 1.000001; n += 1) {
      const x = this.x(n * step);
      this.stroke(new Path2D(`M${x} 0V${HEIGHT}`), this.ink, 1, 0.14);
      if (!this.axis) continue;
      const label = this.span >= 1 ? `${Number((n * step).toPrecision(6))} s` : `${Number((n * step * 1000).toPrecision(6))} ms`;
      this.write(label, x, HEIGHT + 13, n && x > this.width - 30 ? "right" : "center");
    }
  }

  drawSpans() {
    for (const [start, end] of this.lane.progress) {
      const wide = Math.max(2, this.x(end) - this.x(start));
      Object.assign(this.brush, { fillStyle: MARKS.progress.colour, globalAlpha: 0.25 });
      this.brush.fillRect(this.x(start), ROWS.stream - 4, wide, 9);
      this.brush.globalAlpha = 1;
    }
    for (const [name, y, label] of [["stall", ROWS.text, "stall "], ["gap", ROWS.text + 16, ""]]) {
      for (const [start, end] of this.lane[`${name}s`]) this.drawSilence(name, this.x(start), this.x(end), y, label + told(end - start));
    }
  }

  drawSilence(name, from, to, y, words) {
    const { colour } = MARKS[name];
    this.stroke(new Path2D(`M${from} ${y - 5}V${y + 5}M${to} ${y - 5}V${y + 5}`), colour);
    if (name === "stall") this.brush.setLineDash([2, 4]);
    this.stroke(new Path2D(`M${from} ${y}H${to}`), colour, name === "stall" ? 8 : 1.5);
    this.brush.setLineDash([]);
    if (to - from > 64) this.write(words, (from + to) / 2, y - (name === "stall" ? 9 : 3), "center", 1);
  }

  drawMarks() {
    const groups = {};
    for (const event of this.lane.events) (groups[event.kind] ??= []).push(event);
    for (const [kind, events] of Object.entries(groups)) {
      const all = new Path2D();
      // A mark on top of another of its kind cannot be seen: one for each half pixel is drawn.
      const places = new Set(events.map((event) => Math.round(this.x(event.t) * 2) / 2));
      for (const x of places) add(all, kind, x, this.y(events[0]));
      this.stroke(all, MARKS[kind].colour, kind === "delta" ? 1.5 : 2);
    }
    for (const [start] of this.lane.bursts) this.fillMark("burst", this.x(start), ROWS.text);
    if (this.lane.first !== null) this.fillMark("first", this.x(this.lane.first), ROWS.text - 14);
  }

  fillMark(name, x, y) {
    const path = new Path2D();
    add(path, name, x, y);
    this.brush.fillStyle = MARKS[name].colour;
    this.brush.fill(path);
    this.stroke(path, MARKS[name].colour, 1.5);
  }

  drawEnd() {
    const x = this.x(this.lane.duration);
    this.stroke(new Path2D(`M${x} 4V${HEIGHT - 4}`), this.ink, 1.5, 0.7);
    const left = x > this.width / 2;
    if (this.lane.outcome !== "done") this.write(this.lane.outcome, x + (left ? -4 : 4), HEIGHT - 3, left ? "right" : "left", 1);
  }
}

function add(path, name, x, y) {
  path.addPath(new Path2D(MARKS[name].path), new DOMMatrix([1, 0, 0, 1, x, y]));
}

// A step of 1, 2 or 5 times a power of ten, so that the numbers have room.
function roundStep(span, width) {
  const least = span / Math.max(2, Math.min(8, (width - LEFT) / 70));
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least * 0.999999);
}
