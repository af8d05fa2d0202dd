"""Lessons 09 and 10: what their sentences say, where no committed output shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from chatkit.types import SDKHiddenContextItem

from lesson_kit import Script, run, talk
from lesson_kit.pitfalls import PITFALLS

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
INTERRUPTION = NOTEBOOKS / "09_interruption.ipynb"
COMPARE = NOTEBOOKS / "10_compare.ipynb"


SDK_HIDDEN = SDKHiddenContextItem.model_fields["type"].default


def cells(path: Path) -> list[Any]:
    return list(nbformat.read(path, as_version=4).cells)  # type: ignore[no-untyped-call]


def names_of(path: Path, *starts: str) -> dict[str, Any]:
    """Run the cells that hold these lines, in order, and return what they define."""
    names: dict[str, Any] = {"asyncio": asyncio}  # imported by a cell that shows a panel
    sources = [cell.source for cell in cells(path) if cell.cell_type == "code"]
    for start in starts:
        [source] = [source for source in sources if start in source]
        exec(compile(source, path.name, "exec"), names)
    return names


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        (INTERRUPTION, {"A17", "B19", "B20", "B21", "B22", "B23", "B24", "B38"}),
        (COMPARE, {"B1", "B37", "B39"}),
        (NOTEBOOKS / "01_why_stream.ipynb", {"B1", "B33", "B39"}),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_each_row_is_tagged_where_the_student_sees_it(path: Path, rows: set[str]) -> None:
    assert rows <= {tag for cell in cells(path) for tag in cell.metadata.get("tags", [])}


@pytest.fixture(scope="module")
def nine() -> dict[str, Any]:
    return names_of(
        INTERRUPTION,
        "class PlainServer",
        "import anyio",
        "class StoppingServer",
        "class TidyServer",
    )


@pytest.fixture(scope="module")
def ten() -> dict[str, Any]:
    return names_of(COMPARE, "class BlockingServer", "class StreamingServer")


def leave(server_class: Callable[..., Any]) -> Any:
    return run(PITFALLS["model_not_stopped"].look(server_class))


def test_a_shield_of_ten_milliseconds_loses_what_one_of_five_seconds_keeps(
    nine: dict[str, Any],
) -> None:
    class Impatient(nine["StoppingServer"]):  # type: ignore[misc]
        async def handle_stream_cancelled(self, *args: Any) -> None:
            anyio = nine["anyio"]
            with anyio.CancelScope(shield=True), anyio.move_on_after(0.01):
                await super().handle_stream_cancelled(*args)

    assert leave(Impatient).answers == []  # what "Change it" promises
    assert len(leave(nine["ShieldedServer"]).answers) == 1


def test_the_tidy_server_passes_the_models_error_on(nine: dict[str, Any]) -> None:
    script = Script.say("one two three", error="server", error_at=2)
    [recording] = run(talk(nine["TidyServer"](script.model()), "Hi"))
    assert recording.outcome == "error"
    assert not nine["TidyServer"].reading


def test_the_tidy_server_answers_as_the_plain_one_does(nine: dict[str, Any]) -> None:
    script = Script.say("one two three")
    plain, tidy = (
        run(talk(nine[name](script.model()), "Hi"))[0] for name in ("PlainServer", "TidyServer")
    )
    assert plain.outcome == tidy.outcome == "done"
    assert plain.normalised() == tidy.normalised()


def test_chatkits_own_handler_leaves_the_sdks_hidden_item(nine: dict[str, Any]) -> None:
    saved = leave(nine["ShieldedServer"]).saved
    assert [kind for kind, _ in saved] == ["user_message", "assistant_message", SDK_HIDDEN]


def test_three_calls_of_the_store_come_before_the_first_word_and_one_more_for_the_history(
    ten: dict[str, Any],
) -> None:
    def first_token(name: str) -> float:
        script = Script.say("one two", thinking=0.0, gap=0.0)
        server = ten["SERVERS"][name](script.model())
        server.store.latency = 1.0
        [recording] = run(talk(server, "Hi"))
        assert recording.first_token is not None
        return float(recording.first_token)

    assert [first_token(name) for name in ("blocking", "streaming", "course")] == [3.0, 3.0, 4.0]
