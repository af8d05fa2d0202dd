"""The front end's own modules in a real Chromium, without any server."""

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

import lesson_kit
from lesson_kit.panel.joined import one_module

pytestmark = pytest.mark.browser

FRONT = Path(lesson_kit.__file__).parent / "page"
EMPTY = (
    '<!doctype html><html lang="en"><link rel="stylesheet" href="/panel.css"><div id="root"></div>'
)


@pytest.fixture(scope="module")
def view(chromium: Path) -> Iterator[Page]:
    """One page for all tests here: they are many and quick."""
    from playwright.sync_api import sync_playwright

    from tests.conftest import BROWSER_ARGS

    with sync_playwright() as playwright:
        running: Browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_ARGS)
        page = running.new_page(viewport={"width": 800, "height": 700})
        page.route("http://kit.test/**", serve)
        yield page
        running.close()


def serve(route: Route) -> None:
    name = route.request.url.rpartition("/")[2]
    if not name:
        route.fulfill(body=EMPTY, content_type="text/html")
    elif name == "joined.js":
        route.fulfill(body=one_module(), content_type="text/javascript")
    elif (FRONT / name).is_file():
        content_type = mimetypes.guess_type(name)[0] or "text/plain"
        route.fulfill(body=(FRONT / name).read_text(encoding="utf-8"), content_type=content_type)
    else:
        route.fulfill(status=404)


def fresh(page: Page) -> Page:
    page.goto("http://kit.test/")
    return page


# --- server-sent events ---

STREAM = (
    ': a comment\n\ndata: {"n": 1}\n\n'
    'event: x\ndata: {"text": "héllo 🌍 世界"}\n\n'
    'data: {"a":\ndata:  2}\r\n\r\n'
    'data: {"last": true}\n\ndata: {"half": '
)
EVENTS = ['{"n": 1}', '{"text": "héllo 🌍 世界"}', '{"a":\n 2}', '{"last": true}']

DECODE = """async ([bytes, size]) => {
  const { EventDecoder } = await import("/sse.js");
  const decoder = new EventDecoder();
  const found = [];
  for (let at = 0; at < bytes.length; at += size) {
    found.push(...decoder.feed(new Uint8Array(bytes.slice(at, at + size))));
  }
  return found;
}"""


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 10_000])
def test_events_are_the_same_however_the_bytes_are_cut(view: Page, size: int) -> None:
    assert fresh(view).evaluate(DECODE, [list(STREAM.encode()), size]) == EVENTS


# --- markdown ---

RENDER = """async (text) => {
  const { renderMarkdown } = await import("/markdown.js");
  const root = document.getElementById("root");
  root.replaceChildren(renderMarkdown(text));
  const nodes = [...root.querySelectorAll("*")];
  return {
    html: root.innerHTML,
    text: root.textContent,
    tags: nodes.map((node) => node.localName),
    attributes: nodes.flatMap((node) => [...node.attributes].map(({ name, value }) => `${name}=${value}`)),
  };
}"""


def render(view: Page, text: str) -> dict[str, Any]:
    found: dict[str, Any] = fresh(view).evaluate(RENDER, text)
    return found


