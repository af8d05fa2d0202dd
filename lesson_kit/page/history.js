// The conversation as it stands on the page: questions and answers, oldest first.
//
// Finished messages live in a log that screen readers follow. A message that still grows lives in `growing`, which
// is no live region: announcing every delta would bury the listener. When it is finished it moves into the log, once.

import { el } from "./dom.js";
import { renderMarkdown } from "./markdown.js";

export const RUNNING = new Set(["thinking", "answering", "stopping"]);

// How an answer ended, by shape and word: never by colour alone.
const ENDINGS = {
  stopped: "■ stopped here",
  cut: "✂ the connection broke here",
  error: "⚠ failed here",
  interrupted: "■ cut short by your next question",
};

export class History {
  constructor({ speaker, onRetry, summary }) {
    this.speaker = speaker; // () => who answers, for the label of an answer
    this.onRetry = onRetry;
    this.summary = summary; // (times, total) => the timing in words
    this.settled = el("div", { class: "lk-settled" });
    this.growing = el("div", { class: "lk-growing", "aria-live": "off" });
    this.box = el(
      "div",
      { class: "lk-log", role: "log", "aria-label": "Conversation", "aria-live": "polite", tabindex: "0" },
      this.settled,
      this.growing,
    );
    this.entries = new Map();
    this.frame = 0;
  }

  // Shows a whole transcript, silently: a reload must not read everything out again.
  show(turns) {
    this.quiet = true;
    requestAnimationFrame(() => {
      this.quiet = false;
      this.setLive();
    });
    this.entries.clear();
    this.settled.replaceChildren();
    this.growing.replaceChildren();
    for (const turn of turns) this.begin(turn);
    this.box.scrollTop = this.box.scrollHeight;
  }

  // Puts a turn at the end. `turn` may be under way or over: then this is a reload.
  begin(turn) {
    // Trying an older turn again would delete all that came after it, so only the last one may be.
    for (const old of this.entries.values()) old.retry?.remove();
    const entry = { id: turn.id, raw: "", buffer: "", times: [], state: "thinking" };
    entry.question = el("article", { class: "lk-msg lk-question", "aria-label": "You" });
    entry.question.append(el("p", { class: "lk-who" }, "You"), el("div", { class: "lk-text" }, turn.question));
    entry.text = el("div", { class: "lk-text" });
    entry.foot = el("div", { class: "lk-foot" });
    const who = this.speaker();
    entry.answer = el("article", { class: "lk-msg lk-answer", "aria-label": who }, el("p", { class: "lk-who" }, who));
    entry.answer.append(entry.text, entry.foot);
    this.entries.set(turn.id, entry);
    this.growing.append(entry.question, entry.answer);
    entry.question.dataset.settled = "";
    this.setState(entry, "thinking");
    if (turn.answer) this.append(turn.id, turn.answer, turn.times ?? []);
    if (turn.state && !RUNNING.has(turn.state)) this.end(turn.id, turn);
    else if (turn.state) this.setState(entry, turn.state);
    this.settle();
    this.follow(true);
  }

  // Forgets a turn: it is asked again, and the new try takes its place.
  drop(id) {
    const entry = this.entries.get(id);
    this.entries.delete(id);
    entry?.question.remove();
    entry?.answer.remove();
  }

  // Buffers a delta; the next frame shows it. Several deltas in one frame cost one text node.
  append(id, delta, times) {
    const entry = this.entries.get(id);
    if (!entry || !RUNNING.has(entry.state)) return;
    entry.raw += delta;
    entry.buffer += delta;
    entry.times.push(...times);
    if (entry.state === "thinking") this.setState(entry, "answering");
    if (!this.frame) this.frame = requestAnimationFrame(() => this.flush());
  }

  // Replaces all text of an answer that still grows: something was taken back, or the text was repaired.
  replace(id, text) {
    const entry = this.entries.get(id);
    if (!entry || !RUNNING.has(entry.state)) return;
    entry.raw = text;
    entry.buffer = "";
    entry.text.textContent = text;
  }

  // Ends an answer. Without `answer`, the text that stands is final.
  end(id, { state, note = "", retry = false, answer, times, total }) {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.flush();
    const text = answer ?? entry.raw;
    entry.raw = text;
    if (times) entry.times = times;
    this.setState(entry, state);
    const none = note ? "" : el("p", { class: "lk-none" }, "No text arrived.");
    entry.text.replaceChildren(text.trim() ? renderMarkdown(text) : none);
    entry.foot.replaceChildren();
    if (ENDINGS[state]) entry.foot.append(el("p", { class: "lk-ending" }, ENDINGS[state]));
    if (note) entry.foot.append(el("p", { class: "lk-note" }, note));
    if (entry.times.length) entry.foot.append(el("p", { class: "lk-figures" }, this.summary(entry.times, total)));
    if (retry) {
      const press = { type: "button", class: "lk-button lk-retry", onclick: () => this.onRetry(id) };
      entry.retry = el("button", press, "Ask again");
      entry.foot.append(entry.retry);
    }
    // First the log turns live again, then the message enters it: so it is announced, once and whole.
    requestAnimationFrame(() => this.settle());
    this.follow();
  }

  setState(entry, state) {
    entry.state = state;
    entry.answer.dataset.state = state;
    entry.answer.setAttribute("aria-busy", String(RUNNING.has(state)));
    if (!RUNNING.has(state)) entry.answer.dataset.settled = "";
    this.setLive();
  }

  setLive() {
    this.box.setAttribute("aria-live", this.quiet || this.running().length ? "off" : "polite");
  }

  running() {
    return [...this.entries.values()].filter((entry) => RUNNING.has(entry.state));
  }

  // Moves finished messages into the log, in order: nothing overtakes an older answer that still grows.
  settle() {
    while (this.growing.firstElementChild?.dataset.settled !== undefined) {
      this.settled.append(this.growing.firstElementChild);
    }
  }

  flush() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    for (const entry of this.entries.values()) {
      if (entry.buffer) entry.text.append(entry.buffer);
      entry.buffer = "";
    }
    this.follow();
  }

  // Keeps the end in sight, unless the reader has scrolled up to read.
  follow(always = false) {
    if (always || this.atEnd !== false) this.box.scrollTop = this.box.scrollHeight;
  }

  watchScroll() {
    this.box.addEventListener("scroll", () => {
      this.atEnd = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 48;
    });
  }
}
