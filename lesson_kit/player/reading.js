// One event, opened: what it is, its JSON, and the bytes that carried it. And the events of a lane as a table.

import { el } from "../page/dom.js";
import { told } from "./marks.js";

const HINT = "Choose a mark: click it, or go to a lane, step with the arrow keys and press Enter.";

export class Reading {
  constructor(onLeave) {
    this.title = el("p", { class: "lkp-name", tabindex: "-1" }, "No event chosen");
    this.words = el("p", {}, HINT);
    this.json = el("pre", { tabindex: "0", role: "group", "aria-label": "The event as JSON" });
    this.bytes = el("pre", { tabindex: "0", role: "group", "aria-label": "The bytes on the wire" });
    this.size = el("p", { class: "lkp-label" }, "Bytes");
    this.parts = el("div", { class: "lkp-parts" }, el("div", {}, el("p", { class: "lkp-label" }, "Event"), this.json), el("div", {}, this.size, this.bytes));
    this.parts.hidden = true;
    this.node = el("section", { class: "lkp-reading" }, this.title, this.words, this.parts);
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape") onLeave();
    });
  }

  show(lane, index) {
    const { t, what, words, sse } = lane.events[index];
    const since = index ? `, ${told(t - lane.events[index - 1].t)} after the one before` : "";
    this.title.textContent = `${lane.name}: event ${index + 1} of ${lane.events.length}, ${what} at ${told(t)}`;
    this.words.textContent = `${words ? `“${words}”` : "No words in it"}${since}.`;
    this.json.textContent = JSON.stringify(JSON.parse(sse.slice("data: ".length)), null, 2);
    this.bytes.textContent = sse.replaceAll("\n", "⏎\n").trimEnd();
    this.size.textContent = `On the wire: ${new TextEncoder().encode(sse).length} bytes of SSE`;
    this.parts.hidden = false;
  }

  focus() {
    this.title.focus();
  }
}

// The whole lane in words. Filled when it is opened: many readers never do.
export function asTable(lane) {
  const cells = (tag, row) => row.map((cell) => el(tag, tag === "th" ? { scope: "col" } : { dir: "auto" }, cell));
  const name = `Events of ${lane.name} as a table`;
  const open = el("details", { class: "lkp-table" }, el("summary", {}, name));
  open.addEventListener("toggle", () => {
    if (open.children.length > 1) return;
    const head = el("thead", {}, el("tr", {}, ...cells("th", ["time", "event", "words"])));
    const body = el("tbody", {}, ...lane.rows.map((row) => el("tr", {}, ...cells("td", row))));
    open.append(el("div", { tabindex: "0", role: "group", "aria-label": name }, el("table", {}, head, body)));
  });
  return open;
}
