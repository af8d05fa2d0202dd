// The plain page: the chat view over ChatKit's protocol, with fetch. No build step, no other server.

import { Answer, turnsOf } from "./answer.js";
import { ChatView } from "./view.js";
import { RequestFailed, about, comeIn, loadItems, retry, send } from "./wire.js";

const THREAD = "lesson-kit.thread";
const QUESTIONS = [
  "Why stream an answer?",
  "What is a delta?",
  "What is first token latency?",
  "What happens when I press Stop?",
];
// Milliseconds to wait for the server to save, look after look: longer than it may take (LAST_SAVE in server/lesson.py).
const SAVING = [50, 150, 300, 600, 1200, 2400, 4800];
const UNKNOWN = "Something went wrong on the server.";

class Page {
  constructor(root) {
    const on = { ask: (text) => this.ask(text), stop: () => this.stop(), retry: (id) => this.retry(id) };
    this.view = new ChatView(root, { title: "Ask the tutor", suggestions: QUESTIONS, on });
    this.turns = new Map();
    this.threadId = localStorage.getItem(THREAD);
    this.count = 0;
  }

  async open() {
    try {
      const { model = "", auth } = await about();
      this.view.model(model);
      if (auth) await comeIn();
      if (this.threadId) await this.reopen();
    } catch (error) {
      this.view.say(error.message, "error");
    }
    this.view.input.focus();
  }

  // Shows the stored conversation after a reload. A last question without an answer may still be saving.
  async reopen() {
    let turns;
    try {
      turns = turnsOf(await loadItems(this.threadId));
    } catch (error) {
      if (error.status !== 404) throw error;
      this.useThread(null);
      this.view.say("The earlier conversation is no longer on the server. A new one begins.");
      return;
    }
    const last = turns.at(-1);
    if (last && !last.answer) {
      last.answer = await this.saved(last);
      if (!last.answer) Object.assign(last, { state: "stopped", note: "It has no answer yet.", retry: true });
    }
    for (const turn of turns) this.turns.set(turn.id, turn);
    this.view.show(turns);
  }

  useThread(id) {
    this.threadId = id;
    if (id) localStorage.setItem(THREAD, id);
    else localStorage.removeItem(THREAD);
  }

  ask(question, replaces) {
    const older = [...this.turns.values()].at(-1);
    const turn = this.newTurn(question, replaces);
    return this.run(turn, async () => {
      // A question that follows at once must not open a second thread: wait until the first has its own.
      if (!this.threadId && older?.opened) await older.opened;
      return send(question, this.threadId, turn.abort.signal);
    });
  }

  retry(id) {
    const old = this.turns.get(id);
    this.turns.delete(id);
    if (!old.itemId || !this.threadId) return this.ask(old.question, id);
    const turn = this.newTurn(old.question, id);
    turn.itemId = old.itemId;
    return this.run(turn, () => retry(this.threadId, old.itemId, turn.abort.signal));
  }

  newTurn(question, replaces) {
    this.count += 1;
    const turn = { id: `turn-${this.count}`, question, replaces, answer: new Answer(), abort: new AbortController() };
    turn.began = performance.now();
    turn.opened = new Promise((resolve) => (turn.resolveOpened = resolve));
    this.turns.set(turn.id, turn);
    this.view.begin({ id: turn.id, question, replaces });
    return turn;
  }

  stop() {
    for (const turn of this.turns.values()) turn.abort?.abort();
  }

  async run(turn, request) {
    let result;
    try {
      for await (const event of await request()) this.take(turn, event);
      result = ended(turn);
    } catch (error) {
      result = await this.failed(turn, error);
    }
    turn.resolveOpened();
    const overtaken = [...this.turns.keys()].at(-1) !== turn.id;
    if (overtaken && result.state === "done") result.state = "interrupted";
    this.view.end(turn.id, { total: now(turn), ...result });
  }

  take(turn, event) {
    if (event.type === "thread.created") {
      this.useThread(event.thread.id);
      turn.resolveOpened();
    } else if (event.type === "progress_update") {
      this.view.progress(turn.id, event.text);
    } else if (event.item?.type === "user_message") {
      turn.itemId = event.item.id;
    }
    const added = turn.answer.apply(event);
    const isDelta = event.update?.type === "assistant_message.content_part.text_delta";
    if (added === null) this.view.replace(turn.id, turn.answer.text);
    else if (added) this.view.append(turn.id, added, isDelta ? [now(turn)] : []);
  }

  // What to tell about a stream that broke: by Stop, by the network, or before it began.
  async failed(turn, error) {
    const stopped = error.name === "AbortError";
    const state = stopped ? "stopped" : "cut";
    if (error instanceof RequestFailed) return { state: "error", note: error.message, retry: true };
    if (!turn.answer.text) {
      const note = stopped ? "Nothing had arrived yet." : "Nothing had arrived yet. Ask again.";
      return { state, note, retry: !stopped };
    }
    const total = now(turn);
    const answer = await this.saved(turn).catch(() => null);
    if (answer) return { state, total, answer, note: "What arrived is saved." };
    const lost = answer === "" ? "The server did not save it: after a reload it will be gone." : "The server is gone.";
    return { state, total, note: `What arrived stays here. ${lost}`, retry: !stopped };
  }

  // The answer as the server has stored it; "" if it stores none. It may need a moment to save.
  async saved(turn) {
    for (const pause of SAVING) {
      const found = turnsOf(await loadItems(this.threadId)).find((stored) => stored.itemId === turn.itemId);
      if (found?.answer) return found.answer;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return "";
  }

  startAnew() {
    this.stop();
    this.turns.clear();
    this.useThread(null);
    this.view.show([]);
    this.view.say("A new conversation.");
    this.view.input.focus();
  }
}

function now(turn) {
  return (performance.now() - turn.began) / 1000;
}

// How a stream ended that the server closed in good order. ChatKit marks no end: what came last must tell.
function ended({ answer }) {
  const { last, text, finished } = answer;
  if (last?.type === "error") return { state: "error", note: last.message ?? UNKNOWN, retry: last.allow_retry };
  if (last?.type === "notice") return { state: "stopped", note: last.message };
  if (finished) return { state: "done", answer: text };
  if (text) return { state: "cut", note: "The server did not finish the answer, so it did not save it.", retry: true };
  return { state: "error", note: "The server ended the stream without an answer.", retry: true };
}

const page = new Page(document.getElementById("chat"));
document.getElementById("new").addEventListener("click", () => page.startAnew());
page.open();
