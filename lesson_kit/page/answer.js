// ChatKit's items as the page shows them: a turn is a question and all text that answers it.

// Folds the events of one stream into the text of its answer.
export class Answer {
  constructor() {
    this.items = new Map(); // id -> the texts of its parts
    this.finished = false; // some message is done, so the server has stored it
    this.last = null; // the last event
  }

  get text() {
    return [...this.items.values()].flat().filter(Boolean).join("\n\n");
  }

  // Applies an event; returns the text that it added at the end, or null when it changed the text otherwise.
  apply(event) {
    this.last = event;
    const item = event.item?.type === "assistant_message" ? event.item : null;
    switch (event.type) {
      case "thread.item.added":
      case "thread.item.replaced":
      case "thread.item.done":
        if (event.type !== "thread.item.added" && item) this.finished = true;
        return item ? this.put(item) : "";
      case "thread.item.removed":
        return this.items.delete(event.item_id) ? null : "";
      case "thread.item.updated":
        return this.update(event.item_id, event.update);
      default:
        return "";
    }
  }

  put(item) {
    const before = this.text;
    this.items.set(item.id, item.content.map((part) => part.text));
    const after = this.text;
    return after.startsWith(before) ? after.slice(before.length) : null;
  }

  update(id, update) {
    const kind = update.type;
    if (!kind.startsWith("assistant_message.content_part.")) return "";
    const parts = this.items.get(id) ?? [];
    this.items.set(id, parts);
    const at = update.content_index;
    while (parts.length < at) parts.push("");
    if (!kind.endsWith(".text_delta")) return this.put({ id, content: withPart(parts, at, update.content) });
    const begins = !parts[at] && this.text ? "\n\n" : ""; // a new message or part begins a paragraph
    parts[at] = (parts[at] ?? "") + update.delta;
    const isLast = [...this.items.keys()].at(-1) === id && at === parts.length - 1;
    return isLast ? begins + update.delta : null;
  }
}

function withPart(parts, at, content) {
  const texts = [...parts];
  if (content) texts[at] = content.text;
  return texts.map((text) => ({ text: text ?? "" }));
}

// A stored thread as turns, oldest first.
export function turnsOf(items) {
  const turns = [];
  for (const item of items) {
    const text = (item.content ?? []).map((part) => part.text).filter(Boolean).join("\n\n");
    if (item.type === "user_message") {
      turns.push({ id: item.id, itemId: item.id, question: text, answer: "", state: "done" });
    } else if (item.type === "assistant_message" && turns.length) {
      const turn = turns.at(-1);
      turn.answer = [turn.answer, text].filter(Boolean).join("\n\n");
    }
  }
  return turns;
}
