// The heartbeat's page. From Python: {kind: "beat", n}, one for each beat of the loop; the traits `beating` and `told`.
// The page has a clock of its own: when no beat comes, it can say for how long already.

import { el } from "../page/dom.js";
import { ownKeys } from "../page/keys.js";

const BEAT = 6; // pixels from one beat to the next
const HEIGHT = 44;
const REDRAW = 100; // milliseconds
const REDRAW_STILL = 1000; // for who asked for less motion

class PulseView {
  constructor(model, root) {
    Object.assign(this, { model, root, beats: [], state: "" });
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.build();
    this.hear = ({ kind, n }) => (kind === "beat" ? this.beat(n) : null);
    this.renew = () => this.refresh();
    model.on("msg:custom", this.hear);
    model.on("change:beating change:told", this.renew);
    this.refresh();
  }

  close() {
    clearInterval(this.clock);
    this.model.off("msg:custom", this.hear);
    this.model.off("change:beating change:told", this.renew);
  }

  build() {
    this.heart = el("span", { class: "lkh-heart", "aria-hidden": "true" }, "♥");
    this.words = el("span", { class: "lkh-words" });
    this.button = el("button", { type: "button", onclick: () => this.press() });
    this.canvas = el("canvas", { class: "lkh-strip", "aria-hidden": "true" });
    // Told when the state changes, never per beat.
    this.status = el("p", { class: "lkh-status", role: "status", "aria-live": "polite", "aria-atomic": "true" });
    this.list = el("ol", { class: "lkh-stops", "aria-label": "When the loop stood still" });
    const top = el("div", { class: "lkh-top" }, this.heart, this.words, this.button);
    this.root.classList.add("lk-look", "lkh-pulse");
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-label", "Heartbeat of the event loop");
    ownKeys(this.root);
    this.root.append(top, this.canvas, this.status, this.list);
  }

  press() {
    this.model.send({ kind: this.model.get("beating") ? "stop" : "start" });
  }

  beat(n) {
    this.count = n;
    this.beats.push(performance.now() / 1000);
    if (this.beats.length > 2000) this.beats.splice(0, 1000);
    if (this.still.matches) return; // the clock draws, once a second
    this.heart.animate?.([{ transform: "scale(1.35)" }, { transform: "scale(1)" }], 180);
    this.draw();
  }

  refresh() {
    const told = this.model.get("told");
    this.button.textContent = this.model.get("beating") ? "Stop" : "Start";
    this.list.replaceChildren(...told.map((line) => el("li", {}, line)));
    this.list.hidden = !told.length;
    if (told.length && told.at(-1) !== this.lastTold) this.status.textContent = told.at(-1);
    this.lastTold = told.at(-1);
    clearInterval(this.clock);
    const period = this.still.matches ? REDRAW_STILL : REDRAW;
    if (this.model.get("beating")) this.clock = setInterval(() => this.draw(), period);
    this.draw();
  }

  draw() {
    const now = performance.now() / 1000;
    const silence = now - (this.beats.at(-1) ?? now);
    const beating = this.model.get("beating");
    const frozen = beating && silence > Math.max(0.5, 4 * this.model.get("period"));
    const state = frozen ? "frozen" : beating ? "beating" : "off";
    this.root.dataset.state = state;
    const beats = `${this.count ?? 0} beats`;
    if (frozen) this.words.textContent = `Frozen: no beat for ${silence.toFixed(1)} s`;
    else this.words.textContent = beating ? `Beating: ${beats}` : `Not beating: ${beats}`;
    if (state !== this.state) this.say(state);
    this.drawStrip(now, frozen);
  }

  say(state) {
    if (state === "frozen") this.status.textContent = "The loop stands still: something blocks it.";
    else if (!this.model.get("told").length) this.status.textContent = state === "beating" ? "The loop beats." : "";
    this.state = state;
  }

  drawStrip(now, frozen) {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const dots = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * dots);
    this.canvas.height = Math.round(HEIGHT * dots);
    const brush = this.canvas.getContext("2d");
    brush.scale(dots, dots);
    const look = getComputedStyle(this.heart);
    const end = this.model.get("beating") ? now : (this.beats.at(-1) ?? now);
    const x = (t) => width - ((end - t) / this.model.get("period")) * BEAT;
    const middle = HEIGHT / 2 + 6;
    const line = new Path2D(`M0 ${middle}H${width}`);
    for (const t of this.beats) {
      if (x(t) < 0) continue;
      line.addPath(new Path2D(`M${x(t) - 2} ${middle}L${x(t) - 0.5} 8L${x(t) + 1} ${HEIGHT - 8}L${x(t) + 2} ${middle}`));
    }
    Object.assign(brush, { strokeStyle: look.color, lineWidth: 1.5 });
    brush.stroke(line);
    if (!frozen) return;
    brush.setLineDash([2, 4]); // stripes, as for a stall in the player
    brush.lineWidth = 10;
    brush.stroke(new Path2D(`M${Math.max(0, x(this.beats.at(-1)) + 6)} ${middle}H${width}`));
  }
}

function render({ model, el: root }) {
  const view = new PulseView(model, root);
  return () => view.close();
}

export default { render };