A = '<a href="https://x.org/a_b" target="_blank" rel="noopener noreferrer">'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p><p>three</p>"),
        ("**bold** and *it*", "<p><strong>bold</strong> and <em>it</em></p>"),
        ("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"),
        ("`x < y` and ``a ` b``", "<p><code>x &lt; y</code> and <code>a ` b</code></p>"),
        ("snake_case_name, 2 * 3 * 4, __init__.py", "<p>snake_case_name, 2 * 3 * 4, __init__.py</p>"),
        (r"\*not\* a `\n`", r"<p>*not* a <code>\n</code></p>"),
        ("[t](https://x.org/a_b)", f"<p>{A}t</a></p>"),
        ("- a\n- b\n  - c\n- d", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("in\n1990. Then", "<p>in\n1990. Then</p>"),
        ("## Head ##\ntext", '<p class="lk-heading">Head</p><p>text</p>'),
        ("> said\n> so", "<blockquote><p>said\nso</p></blockquote>"),
        ("```py\na < b\n\n*c*\n```\nd", '<pre tabindex="0"><code>a &lt; b\n\n*c*</code></pre><p>d</p>'),
        ("```\nnever closed", '<pre tabindex="0"><code>never closed</code></pre>'),
        ("---", "<hr>"),
        ("a **never closed", "<p>a **never closed</p>"),
    ],
)  # fmt: skip
def test_markdown_becomes_the_few_elements_that_an_answer_needs(
    view: Page, text: str, html: str
) -> None:
    assert render(view, text)["html"] == html


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<scr" + "ipt>window.hacked = 1</scr" + "ipt>",
    "<img src=x onerror='window.hacked = 1'>",
    "[x](javascript:window.hacked=1)",
    "[x](JaVaScRiPt:window.hacked=1)",
    "[x](\tjavascript:window.hacked=1)",
    "[x](data:text/html,<script>window.hacked=1</script>)",
    "[x](//evil.example)",
    "[x](/chatkit)",
    '[x](https://x.org/"onmouseover="window.hacked=1)',
    "[<img src=x onerror=window.hacked=1>](https://x.org)",
    "**<svg onload=window.hacked=1>**",
    "```\n</code></pre><script>window.hacked=1</script>\n```",
    "`<iframe srcdoc='<script>parent.hacked=1</script>'>`",
    "&lt;script&gt; &#60;script&#62;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_answer_stays_text(view: Page, text: str) -> None:
    found = render(view, text)
    assert set(found["tags"]) <= {"p", "strong", "a", "code", "pre"}
    for attribute in found["attributes"]:
        name, _, value = attribute.partition("=")
        assert name in {"href", "target", "rel", "tabindex"}
        assert name != "href" or value.startswith("https://x.org")
    assert view.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "piece", ["[", "*", "_", "`", "**a", "[a](", "> ", "- ", "\\", "*_", "``` "]
)
def test_a_hundred_thousand_marks_are_read_to_the_end(view: Page, piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert render(view, text)["html"]


# --- the view ---

OPEN = """async () => {
  const { ChatView } = await import("/view.js");
  window.did = [];
  const on = {
    ask: (text) => did.push(["ask", text]),
    stop: () => did.push(["stop", view.status.textContent, view.stop.disabled]),
    retry: (id) => did.push(["retry", id]),
  };
  window.view = new ChatView(document.getElementById("root"), { title: "T", model: "offline", on });
  window.frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}"""


def chat(view: Page) -> Page:
    fresh(view).evaluate(OPEN)
    return view


def test_two_thousand_deltas_all_stand_and_no_live_region_hears_them(view: Page) -> None:
    heard = chat(view).evaluate("""async () => {
      let heard = 0;
      const count = (changes) => (heard += changes.length);
      view.begin({ id: "a", question: "Q" });
      await frame();
      new MutationObserver(count).observe(view.history.settled, { childList: true, subtree: true, characterData: true });
      new MutationObserver(count).observe(view.status, { childList: true, characterData: true, subtree: true });
      let live = new Set();
      for (let n = 0; n < 2000; n += 1) {
        view.append("a", `w${n} `, [n / 500]);
        live.add(view.history.box.getAttribute("aria-live"));
        if (n % 400 === 0) await frame();
      }
      await frame();
      const streamed = view.history.growing.querySelector(".lk-text").textContent;
      const during = heard;
      view.end("a", { state: "done", total: 4 });
      await frame();
      return { streamed, during, after: heard - during, live: [...live], final: view.history.box.getAttribute("aria-live"),
               growing: view.history.growing.childElementCount };
    }""")
    assert heard["streamed"] == "".join(f"w{n} " for n in range(2000))
    assert heard["during"] == 1  # the status says "Answering..."
    assert heard["after"] == 2  # the status says "Done.", and the message enters the log
    assert (heard["live"], heard["final"], heard["growing"]) == (["off"], "polite", 0)


def test_stop_can_be_pressed_from_send_on_and_confirms_before_anybody_answers(view: Page) -> None:
    states = chat(view).evaluate("""() => {
      const states = [view.stop.disabled];
      view.begin({ id: "a", question: "Q" });
      states.push(view.stop.disabled);
      view.stop.click();
      states.push(view.stop.disabled, document.activeElement === view.input);
      view.append("a", "late", [1]);
      states.push(view.status.textContent);
      view.end("a", { state: "stopped", note: "Kept." });
      states.push(view.status.textContent, view.stop.disabled);
      return states;
    }""")
    assert states == [True, False, True, True, "Stopping...", "Stopped. Kept.", True]
    assert view.evaluate("did") == [["stop", "Stopping...", True]]


def test_an_older_answer_keeps_its_place_while_a_newer_one_is_done_first(view: Page) -> None:
    order = chat(view).evaluate("""async () => {
      view.begin({ id: "a", question: "Q1" });
      view.append("a", "first", [1]);
      view.begin({ id: "b", question: "Q2" });
      view.append("b", "second", [1]);
      view.end("b", { state: "done" });
      await frame();
      view.append("a", " half", [2]);
      view.end("a", { state: "interrupted" });
      await frame();
      return [...view.history.settled.querySelectorAll(".lk-text")].map((node) => node.textContent);
    }""")
    assert order == ["Q1", "first half", "Q2", "second"]


def test_the_timeline_has_the_same_figures_in_words(view: Page) -> None:
    words = chat(view).evaluate("""async () => {
      const { inWords } = await import("/timeline.js");
      return [inWords([0.81, 0.86, 0.91, 2.2]), inWords([1]), inWords([], 3), inWords([])];
    }""")
    assert words == [
        "first token 0.81 s, 4 deltas, longest gap 1.29 s",
        "first token 1.00 s, 1 delta",
        "no text in 3.00 s",
        "",
    ]


# --- the panel's end of the wire ---

PANEL = """async () => {
  const { default: widget } = await import("/joined.js");
  const traits = { title: "T", suggestions: ["S"], model_name: "offline", transcript: [] };
  window.sent = [];
  let hear;
  const model = {
    get: (name) => traits[name], send: (message) => sent.push(message), on: (_, callback) => (hear = callback), off: () => {},
  };
  const root = document.getElementById("root");
  window.leave = widget.render({ model, el: root });
  window.tell = (message) => hear(message);
  window.answer = (turns, seqs) => tell({ kind: "snapshot", view: sent.findLast((m) => m.kind === "snapshot").view, turns, seqs });
  window.frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  window.texts = async () => { await frame(); return [...root.querySelectorAll(".lk-answer .lk-text")].map((n) => n.textContent); };
  window.kinds = () => sent.map((message) => message.kind);
}"""  # fmt: skip


def panel(view: Page) -> Page:
    fresh(view).evaluate(PANEL)
    return view


def delta(run_id: str, seq: int, text: str) -> dict[str, Any]:
    return {
        "kind": "delta",
        "run_id": run_id,
        "seq": seq,
        "delta": text,
        "times": [seq / 10],
        "t": 1,
    }


def turn(run_id: str, answer: str, **more: Any) -> dict[str, Any]:
    given = {"id": run_id, "question": "Q", "answer": answer, "state": "answering", "times": [1]}
    return given | more


def tell(view: Page, *messages: dict[str, Any]) -> None:
    for message in messages:
        view.evaluate("(message) => tell(message)", message)


def test_a_view_that_opens_in_mid_answer_catches_up_and_goes_on(view: Page) -> None:
    panel(view)
    assert view.evaluate("kinds()") == ["snapshot"]
    tell(view, delta("r1", 4, "lost to us"))
    view.evaluate("([turns, seqs]) => answer(turns, seqs)", [[turn("r1", "so far")], {"r1": 4}])
    tell(view, delta("r1", 5, " and on"))
    assert view.evaluate("texts()") == ["so far and on"]
    assert view.evaluate("document.querySelector('.lk-stop').disabled") is False


def test_a_lost_message_is_noticed_and_repaired(view: Page) -> None:
    panel(view).evaluate("answer([], {})")
    tell(
        view,
        {"kind": "begin", "run_id": "r1", "question": "Q"},
        delta("r1", 1, "a"),
        delta("r1", 3, "c"),
    )
    assert view.evaluate("kinds()") == ["snapshot", "snapshot"]
    tell(view, delta("r1", 4, "d"))
    view.evaluate("([turns, seqs]) => answer(turns, seqs)", [[turn("r1", "abcd")], {"r1": 4}])
    tell(view, delta("r1", 5, "e"))
    assert view.evaluate("texts()") == ["abcde"]


def test_deltas_of_a_run_that_nobody_knows_are_dropped(view: Page) -> None:
    panel(view).evaluate("answer([], {})")
    tell(view, {"kind": "begin", "run_id": "r2", "question": "Q"}, delta("r1", 7, "stale"))
    view.evaluate("([turns, seqs]) => answer(turns, seqs)", [[turn("r2", "")], {"r2": 0}])
    tell(view, delta("r1", 8, "stale"), delta("r2", 1, "fresh"))
    assert view.evaluate("texts()") == ["fresh"]
    assert view.evaluate("kinds()") == ["snapshot", "snapshot"]


def test_a_question_shows_at_once_and_is_not_shown_again_when_the_kernel_confirms(
    view: Page,
) -> None:
    panel(view).evaluate("answer([], {})")
    view.fill(".lk-input", "Why?")
    view.press(".lk-input", "Enter")
    ask = view.evaluate("sent.at(-1)")
    assert (ask["kind"], ask["question"]) == ("ask", "Why?")
    tell(view, {"kind": "begin", "run_id": ask["run_id"], "question": "Why?"})
    assert view.locator(".lk-question").count() == 1


@pytest.fixture
def wind(view: Page) -> Iterator[Callable[[int], None]]:
    """Wind on the page's timers by milliseconds."""
    view.clock.install()
    yield lambda milliseconds: view.clock.run_for(milliseconds)
    view.evaluate("leave()")
    view.clock.resume()


def test_a_kernel_that_does_not_answer_is_spoken_of(
    view: Page, wind: Callable[[int], None]
) -> None:
    panel(view)
    wind(4000)
    assert "The kernel does not answer." in view.inner_text("[role=status]")
    view.evaluate("answer([], {})")
    assert view.inner_text("[role=status]") == "The kernel answers again."


def test_an_end_that_was_lost_is_asked_for(view: Page, wind: Callable[[int], None]) -> None:
    panel(view).evaluate("answer([], {})")
    tell(view, {"kind": "begin", "run_id": "r1", "question": "Q"}, delta("r1", 1, "all"))
    wind(6000)
    assert view.evaluate("kinds()") == ["snapshot", "snapshot"]
    view.evaluate("(turns) => answer(turns, {})", [turn("r1", "all", state="done", total=2)])
    assert view.inner_text("[role=status]") == "Done."
    wind(60_000)
    assert view.evaluate("kinds()") == ["snapshot", "snapshot"]
