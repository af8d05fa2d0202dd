// The access token of a server that asks for one. It is kept for this tab only, and goes when the tab does.

import { el } from "./dom.js";

const PLACE = "lesson-kit.token";

export function token() {
  return sessionStorage.getItem(PLACE) ?? "";
}

let asking = null;

// Asks for the token, and resolves when there is one to try. Several callers share one question.
export function askForToken(news = "") {
  asking ??= new Promise((resolve) => open(news, resolve)).finally(() => (asking = null));
  return asking;
}

function open(news, resolve) {
  const input = el("input", {
    id: "lk-token",
    class: "lk-input",
    type: "password",
    required: true,
    autocomplete: "off",
    spellcheck: "false",
    autocapitalize: "off",
    "aria-describedby": "lk-token-about",
  });
  const take = (event) => {
    event.preventDefault();
    const given = input.value.trim();
    if (!given) return;
    sessionStorage.setItem(PLACE, given);
    dialog.remove();
    resolve();
  };
  const dialog = el(
    "dialog",
    {
      class: "lk-look lk-chat lk-token",
      "aria-labelledby": "lk-token-title",
      // Escape would leave a page that can do nothing. Cancelling it works only once: Chromium closes at the second.
      oncancel: (event) => event.preventDefault(),
      onclose: () => dialog.isConnected && dialog.showModal(),
    },
    el("h2", { class: "lk-title", id: "lk-token-title" }, "This server asks for a token"),
    el(
      "p",
      { id: "lk-token-about" },
      "Whoever runs the server has one for you. It stays in this tab and is forgotten when you close it.",
    ),
    el(
      "form",
      { class: "lk-form", onsubmit: take },
      el("label", { for: "lk-token", class: "lk-ask" }, "Access token"),
      input,
      el("button", { type: "submit", class: "lk-button lk-send" }, "Go on"),
    ),
    el("p", { class: "lk-status", role: "alert", "data-state": "error" }, news),
  );
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
}
