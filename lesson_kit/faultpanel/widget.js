// The fault panel: sliders above, the player below. To Python: {kind: "set", settings, number}; the answer comes in
// the synced `shown` and `data`. `number` tells which request an answer is for.

import { el } from "../page/dom.js";
import { ownKeys } from "../page/keys.js";
import { PlayerView } from "../player/player.js";

const PAUSE = 120; // milliseconds without a move, until a slider's value is sent
const PATIENCE = 5000; // milliseconds until the page says that nobody answers
const NO_ANSWER = "The kernel does not answer. A cell may keep it busy. If it was restarted, run this panel's cell again.";

const inSeconds = (value) => `${value} s`;
const atDelta = (value) => (value === 0 ? "before the first delta" : `after delta ${value}`);

// Each slider: where it stands, its name, its range, what its value is called. `off` is the value of its left end.
function sliders(deltas) {
  return [
    ["The model", { name: "thinking", label: "Thinking", min: 0, max: 20, step: 0.1, say: inSeconds }],
    ["The model", { name: "gap", label: "Gap between deltas", min: 0, max: 1, step: 0.01, say: inSeconds }],
    ["The model", { name: "jitter", label: "Jitter", min: 0, max: 1, step: 0.05, say: (value) => `± ${Math.round(value * 100)} %` }],
    ["The model", { name: "seed", label: "Seed of the jitter", min: 0, max: 50, step: 1, say: String }],
    ["The model", { name: "burst", label: "Deltas in a burst", min: 1, max: 30, step: 1, say: (value) => (value === 1 ? "1, no bursts" : String(value)) }],
    ["What fails", { name: "stall_at", label: "Stall", min: -1, max: deltas, step: 1, off: -1, none: "no stall", say: atDelta }],
    ["What fails", { name: "stall_for", label: "Length of the stall", min: 0.5, max: 40.5, step: 0.5, off: 40.5, none: "for ever", say: inSeconds }],
    ["An error", { name: "error_at", label: "Place", min: 0, max: deltas, step: 1, say: (value) => (value ? atDelta(value) : "instead of an answer") }],
    ["What fails", { name: "disconnect_at", label: "The client leaves", min: 0, max: 20, step: 0.1, off: 0, none: "stays", say: inSeconds }],
  ];
}

class Slider {
  constructor({ name, label, min, max, step, off, none, say }, onMove) {
    Object.assign(this, { name, off, none, say });
    this.input = el("input", { type: "range", min, max, step, "aria-label": label, oninput: () => this.moved(onMove) });
    this.output = el("span", { class: "lkf-value" });
    this.node = el("label", { class: "lkf-slider" }, el("span", {}, label), this.output, this.input);
  }

  get value() {
    const value = Number(this.input.value);
    return value === this.off ? null : value;
  }

  set value(value) {
    this.input.value = value ?? this.off;
    this.tell();
  }

  moved(onMove) {
    this.tell();
    onMove();
  }

  tell() {
    const words = this.value === null ? this.none : this.say(this.value);
    this.output.textContent = words;
    this.input.setAttribute("aria-valuetext", words);
  }
}

class FaultView {
  constructor(model, root) {
    Object.assign(this, { model, number: 0 });
    const { presets, errors, deltas } = model.get("menu");
    this.presets = presets;
    this.build(root, Object.keys(presets), errors, sliders(deltas));
    this.onShown = () => this.hear();
    this.onData = () => this.play();
    model.on("change:shown", this.onShown);
    model.on("change:data", this.onData);
    this.play();
    this.adopt(model.get("shown"));
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.model.off("change:shown", this.onShown);
    this.model.off("change:data", this.onData);
    this.player.close();
  }

  build(root, presets, errors, ranges) {
    root.classList.add("lk-look", "lkf-panel");
    ownKeys(root);
    const move = () => this.soon();
    this.sliders = ranges.map(([group, range]) => ({ group, slider: new Slider(range, move) }));
    const choices = [el("option", { value: "" }, "choose..."), ...presets.map((name) => el("option", {}, name))];
    this.preset = el("select", { onchange: () => this.start() }, ...choices);
    const kinds = [el("option", { value: "" }, "none"), ...errors.map((name) => el("option", {}, name))];
    this.error = el("select", { onchange: () => this.soon() }, ...kinds);
    const choice = el("label", { class: "lkf-choice" }, "Error ", this.error);
    this.status = el("p", { class: "lkf-status", role: "status", "aria-live": "polite" });
    this.code = el("code", {});
    const line = el("pre", { tabindex: "0", role: "group", "aria-label": "The code that makes this stream" }, this.code);
    const groups = el("div", { class: "lkf-groups" }, this.group("The model"), this.group("What fails"), this.group("An error", choice));
    const about = el("p", { class: "lkf-label" }, "The same in code:");
    this.stage = el("div", {});
    root.append(
      el("div", { class: "lkf-controls", role: "group", "aria-label": "Faults" }, el("label", { class: "lkf-choice" }, "Start from ", this.preset), groups, this.status, about, line),
      this.stage,
    );
  }

  group(name, ...more) {
    const mine = this.sliders.filter(({ group }) => group === name).map(({ slider }) => slider.node);
    return el("fieldset", {}, el("legend", {}, name), ...more, ...mine);
  }

  play() {
    this.player?.close();
    this.player = new PlayerView(this.stage, this.model.get("data"));
  }

  start() {
    const settings = this.presets[this.preset.value];
    if (settings) this.set(settings);
    if (settings) this.send();
  }

  set(settings) {
    this.error.value = settings.error ?? "";
    for (const { slider } of this.sliders) slider.value = settings[slider.name];
    this.still();
  }

  // What would have no effect cannot be moved.
  still() {
    const { jitter, stall_at: stall } = this.values();
    const idle = { seed: !jitter, stall_for: stall === null, error_at: !this.error.value };
    for (const { slider } of this.sliders) slider.input.disabled = Boolean(idle[slider.name]);
  }

  values() {
    return Object.fromEntries(this.sliders.map(({ slider }) => [slider.name, slider.value]));
  }

  soon() {
    this.preset.value = "";
    this.still();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), PAUSE);
  }

  send() {
    const settings = this.values();
    // What stands under a fault that is off goes unsaid: it would only bring a remark.
    if (settings.stall_at === null) settings.stall_for = null;
    settings.error = this.error.value || null;
    if (!settings.error) settings.error_at = 0;
    this.number += 1;
    this.model.send({ kind: "set", settings, number: this.number });
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.say(NO_ANSWER, true), PATIENCE);
  }

  hear() {
    const shown = this.model.get("shown");
    if (shown.number < this.number) return; // an answer to an older question
    this.adopt(shown);
  }

  adopt(shown) {
    clearTimeout(this.silence);
    this.code.textContent = shown.code;
    this.say(shown.problem || shown.remarks.join(" "), Boolean(shown.problem));
    if (!shown.problem && !this.busy()) this.set(shown.settings);
  }

  // While a hand is on a slider nothing moves it but that hand.
  busy() {
    return this.sliders.some(({ slider }) => slider.input === document.activeElement);
  }

  say(text, bad) {
    this.status.textContent = text;
    this.status.classList.toggle("lkf-bad", bad);
  }
}

function render({ model, el: root }) {
  const view = new FaultView(model, root);
  return () => view.close();
}

export default { render };
