// A small, safe markdown: text in, DOM nodes out.
//
// There is no HTML on the way, so there is nothing to sanitise: every piece of the answer becomes a text node, and
// the only attribute that the answer can set is the address of a link, which must be http or https.
// Filtering words while they stream cannot work: `<scr` and `ipt>` arrive in two deltas (ledger A36).

import { el } from "./dom.js";

const DEEPEST = 6; // lists and quotes inside each other; beyond that it is no prose
const LONGEST = 2000; // characters between two marks; keeps hostile text from costing n * n

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const HEADING = /^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( +)(.*)$/;
const QUOTE = /^ {0,3}> ?(.*)$/;
const RULE = /^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$/;

export function renderMarkdown(text) {
  return blocks(text.replace(/\r\n?/g, "\n").split("\n"), 0);
}

function blocks(lines, depth) {
  const out = document.createDocumentFragment();
  let at = 0;
  let paragraph = [];
  const flush = () => {
    if (paragraph.length) out.append(el("p", {}, inline(paragraph.join("\n"))));
    paragraph = [];
  };
  while (at < lines.length) {
    const block = lines[at].trim() ? special(lines, at, depth, paragraph.length > 0) : { end: at + 1 };
    if (block) {
      flush();
      if (block.node) out.append(block.node);
      at = block.end;
    } else {
      paragraph.push(lines[at]);
      at += 1;
    }
  }
  flush();
  return out;
}

// The block that begins at a line, and the line after it; null for plain prose.
function special(lines, at, depth, inParagraph) {
  const line = lines[at];
  let found = FENCE.exec(line);
  if (found) return fenced(lines, at, found[1]);
  found = HEADING.exec(line);
  if (found) return { node: el("p", { class: "lk-heading" }, inline(found[1])), end: at + 1 };
  if (RULE.test(line)) return { node: el("hr"), end: at + 1 };
  if (depth >= DEEPEST) return null;
  if (QUOTE.test(line)) return quote(lines, at, depth);
  found = ITEM.exec(line);
  // A number in running prose ("... in\n1990. Then ...") begins no list, unless it is 1.
  if (found && !(inParagraph && /^\d/.test(found[2]) && parseInt(found[2], 10) !== 1)) {
    return list(lines, at, depth, found);
  }
  return null;
}

function fenced(lines, at, fence) {
  let end = at + 1;
  while (end < lines.length && !closes(lines[end], fence)) end += 1;
  const code = lines.slice(at + 1, end).join("\n");
  return { node: el("pre", { tabindex: "0" }, el("code", {}, code)), end: end + 1 };
}

function closes(line, fence) {
  const text = line.trim();
  return text.length >= fence.length && text === fence[0].repeat(text.length);
}

function quote(lines, at, depth) {
  const inside = [];
  let end = at;
  for (let found; end < lines.length && (found = QUOTE.exec(lines[end])); end += 1) inside.push(found[1]);
  return { node: el("blockquote", {}, blocks(inside, depth + 1)), end };
}

function list(lines, at, depth, first) {
  const numbered = /^\d/.test(first[2]);
  const start = parseInt(first[2], 10);
  const node = numbered ? el("ol", start === 1 ? {} : { start }) : el("ul");
  let end = at;
  for (let found; end < lines.length && (found = ITEM.exec(lines[end])); ) {
    if (/^\d/.test(found[2]) !== numbered || RULE.test(lines[end])) break;
    const width = found[1].length + found[2].length + found[3].length;
    const inside = [found[4]];
    end = itemEnd(lines, end + 1, width, inside);
    node.append(el("li", {}, ...itemNodes(inside, depth)));
  }
  return { node, end };
}

// Collects the lines that belong to one item: deeper lines, and blank ones that deeper lines follow.
function itemEnd(lines, from, width, inside) {
  let end = from;
  while (end < lines.length) {
    const line = lines[end];
    const indent = line.length - line.trimStart().length;
    if (!line.trim()) {
      const next = lines[end + 1] ?? "";
      const deeper = next.trim() && next.length - next.trimStart().length >= 2;
      if (!deeper && !ITEM.test(next)) break;
    } else if (indent < 2 && (ITEM.test(line) || special(lines, end, DEEPEST, false) || !inside.at(-1).trim())) {
      break;
    }
    inside.push(line.slice(Math.min(indent, width)));
    end += 1;
  }
  return end;
}

function itemNodes(inside, depth) {
  const nodes = [...blocks(inside, depth + 1).childNodes];
  // A tight item reads better without a paragraph of its own.
  if (nodes[0]?.nodeName === "P" && !nodes[0].className) nodes.splice(0, 1, ...nodes[0].childNodes);
  return nodes;
}

function inline(text, depth = 0) {
  const out = document.createDocumentFragment();
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const span = depth < DEEPEST ? spanAt(text, at, depth) : null;
    if (!span) {
      plain += text[at];
      at += 1;
    } else {
      if (plain) out.append(plain);
      plain = "";
      out.append(span.node);
      at = span.end;
    }
  }
  if (plain) out.append(plain);
  return out;
}

function spanAt(text, at, depth) {
  switch (text[at]) {
    case "\\":
      return /[\\`*_[\](){}#+\-.!>~|]/.test(text[at + 1] ?? "") ? { node: text[at + 1], end: at + 2 } : null;
    case "`":
      return codeSpan(text, at);
    case "*": // not "_": here are more __names__ than words in italics
      return emphasis(text, at, depth);
    case "[":
      return link(text, at, depth);
    default:
      return null;
  }
}

function codeSpan(text, at) {
  const ticks = /^`+/.exec(text.slice(at, at + LONGEST))[0];
  const rest = text.slice(at + ticks.length, at + ticks.length + LONGEST);
  const close = rest.indexOf(ticks);
  // No partner: the whole run is text, and it is stepped over at once.
  if (close < 1) return { node: ticks, end: at + ticks.length };
  const code = rest.slice(0, close).replace(/^ (.*[^ ].*) $/s, "$1");
  return { node: el("code", {}, code), end: at + ticks.length * 2 + close };
}

function emphasis(text, at, depth) {
  const marks = text[at + 1] === "*" ? "**" : "*";
  const double = marks.length === 2;
  const rest = text.slice(at + marks.length, at + marks.length + LONGEST);
  if (/^\s|^$/.test(rest)) return null; // 2 * 3 * 4 is no emphasis
  for (let close = rest.indexOf(marks, 1); close > 0; close = rest.indexOf(marks, close + 1)) {
    if (/\s/.test(rest[close - 1])) continue;
    if (!double && (rest[close + 1] === "*" || rest[close - 1] === "*")) continue;
    const node = el(double ? "strong" : "em", {}, inline(rest.slice(0, close), depth + 1));
    return { node, end: at + marks.length * 2 + close };
  }
  return null;
}

function link(text, at, depth) {
  const found = /^\[([^\][\n]{1,300})\]\((\S{1,1000}?)\)/.exec(text.slice(at, at + 1310));
  // Only whole web addresses: no javascript:, and nothing relative, which would be a request to our own server.
  if (!found || !/^https?:\/\//i.test(found[2])) return null;
  const attributes = { href: found[2], target: "_blank", rel: "noopener noreferrer" };
  return { node: el("a", attributes, inline(found[1], depth + 1)), end: at + found[0].length };
}
