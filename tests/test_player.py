"""What the player tells its page, and what a reader gets who has no kernel."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.panel.joined import join
from lesson_kit.player import Player
from lesson_kit.player.data import changes, kind, long_gaps, named, player_data, sse
from lesson_kit.player.page import HERE, MODULES
from lesson_kit.recording import Recording, Stall
from lesson_kit.recording.marks import COLOURS
from lesson_kit.recording.screen import Screen
from lesson_kit.script import Script
from lesson_kit.server import LessonServer

WIDGET = join([*MODULES, HERE / "widget.js"])


def record(script: Script, **link: Any) -> Recording:
    (recording,) = run(talk(LessonServer(model=script.model()), "Why stream?", **link))
    return recording


def fold(told: list[dict[str, Any]]) -> list[list[list[str]]]:
    """The transcript after each event, put together as the page does it."""
    lines: list[list[str]] = []
    found = []
    for change in told:
        if "grow" in change:
            role, text = lines[change["at"]]
            lines[change["at"]] = [role, text + change["grow"]]
        elif "lines" in change:
            lines[change["at"] :] = [list(line) for line in change["lines"]]
        found.append([list(line) for line in lines])
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_changes_put_together_are_the_screen_after_every_event(seed: int) -> None:
    recording = record(Script.random(seed, faults=True), cut_at=30.0)
    screen, expected = Screen(), []
    for moment in recording:
        screen.apply(moment.event)
        lines = [[role, text.encode("utf-8", "replace").decode()] for role, text in screen.lines]
        expected.append(lines)
    assert fold(changes(recording)) == expected


def test_a_line_that_goes_away_or_changes_in_the_middle_is_told() -> None:
    def item(key: str, text: str) -> dict[str, Any]:
        return {"id": key, "type": "assistant_message", "content": [{"text": text}]}

    recording = Recording(
        [
            (0.0, {"type": "thread.item.added", "item": item("a", "one")}),
            (0.0, {"type": "thread.item.added", "item": item("b", "two")}),
            (0.1, {"type": "thread.item.replaced", "item": item("a", "ONE")}),
            (0.2, {"type": "thread.item.removed", "item_id": "a"}),
            (0.3, {"type": "notice", "message": "so it is"}),
        ]
    )
    one, two = ["assistant", "one"], ["assistant", "two"]
    assert fold(changes(recording)) == [
        [one],
        [one, two],
        [["assistant", "ONE"], two],
        [two],
        [two, ["notice", "so it is"]],
    ]


def test_a_long_answer_is_told_in_deltas_and_not_over_and_over() -> None:
    recording = record(Script.say([f"w{n} " for n in range(1000)], gap=0.001))
    told = len(json.dumps(changes(recording)))
    assert told < 80_000


def test_every_event_has_its_kind() -> None:
    recording = record(Script.say("one two three", error="rate_limit", error_at=2))
    kinds = Counter(kind(moment.event) for moment in recording)
    assert kinds["progress"] == 1
    assert kinds["added"] == 1
    assert kinds["delta"] == 2
    assert kinds["error"] == 1
    assert kinds["done"] >= 1


def test_an_event_of_tomorrow_is_other() -> None:
    assert kind({"type": "thread.hologram"}) == "other"
    assert kind({}) == "other"
    assert kind({"type": "thread.item.updated", "update": "?"}) == "other"


def test_the_bytes_are_those_that_chatkit_writes() -> None:
    server = LessonServer(model=Script.say("héllo 🌍").model())

    async def main() -> list[bytes]:
        params = {"input": {"content": [{"type": "input_text", "text": "Hi"}]}}
        params["input"] |= {"attachments": [], "inference_options": {}}  # type: ignore[operator]
        result = await server.process(json.dumps({"type": "threads.create", "params": params}), {})
        return [chunk async for chunk in result]  # type: ignore[union-attr]

    chunks = run(main())
    assert chunks
    for chunk in chunks:
        assert sse(json.loads(chunk.removeprefix(b"data: "))).encode() == chunk


def test_half_a_surrogate_pair_becomes_an_escape_that_can_be_sent() -> None:
    text = sse({"type": "notice", "message": "\ud83d"})
    assert text == 'data: {"type":"notice","message":"\\ud83d"}\n\n'


def test_a_gap_is_long_when_it_is_three_times_the_usual_and_no_stall() -> None:
    times = [0.0, 0.1, 0.2, 0.6, 0.7, 4.0, 4.1]
    assert long_gaps(times, [Stall(0.7, 4.0, "")]) == [(0.2, 0.6)]
    assert long_gaps([0.0, 0.01, 0.02, 0.09], []) == []  # too short for the eye
    assert long_gaps([0.0, 0.0, 0.3, 0.3, 0.6, 0.6], []) == []  # even bursts
    assert long_gaps([], []) == []


def test_the_lanes_share_one_axis_and_say_their_figures() -> None:
    fast = record(Script.say("one two three", thinking=0.5, gap=0.1))
    slow = record(
        Script.say("one two three four", thinking=1.0, gap=0.1, stall_at=2, stall_for=3.0)
    )
    data = player_data({"fast": fast, "slow": slow})
    assert data["span"] == slow.duration
    assert [lane["name"] for lane in data["lanes"]] == ["fast", "slow"]
    assert data["lanes"][1]["facts"] == (
        "done after 4.3 s, first token 1 s, 4 deltas, longest gap 3.1 s, 1 stall"
    )
    assert data["lanes"][1]["stalls"] == [[1.1, 4.2]]
    assert data["lanes"][0]["first"] == 0.5


def test_what_is_no_recording_is_named_with_the_way_out() -> None:
    with pytest.raises(TypeError, match=r"expected a recording, or names .*take one out of it"):
        named([Recording()])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one"):
        named({})


def test_an_empty_recording_can_be_played() -> None:
    data = player_data(named(Recording()))
    assert data["span"] == 0.0
    assert data["lanes"][0]["events"] == []


def test_a_reader_without_a_kernel_gets_the_drawing_and_the_table() -> None:
    player = Player({"one": record(Script.say("one two three"))})
    bundle, _ = player._repr_mimebundle_() or ({}, {})
    assert "<svg" in bundle["text/html"]
    assert "Events of one as a table" in bundle["text/html"]
    assert bundle["text/plain"] == repr(player) == "<timeline player>"


def test_show_puts_other_recordings_in() -> None:
    player = Player(record(Script.say("one")))
    player.show({"b": record(Script.say("two"))})
    assert [lane["name"] for lane in player.data["lanes"]] == ["b"]


class Scripts(HTMLParser):
    """Counts what a document would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_document_loads_nothing_and_no_text_can_break_out_of_it() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    document = Player({evil: record(Script.say([evil]))}).to_html()
    parser = Scripts()
    parser.feed(document)
    assert [tag for tag, _ in parser.found].count("script") == 2
    assert all("src" not in attrs and "href" not in attrs for _, attrs in parser.found)
    assert not re.search(r"url\(|@import", Player._css)


def test_text_never_becomes_html_in_the_page() -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
    assert re.findall(ways, WIDGET) == []


def test_the_joined_module_is_whole() -> None:
    assert re.findall(r"^\s*import\b.*", WIDGET, re.MULTILINE) == []
    assert re.findall(r"^export .*", WIDGET, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", WIDGET, re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_the_marks_have_the_colours_of_the_drawing() -> None:
    told = dict(re.findall(r'^  (\w+): \{ word: .*?colour: "(#\w+)"', WIDGET, re.MULTILINE))
    for name in ("progress", "delta", "burst", "stall"):
        assert told[name] == COLOURS[name]
    assert told["first"] == COLOURS["first token"]


def test_the_style_touches_only_the_player() -> None:
    style = re.sub(
        r"/\*.*?\*/", "", (HERE / "player.css").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"\{[^{}]*\}", "", style)))
    assert {name for name in classes if not name.startswith("lkp-")} == set()
