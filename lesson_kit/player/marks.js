// The marks of the player: a shape and a colour for each kind of event, and a word in the legend.
//
// The colours are those of recording/marks.py: 3:1 or more on light and on dark grounds, so no theme is asked.

import { el, svg } from "../page/dom.js";

export const MARKS = {
  progress: { word: "progress line", colour: "#9a63d6", path: "M-5-4H5V4H-5Z" },
  added: { word: "item added", colour: "#14908a", path: "M-4-5L5 0L-4 5Z" },
  delta: { word: "text delta", colour: "#2f80d8", path: "M0-6V6" },
  done: { word: "item done", colour: "#14908a", path: "M-5 0L-1.5 4L5.5-4.5" },
  error: { word: "error", colour: "#dc4040", path: "M-4.5-4.5L4.5 4.5M-4.5 4.5L4.5-4.5" },
  other: { word: "other event", colour: "#7d8590", path: "M0-2.5A2.5 2.5 0 1 0 0 2.5A2.5 2.5 0 1 0 0-2.5Z" },
  first: { word: "first token", colour: "#14908a", path: "M-3-6L6-3L-3 0ZM-3-6V7", filled: true },
  burst: { word: "burst: 3 deltas or more within 1 ms of each other", colour: "#c8690f", path: "M0-5L5 0L0 5L-5 0Z", filled: true },
  gap: { word: "long gap: three times the usual", colour: "#7d8590", path: "M-7 0H7M-7-3V3M7-3V3" },
  stall: { word: "stall: 2 s or more without text", colour: "#dc4040", path: "M-6-4V4M-2-4V4M2-4V4M6-4V4" },
};

function glyph(name) {
  const { path, colour, filled } = MARKS[name];
  const look = { stroke: colour, "stroke-width": 2, fill: filled ? colour : "none", "stroke-linejoin": "round" };
  const box = { viewBox: "-9 -9 18 18", width: 18, height: 18, "aria-hidden": "true" };
  return svg("svg", box, svg("path", { d: path, ...look }));
}

// The marks that occur in these lanes, each with its word.
export function legend(lanes) {
  const there = new Set(lanes.flatMap((lane) => lane.events.map((event) => event.kind)));
  if (lanes.some((lane) => lane.first !== null)) there.add("first");
  for (const [name, list] of [["burst", "bursts"], ["gap", "gaps"], ["stall", "stalls"]]) {
    if (lanes.some((lane) => lane[list].length)) there.add(name);
  }
  const names = Object.keys(MARKS).filter((name) => there.has(name));
  const keys = names.map((name) => el("li", {}, glyph(name), ` ${MARKS[name].word}`));
  return el("ul", { class: "lkp-legend", "aria-label": "Marks" }, ...keys);
}

// A time for readers, in the words of recording/plain.py: 1.05 s, 50 ms, 0 s.
export function told(t) {
  if (t === 0) return "0 s";
  if (t < 0.9995) return t >= 5e-7 ? `${Number((t * 1000).toPrecision(3))} ms` : "<1 µs";
  return `${Number(t.toFixed(2))} s`;
}

// How many of the ascending `times` are not after t.
export function countUntil(times, t) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1;
    else high = middle;
  }
  return low;
}
