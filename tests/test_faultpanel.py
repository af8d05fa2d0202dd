"""The fault panel: what its settings make, what it tells its page, and what it says to bad ones."""

import asyncio
import re
from collections import Counter
from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.faultpanel import PRESETS, FaultPanel, Settings
from lesson_kit.faultpanel.settings import RANGES
from lesson_kit.faultpanel.widget import HERE, TEXT, perform
from lesson_kit.panel.joined import join
from lesson_kit.player.page import MODULES
from lesson_kit.script import Script

WIDGET = join([*MODULES, HERE / "widget.js"])
QUESTION = "Why stream?"


@pytest.mark.parametrize("name", PRESETS)
def test_the_line_of_code_makes_the_same_recording(name: str) -> None:
    space: dict[str, Any] = {}
    exec("from lesson_kit import *", space)
    exec(PRESETS[name].code(TEXT, QUESTION), space)
    assert space["recording"].normalised() == perform(PRESETS[name], TEXT, QUESTION)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("a healthy stream", "done"),
        ("a slow start", "done"),
        ("an uneven pace", "done"),
        ("bursts, as behind a buffer", "done"),
        ("a stall of 4 s", "done"),
        ("a stall for ever", "error"),  # the server's own limit ends it
        ("an error at once", "error"),
        ("an error in mid answer", "error"),
        ("the client leaves", "cut"),
    ],
)
def test_each_preset_shows_what_it_promises(name: str, outcome: str) -> None:
    recording = perform(PRESETS[name], TEXT, QUESTION)
    assert recording.outcome == outcome
    assert bool(recording.stalls()) == ("stall" in name)
    assert bool(recording.bursts) == ("burst" in name)


def test_settings_become_the_script_and_the_link() -> None:
    settings = Settings(thinking=2, gap=0.1, burst=2, stall_at=3, stall_for=4, disconnect_at=5)
    expected = Script.say("a b c d", thinking=2, gap=0.1, burst=2, stall_at=3, stall_for=4)
    assert settings.script("a b c d") == expected
    assert settings.link() == {"cut_at": 5.0}
    assert Settings().link() == {}


def test_the_same_seed_gives_the_same_gaps_and_another_seed_others() -> None:
    one, again = (Settings(jitter=0.5, seed=1).script(TEXT) for _ in range(2))
    assert one == again
    assert one != Settings(jitter=0.5, seed=2).script(TEXT)
    gaps = one.replies[0].gap
    assert isinstance(gaps, tuple)
    assert all(0.025 <= gap <= 0.075 for gap in gaps)


def test_jitter_copes_with_the_shortest_answer() -> None:
    assert Settings(jitter=0.5).script("one").replies[0].gap == ()


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"thinking": -1}, "thinking goes from 0 to 20, but -1 came"),
        ({"thinking": float("nan")}, "thinking goes from 0 to 20, but nan came"),
        ({"gap": "fast"}, "gap must be a number, but 'fast' came"),
        ({"burst": 2.5}, "burst must be a whole number, but 2.5 came"),
        ({"seed": True}, "seed must be a whole number, but True came"),
        ({"error": "flood"}, "error is one of rate_limit, .* but 'flood' came"),
        ({"speed": 1}, "there is no setting 'speed'. There is: thinking, gap"),
    ],
)
def test_bad_settings_are_answered_in_one_line(told: dict[str, Any], line: str) -> None:
    with pytest.raises((TypeError, ValueError), match=line):
        Settings.read(told)


@pytest.mark.parametrize("name", ["stall_at", "error_at"])
def test_a_place_that_the_answer_does_not_have_is_named(name: str) -> None:
    settings = Settings.read({name: 9, "error": "server"})
    with pytest.raises(ValueError, match=f"{name} is 9, but the answer has only 2 deltas"):
        settings.script("two words")


