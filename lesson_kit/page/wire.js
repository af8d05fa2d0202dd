// ChatKit's requests over fetch. Addresses are relative, so the page also works below a path.

import { eventsOf } from "./sse.js";
import { askForToken, token } from "./token.js";

const GONE = "The server does not answer. Is it still running (lesson-kit serve)? Start it again, then ask again.";

// A request that failed before its answer began. `gone`: nobody was there.
export class RequestFailed extends Error {
  constructor(reason, { status = 0 } = {}) {
    super(reason);
    this.status = status;
    this.gone = status === 0;
  }
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RequestFailed(GONE); // fetch says "TypeError: Failed to fetch" for all of these
  }
  if (response.ok) return response;
  throw new RequestFailed(await reasonOf(response), { status: response.status });
}

async function reasonOf(response) {
  // {"error": {"reason", "expected", "next_step"}}, as lesson_kit/web/refusal.py writes it; others may write anything.
  const { reason, next_step: next } = (await response.json().catch(() => null))?.error ?? {};
  return reason ? `The server says: ${reason}. ${next ?? ""}` : `The server answered with status ${response.status}.`;
}

async function post(type, params, signal) {
  const body = JSON.stringify({ type, params });
  for (;;) {
    const headers = { "content-type": "application/json" };
    if (token()) headers.authorization = `Bearer ${token()}`;
    try {
      return await request("chatkit", { method: "POST", headers, body, signal });
    } catch (error) {
      if (error.status !== 401) throw error;
      await askForToken(token() ? error.message : "");
      signal?.throwIfAborted();
    }
  }
}

function input(text) {
  return { content: [{ type: "input_text", text }], attachments: [], inference_options: {} };
}

// Both give the events of the answer, until the server ends it. Abort the signal to stop: the protocol has no
// cancel request, so Stop can only be a closed connection.
export async function* send(text, threadId, signal) {
  const [type, params] = threadId
    ? ["threads.add_user_message", { input: input(text), thread_id: threadId }]
    : ["threads.create", { input: input(text) }];
  yield* eventsOf(await post(type, params, signal));
}

export async function* retry(threadId, itemId, signal) {
  yield* eventsOf(await post("threads.retry_after_item", { thread_id: threadId, item_id: itemId }, signal));
}

// All items of a thread that the user may see, oldest first.
export async function loadItems(threadId) {
  const thread = await (await post("threads.get_by_id", { thread_id: threadId })).json();
  const items = [...thread.items.data];
  // The thread comes with its *first* 20 items (chatkit/server.py, _load_full_thread); the rest comes by pages.
  for (let page = thread.items; page.has_more; ) {
    const params = { thread_id: threadId, limit: 100, order: "asc", after: page.after };
    page = await (await post("items.list", params)).json();
    items.push(...page.data);
  }
  return items;
}

// What the server says about itself: {model, auth}. `auth` is "bearer" where it asks for a token.
export async function about() {
  return (await request("healthz")).json();
}

// Asks for the token until the server knows it.
export async function comeIn() {
  if (!token()) await askForToken();
  await post("threads.list", { limit: 1 });
}
