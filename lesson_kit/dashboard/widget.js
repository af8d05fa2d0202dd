// The dashboard's page. From Python: the trait `picture`, a tree [tag, {attribute: value}, child, ...], and `live`,
// `watching` and `status`. To Python: {kind: "start"} and {kind: "stop"}.

import { el, svg } from "../page/dom.js";
import { ownKeys } from "../page/keys.js";

function grow(tree, make = el) {
  if (typeof tree === "string") return document.createTextNode(tree);
  const [tag, attributes, ...children] = tree;
  const inside = tag === "svg" ? svg : make;
  return inside(tag, attributes, ...children.map((child) => grow(child, inside)));
}

// Changes only what is different, so that a second later the focus, an open table and marked text are still there.
function renew(node, tree, make = el) {
  if (typeof tree === "string") {
    if (node.nodeType !== Node.TEXT_NODE) node.replaceWith(grow(tree));
    else if (node.data !== tree) node.data = tree;
    return;
  }
  const [tag, attributes, ...children] = tree;
  if (node.nodeType !== Node.ELEMENT_NODE || node.localName !== tag.toLowerCase()) {
    node.replaceWith(grow(tree, make));
    return;
  }
  const inside = tag === "svg" ? svg : make;
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
  while (node.childNodes.length > children.length) node.lastChild.remove();
  [...node.childNodes].forEach((child, number) => renew(child, children[number], inside));
  node.append(...children.slice(node.childNodes.length).map((child) => grow(child, inside)));
}

class BoardView {
  constructor(model, root) {
    Object.assign(this, { model, root });
    this.button = el("button", { type: "button", onclick: () => this.press() });
    // Told when the state changes, never per figure.
    this.status = el("p", { class: "lkb-status", role: "status", "aria-live": "polite" });
    this.figures = grow(model.get("picture"));
    root.classList.add("lk-look", "lkb-board");
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", "Dashboard of the server");
    ownKeys(root);
    root.append(el("div", { class: "lkb-top" }, this.status, this.button), this.figures);
    this.renew = () => this.refresh();
    model.on("change:picture change:live change:watching change:status", this.renew);
    this.refresh();
  }

  close() {
    this.model.off("change:picture change:live change:watching change:status", this.renew);
  }

  press() {
    this.model.send({ kind: this.model.get("watching") ? "stop" : "start" });
  }

  refresh() {
    const watching = this.model.get("watching");
    const wrong = watching && this.model.get("status");
    const still = this.model.get("live") ? "Not watching" : "A run that is over";
    const words = wrong || (watching ? "Watching" : still);
    if (this.status.textContent !== words) this.status.textContent = words;
    this.root.dataset.state = wrong ? "wrong" : watching ? "watching" : "off";
    this.button.textContent = watching ? "Stop" : "Start";
    this.button.hidden = !this.model.get("live");
    renew(this.figures, this.model.get("picture"));
  }
}

function render({ model, el: root }) {
  const view = new BoardView(model, root);
  return () => view.close();
}

export default { render };
