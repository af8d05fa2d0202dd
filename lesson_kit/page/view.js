// The chat view: what the student sees and presses. It knows no server; whoever makes it brings the messages.
//
// The plain page (page.js) and the notebook panel (widget.js) drive it with the same calls:
//   begin, append, replace, progress, stopping, end: one turn, named by its id
//   show: the whole transcript;  sync: the same, keeping what stands;  model: who speaks;  say: a line of news
// A turn: {id, question, answer, state, note, retry, times, total, elapsed}; times in seconds since it was sent.

import { el } from "./dom.js";
import { ownKeys } from "./keys.js";
import { History, RUNNING } from "./history.js";
import { Timeline, inWords } from "./timeline.js";

const SAID = {
  thinking: "Thinking...",
  answering: "Answering...",
  stopping: "Stopping...",
  done: "Done.",
  stopped: "Stopped.",
  interrupted: "Cut short by your next question.",
  cut: "The connection broke.",
  error: "Error.",
};

const NAMES = { offline: "offline tutor", ScriptModel: "a script, no AI" };

let views = 0;

export class ChatView {
  // on: {ask(text), stop(), retry(id)}
  constructor(root, { title, suggestions = [], model = "", on }) {
    views += 1;
    this.uid = `lk${views}-${Math.random().toString(36).slice(2, 8)}`;
    this.root = root;
    this.on = on;
    this.modelName = "";
    this.timeline = new Timeline(this.uid);
    this.history = new History({
      speaker: () => this.modelName || "Tutor",
      onRetry: (id) => this.retry(id),
      summary: inWords,
    });
    this.build(title, suggestions);
    this.history.watchScroll();
    this.model(model);
    this.refresh();
  }

  build(title, suggestions) {
    this.title = el("p", { class: "lk-title", id: `${this.uid}-title` }, title);
    this.speaks = el("p", { class: "lk-model" });
    // The line exists before it has anything to say: a live region that is born talking is not heard.
    this.status = el("p", { class: "lk-status", role: "status", "aria-live": "polite", "aria-atomic": "true" });
    const ask = (text) => el("button", { type: "button", class: "lk-suggestion", onclick: () => this.ask(text) }, text);
    this.suggestions = el("div", { class: "lk-suggestions", role: "group", "aria-label": "Suggested questions" });
    this.suggestions.append(...suggestions.map(ask));
    this.suggestions.hidden = !suggestions.length;
    this.root.classList.add("lk-look", "lk-chat");
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-labelledby", this.title.id);
    ownKeys(this.root);
    this.root.replaceChildren(
      el("div", { class: "lk-head" }, this.title, this.speaks),
      this.history.box,
      this.timeline.figure,
      this.status,
      this.suggestions,
      this.form(),
    );
    this.root.addEventListener("keydown", (event) => this.key(event));
    // For every key it also hangs a listener on the target that cancels line breaks inside cells (evtKeydown in
    // @jupyterlab/application). Only a capturing listener further out comes before that one.
    this.root.addEventListener("beforeinput", (event) => event.stopPropagation(), true);
  }

  form() {
    const id = `${this.uid}-input`;
    this.input = el("textarea", { id, class: "lk-input", rows: "2", "aria-describedby": `${id}-keys` });
    this.send = el("button", { type: "submit", class: "lk-button lk-send" }, "Send");
    this.stop = el("button", { type: "button", class: "lk-button lk-stop", onclick: () => this.pressStop() }, "Stop");
    const submit = (event) => {
      event.preventDefault();
      this.ask(this.input.value);
    };
    return el(
      "form",
      { class: "lk-form", onsubmit: submit },
      el("label", { for: id, class: "lk-ask" }, "Your question"),
      this.input,
      el("div", { class: "lk-buttons" }, this.send, this.stop),
      el("p", { id: `${id}-keys`, class: "lk-keys" }, "Enter sends, Shift+Enter makes a new line, Escape stops."),
    );
  }

  key(event) {
    if (event.isComposing) return; // Enter and Escape belong to the input method now
    if (event.key === "Escape" && !this.stop.disabled) {
      event.preventDefault();
      this.pressStop();
    } else if (event.key === "Enter" && event.target === this.input && !event.shiftKey) {
      event.preventDefault();
      this.ask(this.input.value);
    }
  }

  ask(text) {
    const question = text.trim();
    this.input.focus();
    if (!question) return this.say("Write a question first, then press Send.");
    if (text === this.input.value) this.input.value = "";
    return this.on.ask(question);
  }

  retry(id) {
    this.input.focus();
    this.on.retry(id);
  }

  pressStop() {
    // Before any round trip: whoever presses must see at once that it counted.
    this.input.focus();
    for (const entry of this.history.running()) this.stopping(entry.id);
    this.on.stop();
  }

  begin(turn) {
    if (this.history.entries.has(turn.id)) return;
    if (turn.replaces) this.history.drop(turn.replaces);
    this.history.begin(turn);
    this.timeline.start(turn);
    this.newest = turn.id;
    this.refresh();
    this.say(SAID.thinking);
  }

  append(id, delta, times) {
    const waited = this.history.entries.get(id)?.state === "thinking";
    if (!delta && !times.length) return;
    this.history.append(id, delta, times);
    this.timeline.add(id, times);
    if (waited && id === this.newest) this.say(SAID.answering);
  }

  replace(id, text) {
    this.history.replace(id, text);
  }

  progress(id, text) {
    if (text && id === this.newest && this.history.entries.get(id)?.state !== "stopping") this.say(text);
  }

  stopping(id) {
    const entry = this.history.entries.get(id);
    if (!entry || !RUNNING.has(entry.state)) return;
    this.history.setState(entry, "stopping");
    this.refresh();
    this.say(SAID.stopping);
  }

  end(id, result) {
    if (!RUNNING.has(this.history.entries.get(id)?.state)) return;
    this.history.end(id, result);
    this.timeline.end(id, result);
    this.refresh();
    if (id === this.newest) this.say([SAID[result.state], result.note].filter(Boolean).join(" "), result.state);
  }

  show(turns) {
    this.history.show(turns);
    const last = turns.at(-1);
    this.newest = last?.id;
    if (last && (last.times?.length || RUNNING.has(last.state))) this.timeline.start(last);
    else this.timeline.clear();
    this.refresh();
    if (last && RUNNING.has(last.state)) this.say(SAID[last.state]);
  }

  // Brings the view up to a snapshot, without redrawing what already stands.
  sync(turns) {
    const known = [...this.history.entries.keys()];
    if (known.join() !== turns.map((turn) => turn.id).join()) return this.show(turns);
    for (const turn of turns) {
      const { raw, times } = this.history.entries.get(turn.id);
      if (!turn.answer.startsWith(raw)) this.replace(turn.id, turn.answer);
      else this.append(turn.id, turn.answer.slice(raw.length), turn.times.slice(times.length));
      if (!RUNNING.has(turn.state)) this.end(turn.id, turn);
    }
    return undefined;
  }

  model(name) {
    this.modelName = NAMES[name] ?? name;
    this.speaks.replaceChildren("Answers come from: ", el("strong", {}, this.modelName || "(not known yet)"));
  }

  say(text, state = "") {
    this.status.dataset.state = state;
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  // Stop can be pressed from Send on, not from the first token; Send always.
  refresh() {
    const running = this.history.running();
    this.stop.disabled = !running.some((entry) => entry.state !== "stopping");
    this.root.dataset.busy = String(running.length > 0);
  }

  close() {
    this.timeline.close();
    this.root.replaceChildren();
  }
}
