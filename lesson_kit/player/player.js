// The player: recordings side by side on one time axis, replayed from what the page was given.
//
// There is one state, `t` in seconds and the event that was chosen last; `show` brings everything on the page to it.

import { el } from "../page/dom.js";
import { ownKeys } from "../page/keys.js";
import { Lane } from "./lane.js";
import { countUntil, legend, told } from "./marks.js";
import { Reading, asTable } from "./reading.js";
import { Transcript } from "./transcript.js";

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const STEP = 500; // milliseconds between two pictures for who asked for less motion
const CONTROLS = "button, select, summary, pre";

export class PlayerView {
  constructor(root, { lanes = [], span = 0 }) {
    Object.assign(this, { root, span, lanes, t: 0, chosen: null, playing: false, speed: 1 });
    this.order = lanes.flatMap((lane, n) => lane.events.map(({ t }, index) => ({ t, lane: n, index })));
    this.order.sort((one, other) => one.t - other.t); // stable: of equal times the upper lane comes first
    this.orderTimes = this.order.map(({ t }) => t);
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.build();
    this.onKey = (event) => this.key(event);
    root.addEventListener("keydown", this.onKey);
    // It begins at the end: all marks and the whole text stand there at once; Play starts over.
    this.show(span);
  }

  close() {
    this.pause();
    this.root.removeEventListener("keydown", this.onKey);
    this.tracks.forEach((track) => track.close());
    this.root.replaceChildren();
  }

  // --- building ---

  build() {
    this.root.classList.add("lk-look", "lkp-player");
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-label", "Timeline player");
    ownKeys(this.root);
    this.reading = new Reading(() => this.tracks[this.chosen?.lane ?? 0]?.track.focus());
    this.tracks = this.lanes.map((lane, n) => this.makeLane(lane, n));
    this.transcripts = this.lanes.map((lane) => new Transcript(lane));
    const said = el("div", { class: "lkp-transcripts" }, ...this.transcripts.map(({ node }) => node));
    const tables = this.lanes.map(asTable);
    this.root.append(this.transport(), ...this.tracks.map(({ node }) => node), legend(this.lanes), said, this.reading.node, ...tables);
  }

  makeLane(lane, n) {
    const on = {
      choose: (index) => this.choose({ lane: n, index }),
      seek: (t) => this.seek(t),
      open: (index) => {
        if (index >= 0) this.choose({ lane: n, index });
        if (index >= 0) this.reading.focus();
      },
    };
    return new Lane(lane, { span: this.span, axis: n === this.lanes.length - 1, on });
  }

  transport() {
    const button = (name, onclick) => el("button", { type: "button", onclick }, name);
    this.button = button("Play", () => this.toggle());
    const range = { type: "range", min: 0, max: this.span, step: "any", value: 0, "aria-label": "Time" };
    this.range = el("input", { ...range, oninput: () => this.seek(Number(this.range.value)) });
    this.clock = el("span", { class: "lkp-clock" });
    const speeds = SPEEDS.map((speed) => el("option", { value: speed, selected: speed === 1 }, `${speed}×`));
    this.rate = el("select", { onchange: () => (this.speed = Number(this.rate.value)) }, ...speeds);
    this.status = el("span", { class: "lkp-status", role: "status", "aria-live": "polite" });
    const steps = [button("Previous event", () => this.step(-1)), button("Next event", () => this.step(1))];
    const row = el("div", { class: "lkp-row" }, this.button, ...steps, el("label", {}, "Speed ", this.rate), this.clock, this.status);
    return el("div", { class: "lkp-transport" }, row, this.range);
  }

  // --- going somewhere ---

  seek(t) {
    this.pause();
    this.chosen = null;
    this.show(t);
  }

  choose(place) {
    this.pause();
    this.chosen = place;
    this.reading.show(this.lanes[place.lane], place.index);
    this.show(this.lanes[place.lane].events[place.index].t);
  }

  step(by) {
    const { chosen } = this;
    let at = countUntil(this.orderTimes, this.t) - (by > 0 ? 1 : 0);
    if (chosen) at = this.order.findIndex(({ lane, index }) => lane === chosen.lane && index === chosen.index);
    const next = this.order[Math.min(this.order.length - 1, Math.max(0, at + by))];
    if (next) this.choose(next);
  }

  show(t) {
    this.t = t;
    this.tracks.forEach((track, n) => {
      const chosen = this.chosen?.lane === n ? this.chosen.index : -1;
      const count = chosen >= 0 ? chosen + 1 : countUntil(track.times, t);
      track.place(t, count, chosen);
      this.transcripts[n].show(count, t);
      if (!this.playing) track.tell();
    });
    this.range.value = t;
    this.clock.textContent = `${t.toFixed(2)} s of ${this.span.toFixed(2)} s`;
    if (!this.playing) this.range.setAttribute("aria-valuetext", `${told(t)} of ${told(this.span)}`);
  }

  // --- playing ---

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.playing) return;
    if (this.t >= this.span) this.t = 0;
    this.chosen = null;
    this.playing = true;
    this.button.textContent = "Pause";
    this.status.textContent = "Playing";
    this.last = performance.now();
    this.next();
  }

  next() {
    if (this.still.matches) this.timer = setTimeout(() => this.tick(performance.now()), STEP);
    else this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    const t = this.t + (Math.max(0, now - this.last) / 1000) * this.speed;
    this.last = now;
    if (t >= this.span) {
      this.pause("The end");
      this.show(this.span);
    } else {
      this.show(t);
      this.next();
    }
  }

  pause(why = "Paused") {
    if (!this.playing) return;
    this.playing = false;
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.button.textContent = "Play";
    this.status.textContent = why;
    this.show(this.t);
  }

  // Keys that nothing inside has taken: lanes step through their own events (lane.js).
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const control = event.target.closest(CONTROLS);
    if (event.key === " " && !control) this.toggle();
    else if (control?.matches("select, pre")) return;
    else if (event.key === "ArrowRight") this.step(1);
    else if (event.key === "ArrowLeft") this.step(-1);
    else if (event.key === "Home") this.seek(0);
    else if (event.key === "End") this.seek(this.span);
    else return;
    event.preventDefault();
  }
}
