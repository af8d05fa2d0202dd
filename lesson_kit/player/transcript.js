// The transcript of one lane as it stood after so many events.

import { el } from "../page/dom.js";

// Folds the changes that data.py tells: lines of [role, text]. Forward it goes on; back it starts anew, which is quick.
export class Fold {
  constructor(events) {
    this.events = events;
    this.reset();
  }

  reset() {
    this.count = 0;
    this.lines = [];
  }

  at(count) {
    if (count < this.count) this.reset();
    for (; this.count < count; this.count += 1) this.apply(this.events[this.count].change);
    return this.lines;
  }

  apply({ at, grow, lines }) {
    if (grow !== undefined) this.lines[at] = [this.lines[at][0], this.lines[at][1] + grow];
    else if (lines) this.lines.splice(at, Infinity, ...lines);
  }
}

export class Transcript {
  constructor(lane) {
    this.lane = lane;
    this.fold = new Fold(lane.events);
    this.shown = []; // {row, role, text}: the nodes, used again
    this.line = el("p", { class: "lkp-line" });
    this.box = el("div", { class: "lkp-said", tabindex: "0", role: "group", "aria-label": `Transcript of ${lane.name}` });
    this.node = el("section", { class: "lkp-transcript" }, el("p", { class: "lkp-name" }, lane.name), this.box);
    this.box.append(this.line);
    // The first words are shown before the notebook has laid the box out, and nothing scrolls there: so once more.
    this.laidOut = new ResizeObserver(() => {
      if (!this.box.clientHeight) return;
      this.laidOut.disconnect();
      this.toEnd();
    });
    this.laidOut.observe(this.box);
  }

  show(count, t) {
    const lines = this.fold.at(count);
    while (this.shown.length > lines.length) this.shown.pop().row.remove();
    while (this.shown.length < lines.length) this.grow();
    lines.forEach(([role, text], i) => {
      const nodes = this.shown[i];
      if (nodes.role.data !== role) nodes.role.data = role;
      if (nodes.text.data !== text) nodes.text.data = text;
      nodes.row.classList.toggle("lkp-mine", role === "user");
    });
    const state = this.state(count, t);
    if (this.line.textContent !== state) this.line.textContent = state;
    this.toEnd();
  }

  // The newest words are the ones in question.
  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
  }

  grow() {
    const [role, text] = [document.createTextNode(""), document.createTextNode("")];
    const row = el("p", {}, el("b", {}, role), el("span", {}, text));
    this.line.before(row);
    this.shown.push({ row, role, text });
  }

  // What stands below the text: the progress line, or how it ended.
  state(count, t) {
    const { progress, duration, outcome, events } = this.lane;
    if (t >= duration && count === events.length) return outcome === "open" ? "not ended yet" : `end: ${outcome}`;
    const standing = progress.find(([start, end]) => start <= t && t < end);
    if (standing) return `… ${standing[2]}`;
    return count ? "" : "nothing yet";
  }
}
