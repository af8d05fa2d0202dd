// The notebook panel: the chat view driven by messages from Python (see turns.py for the other end).
//
// From Python:  begin, delta, text, stopping, end, snapshot, problem.   To Python:  ask, stop, retry, snapshot.
// Each turn has a run_id, each delta of it a seq. A gap in seq means that a message was lost (jupyter_server drops
// them above 1000 a second): then the page asks for a snapshot. Deltas of a run that nobody knows are stale.

import { ChatView } from "../page/view.js";

const QUIET = 5000; // milliseconds without news of a running turn, until the page asks
const PATIENCE = 3000; // milliseconds that the kernel may take to answer
const SILENT = "The kernel does not answer. A cell may keep it busy. If it was restarted, run this panel's cell again.";

class PanelPage {
  constructor(model, root) {
    this.model = model;
    this.seen = new Map(); // run_id -> the last seq
    this.stale = new Set();
    const on = {
      ask: (question) => this.ask(question),
      stop: () => this.tell({ kind: "stop" }),
      retry: (id) => this.retry(id),
    };
    const [title, suggestions, name] = ["title", "suggestions", "model_name"].map((trait) => model.get(trait));
    this.view = new ChatView(root, { title, suggestions, model: name, on });
    this.view.show(model.get("transcript"));
    this.listen = (message) => this.hear(message);
    model.on("msg:custom", this.listen);
    // The synced transcript holds finished turns; one may be under way.
    this.catchUp();
  }

  close() {
    clearTimeout(this.silence);
    this.model.off("msg:custom", this.listen);
    this.view.close();
  }

  ask(question) {
    const id = freshId();
    this.view.begin({ id, question });
    this.tell({ kind: "ask", run_id: id, question });
  }

  retry(replaces) {
    const id = freshId();
    this.tell({ kind: "retry", run_id: id, replaces });
  }

  tell(message) {
    this.model.send(message);
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.silent = true;
      this.view.say(SILENT, "error");
    }, PATIENCE);
  }

  catchUp() {
    this.waiting = true;
    this.tell({ kind: "snapshot", view: this.view.uid });
  }

  // Asks when a running turn is quiet for long: its end may be what was lost.
  watch() {
    clearTimeout(this.silence);
    if (this.view.history.running().length) this.silence = setTimeout(() => this.catchUp(), QUIET);
  }

  hear(message) {
    if (this.silent) this.view.say("The kernel answers again.");
    this.silent = false;
    this.take(message);
    this.watch();
  }

  take(message) {
    const id = message.run_id;
    switch (message.kind) {
      case "begin":
        this.seen.set(id, 0);
        return this.view.begin({ ...message, id });
      case "delta":
      case "text":
        return this.inOrder(message) ? this.grow(message) : null;
      case "stopping":
        return this.view.stopping(id);
      case "end":
        return this.view.end(id, message);
      case "snapshot":
        return message.view === this.view.uid ? this.adopt(message) : null;
      case "problem":
        return this.view.say(message.text, "error");
      default:
        return console.warn("the panel does not know this message", message);
    }
  }

  inOrder({ run_id: id, seq }) {
    if (this.waiting || this.stale.has(id)) return false; // the snapshot will hold it
    if (this.seen.has(id) && seq === this.seen.get(id) + 1) {
      this.seen.set(id, seq);
      return true;
    }
    if (!this.seen.has(id)) this.stale.add(id); // unless the snapshot knows it
    this.catchUp();
    return false;
  }

  grow({ kind, run_id: id, delta, text, times, progress }) {
    if (kind === "text") this.view.replace(id, text);
    if (delta || times?.length) this.view.append(id, delta ?? "", times);
    if (progress) this.view.progress(id, progress);
  }

  adopt({ turns, seqs }) {
    this.waiting = false;
    for (const [id, seq] of Object.entries(seqs)) {
      this.seen.set(id, seq);
      this.stale.delete(id);
    }
    this.view.sync(turns);
  }
}

function freshId() {
  return `page-${Math.random().toString(36).slice(2, 10)}`;
}

function render({ model, el }) {
  const page = new PanelPage(model, el);
  return () => page.close();
}

export default { render };
