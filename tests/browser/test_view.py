"""The chat view by itself: what is shown, what is announced, what can be pressed."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import fresh

pytestmark = pytest.mark.browser

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
        "no deltas in 3.00 s",
        "",
    ]
