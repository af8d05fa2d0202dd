"""The heartbeat: beats while the loop runs, and a word about each stop."""

import asyncio
import re
import threading
import time
from collections import Counter
from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.heartbeat import Heartbeat, Pulse
from lesson_kit.heartbeat.widget import HERE, MODULES
from lesson_kit.panel.joined import join

WIDGET = join(MODULES)
BLOCK = 0.3  # real seconds: the heartbeat is about the wall clock
# A busy machine may stop the loop elsewhere too, or keep the watch asleep through a block.
TRIES = 10
BLOCKED = re.compile(r"stood still for \d+\.\d\d s at .*test_heartbeat\.py.*: time\.sleep\(BLOCK\)")


class Page(Heartbeat):
    """A heartbeat that keeps what it sends its page."""

    def __init__(self, **options: Any) -> None:
        self.heard: list[dict[str, Any]] = []
        super().__init__(**options)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        self.heard.append(content)


# --- the pulse, without a loop ---


def test_beats_in_time_are_counted_and_nothing_is_said() -> None:
    pulse = Pulse(period=0.1, limit=0.1)
    assert [pulse.beat(n / 10) for n in range(5)] == [None] * 5
    assert (pulse.beats, pulse.longest) == (5, 0.0)


def test_a_beat_that_is_late_tells_for_how_long_the_loop_stood_still() -> None:
    pulse = Pulse(period=0.1, limit=0.1)
    pulse.beat(0.0)
    late = pulse.beat(2.1)
    assert late is not None
    assert late.seconds == pytest.approx(2.0)
    assert pulse.beat(2.2) is None
    assert pulse.longest == pytest.approx(2.0)


def test_a_little_lateness_is_no_stop() -> None:
    pulse = Pulse(period=0.1, limit=0.1)
    pulse.beat(0.0)
    assert pulse.beat(0.19) is None


@pytest.mark.parametrize("options", [{"period": 0}, {"period": 0.001}, {"limit": 0}])
def test_a_period_or_limit_that_is_none_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected a"):
        Pulse(**options)


# --- on a loop ---


def test_the_loop_beats_ten_times_a_second_and_stops_when_told() -> None:
    async def main() -> Page:
        with Page() as pulse:
            await asyncio.sleep(0.95)
        await asyncio.sleep(1)
        return pulse

    pulse = run(main())
    assert [message["n"] for message in pulse.heard] == list(range(1, 11))
    assert not pulse.beating
    assert pulse.told == []


def test_start_and_stop_may_be_called_twice() -> None:
    async def main() -> Page:
        pulse = Page()
        pulse.start()
        pulse.start()
        await asyncio.sleep(0.25)
        pulse.stop()
        pulse.stop()
        return pulse

    assert run(main()).beats == 3


def test_a_block_is_told_afterwards_with_its_length_and_its_line() -> None:
    async def main() -> Page:
        with Page() as pulse:
            await asyncio.sleep(0.02)
            time.sleep(BLOCK)  # noqa: ASYNC251  # what the heartbeat is for
            await asyncio.sleep(0.3)
        return pulse

    pulse = asyncio.run(main())
    for _ in range(TRIES):
        if BLOCKED.search("\n".join(pulse.told)):
            break
        pulse = asyncio.run(main())
    assert BLOCKED.search("\n".join(pulse.told))
    assert max(stop.seconds for stop in pulse.stops) > 0.1
    assert pulse.blocks
    bundle, _ = pulse._repr_mimebundle_() or ({}, {})
    assert "time.sleep(BLOCK)" in bundle["text/html"]


def test_a_block_up_to_the_very_end_is_told_too() -> None:
    async def main() -> Page:
        with Page() as pulse:
            await asyncio.sleep(0.02)
            time.sleep(BLOCK)  # noqa: ASYNC251
        return pulse

    assert any(BLOCKED.search("\n".join(asyncio.run(main()).told)) for _ in range(TRIES))


def test_the_page_and_other_threads_only_hand_over() -> None:
    async def main() -> Page:
        pulse = Page()
        for act in (
            lambda: pulse._handle_custom_msg({"kind": "start"}, []),
            lambda: pulse._handle_custom_msg({"kind": "what?"}, []),
        ):
            thread = threading.Thread(target=act)
            thread.start()
            thread.join()
        assert not pulse.beating
        await asyncio.sleep(0.15)
        assert pulse.beating
        thread = threading.Thread(target=pulse.stop)
        thread.start()
        thread.join()
        await asyncio.sleep(0.15)
        return pulse

    assert not run(main()).beating


def test_without_a_loop_it_says_where_to_start_it() -> None:
    pulse = Heartbeat()
    with pytest.raises(RuntimeError, match="in a notebook cell"):
        pulse.start()
    pulse.stop()


def test_every_heartbeat_looks_the_same_in_a_notebook_file() -> None:
    bundle, _ = Heartbeat()._repr_mimebundle_() or ({}, {})
    assert bundle["text/plain"] == "<heartbeat>"
    assert "live pulse" in bundle["text/html"]


# --- its page ---


def test_the_joined_module_is_whole_and_reads_no_text_as_html() -> None:
    assert re.findall(r"^\s*import\b.*", WIDGET, re.MULTILINE) == []
    assert re.findall(r"^export .*", WIDGET, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", WIDGET, re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert "innerHTML" not in WIDGET


def test_the_style_touches_only_the_heartbeat() -> None:
    style = re.sub(
        r"/\*.*?\*/", "", (HERE / "heartbeat.css").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"\{[^{}]*\}", "", style)))
    assert {name for name in classes if not name.startswith("lkh-")} == set()
