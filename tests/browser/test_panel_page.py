"""The panel's page, with a kernel that says what the test wants: lost, late and stale messages."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import fresh

pytestmark = pytest.mark.browser

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