@pytest.mark.parametrize(
    ("told", "remark"),
    [
        ({"stall_for": 2.0}, "no stall is set"),
        ({"error_at": 2}, "no error is chosen"),
        ({"stall_at": 2, "error": "server", "error_at": 3}, "The error is never reached"),
        ({"stall_at": 3, "error": "server", "error_at": 2}, "The stall is never reached"),
        ({"disconnect_at": 0.5}, "before the first word"),
    ],
)
def test_settings_without_effect_are_told(told: dict[str, Any], remark: str) -> None:
    (found,) = Settings(**told).remarks()
    assert remark in found


def test_presets_have_no_remarks() -> None:
    assert {name: preset.remarks() for name, preset in PRESETS.items() if preset.remarks()} == {}


def test_the_widget_shows_both_streams_and_the_code() -> None:
    panel = FaultPanel(stall_at=4, stall_for=3.0)
    assert [lane["name"] for lane in panel.data["lanes"]] == ["without faults", "as set"]
    assert panel.data["lanes"][1]["stalls"]
    assert repr(panel.script) in panel.shown["code"]
    bundle, _ = panel._repr_mimebundle_() or ({}, {})
    assert "<svg" in bundle["text/html"]
    assert bundle["text/plain"] == repr(panel) == "<fault panel>"


def test_a_cell_can_set_one_slider_and_the_others_stay() -> None:
    panel = FaultPanel(thinking=2.0)
    assert panel.set(error="server", error_at=3).outcome == "error"
    assert panel.settings == Settings(thinking=2.0, error="server", error_at=3)
    with pytest.raises(ValueError, match="burst goes from 1 to 30"):
        panel.set(burst=0)
    assert panel.settings.burst == 1


def test_a_page_that_moves_a_slider_gets_an_answer_with_its_number() -> None:
    panel = FaultPanel()
    panel._handle_custom_msg({"settings": {"burst": 4}, "number": 7}, [])
    assert panel.shown["number"] == 7
    assert "burst=4" in panel.shown["code"]


def test_on_a_loop_the_newest_request_wins() -> None:
    async def main() -> FaultPanel:
        panel = FaultPanel()
        for number in (1, 2, 3):
            panel._handle_custom_msg({"settings": {"burst": number + 1}, "number": number}, [])
        while panel._tasks or panel.shown["number"] < 3:  # noqa: ASYNC110  # the page is told by a trait
            await asyncio.sleep(0.01)
        return panel

    panel = asyncio.run(main())
    assert panel.settings.burst == 4


def test_a_page_that_sends_nonsense_is_told_and_nothing_changes() -> None:
    panel = FaultPanel()
    before = panel.data
    panel._handle_custom_msg({"settings": {"burst": -1}, "number": 1}, [])
    assert panel.shown["problem"] == "burst goes from 1 to 30, but -1 came."
    panel._handle_custom_msg({"settings": {"stall_at": 99}, "number": 2}, [])
    assert panel.shown["problem"].startswith("stall_at is 99, but the answer has only")
    assert panel.data == before


def test_the_panel_runs_inside_virtual_time_too() -> None:
    async def main() -> str:
        return FaultPanel(disconnect_at=2.0).recording.outcome

    assert run(main()) == "cut"


def test_the_joined_module_is_whole() -> None:
    assert re.findall(r"^\s*import\b.*", WIDGET, re.MULTILINE) == []
    assert re.findall(r"^export .*", WIDGET, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", WIDGET, re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_text_never_becomes_html_in_the_page() -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
    assert re.findall(ways, WIDGET) == []


def test_no_slider_goes_where_the_settings_do_not() -> None:
    found = re.findall(r'name: "(\w+)".*? min: ([-\d.]+), max: ([\d.]+), step', WIDGET)
    assert {name for name, *_ in found} >= {"thinking", "gap", "seed", "disconnect_at"}
    for name, low, high in found:
        if name in RANGES and name not in (
            "stall_for",
            "disconnect_at",
        ):  # one end of these is "off"
            assert RANGES[name] == (float(low), float(high))


def test_the_style_touches_only_the_fault_panel() -> None:
    style = re.sub(
        r"/\*.*?\*/", "", (HERE / "faultpanel.css").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"\{[^{}]*\}", "", style)))
    assert {name for name in classes if not name.startswith("lkf-")} == set()
