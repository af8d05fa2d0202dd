"""The watch names the line that blocks a loop. Its blocks are real and short, so no test asks how short."""

# ruff: noqa: ASYNC251  # blocking the loop is what these tests are about

import ast
import asyncio
import inspect
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from lesson_kit.clock import Deadlock, run
from lesson_kit.frames import Frame, Place, own_place, where
from lesson_kit.watch import Blockage, Watch, watch
from lesson_kit.watch.block import Ledger
from lesson_kit.watch.sampler import is_idle

LIMIT = 0.02
TRIES = 30
Runner = Callable[[Coroutine[Any, Any, Watch]], Watch]
both_clocks = pytest.mark.parametrize("runner", [run, asyncio.run], ids=["virtual", "real"])


async def blocked() -> Watch:
    with watch(LIMIT) as found:
        await asyncio.sleep(0.01)
        time.sleep(0.06)
        await asyncio.sleep(0.01)
    return found


def sought(found: Watch, source: str) -> Blockage | None:
    """The blockage whose source line holds these words; a busy machine may block elsewhere too."""
    return next((block for block in found if source in block.source), None)


def seen(block: Callable[[], object], enough: Callable[[Watch], object]) -> Watch:
    """Block again and again until the watch has seen enough: on a busy machine it may sleep through a block."""

    async def main() -> Watch:
        with watch(LIMIT) as found:
            for _ in range(TRIES):
                await asyncio.sleep(0.01)
                block()
                await asyncio.sleep(0)
                if enough(found):
                    break
        return found

    return run(main())


@both_clocks
def test_the_line_that_blocks_is_named(runner: Runner) -> None:
    for _ in range(TRIES):
        found = runner(blocked())
        if sought(found, "0.06"):
            break
    block = sought(found, "0.06")
    assert block
    assert block.source == "time.sleep(0.06)"
    assert (block.file, block.function, block.own, block.count) == (__file__, "blocked", True, 1)
    assert Path(__file__).read_text().splitlines()[block.line - 1].strip() == block.source
    assert block.seconds == block.longest >= LIMIT
    assert str(block).endswith(f"s at test_watch.py:{block.line} in blocked: time.sleep(0.06)")
    assert str(block) in str(found)


def test_a_block_is_measured_to_its_end() -> None:
    def block() -> None:
        time.sleep(0.1)  # five times the limit

    def enough(found: Watch) -> bool:
        block = sought(found, "five times")
        return block is not None and block.longest > 3 * LIMIT

    assert enough(seen(block, enough))


def test_a_block_that_outlasts_the_watch_is_found() -> None:
    async def main() -> Watch:
        with watch(LIMIT) as found:
            time.sleep(0.06)  # and out
        return found

    assert any(sought(run(main()), "and out") for _ in range(TRIES))


def test_blocks_at_one_line_are_merged() -> None:
    def block() -> None:
        time.sleep(0.05)  # here

    def enough(found: Watch) -> bool:
        block = sought(found, "here")
        return block is not None and block.count >= 2

    block_found = sought(seen(block, enough), "here")
    assert block_found
    assert block_found.longest < block_found.seconds
    assert f"in {block_found.count} blocks" in str(block_found)


def test_work_in_a_thread_is_no_block() -> None:
    async def main() -> Watch:
        with watch(LIMIT) as found:
            await asyncio.to_thread(time.sleep, 0.2)
        return found

    # A busy machine may stop the loop's own thread too, just where it starts the other.
    assert any(not sought(run(main()), "to_thread") for _ in range(TRIES))


def test_the_caller_is_named_when_a_library_blocks() -> None:
    def block() -> None:
        threading.Event().wait(0.06)  # blocks inside threading.py

    assert sought(seen(block, len), "blocks inside threading.py")


def test_code_that_keeps_the_interpreter_lock_is_found_too() -> None:
    def block() -> None:
        re.match(r"(a+)+$", "a" * 21 + "b")  # C code that never lets another thread run

    assert sought(seen(block, len), "(a+)+$")


def test_no_thread_is_left_and_the_watch_can_look_again() -> None:
    async def main() -> None:
        found = watch(LIMIT)
        for _ in range(2):
            with found, pytest.raises(ZeroDivisionError):
                assert "lesson-kit-watch" in [thread.name for thread in threading.enumerate()]
                _ = 1 / 0
            assert "lesson-kit-watch" not in [thread.name for thread in threading.enumerate()]
        with found, pytest.raises(RuntimeError, match="looking already"), found:
            pass

    run(main())


def test_two_watches_at_once_find_the_same() -> None:
    async def main() -> bool:
        with watch(LIMIT) as outer, watch(LIMIT) as inner:
            for _ in range(TRIES):
                await asyncio.sleep(0)
                time.sleep(0.06)  # for both
                await asyncio.sleep(0)
                if sought(outer, "for both") and sought(inner, "for both"):
                    return True
        return False

    assert run(main())


def test_a_watch_does_not_hide_a_deadlock() -> None:
    async def main() -> None:
        with watch(LIMIT):
            await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run(main())


def test_virtual_time_stays_exact_under_a_watch() -> None:
    async def main() -> float:
        with watch(LIMIT):
            for _ in range(100):
                await asyncio.sleep(0.1)
            time.sleep(0.03)
            await asyncio.sleep(0.1)
        return asyncio.get_running_loop().time()

    assert run(main()) == 10.1


def test_outside_a_loop_it_says_where_to_put_it() -> None:
    with pytest.raises(RuntimeError, match="inside your coroutine"):
        watch().__enter__()


@pytest.mark.parametrize("limit", [0, -1, float("nan"), 10**6])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match=r"0\.1 finds"):
        watch(limit)


def test_nothing_found_is_said_too() -> None:
    assert str(watch(3)) == "nothing blocked the loop for 3 s or more"
    assert (repr(watch()), list(watch())) == ("<Watch: 0 blocking line(s)>", [])


# --- the pure parts ---

CELL = "/tmp/ipykernel_123/456.py"
LIBRARY = Frame(inspect.getsourcefile(ast) or "", 7, "parse")
KIT = Frame(inspect.getsourcefile(run) or "", 8, "run")
PACKAGE = Frame(pytest.__file__, 9, "main")
OWN = Frame(__file__, 3, "answer")


@pytest.mark.parametrize(
    ("frames", "place"),
    [
        ([LIBRARY, OWN, PACKAGE], Place(*OWN, own=True)),
        ([KIT, PACKAGE, Frame(CELL, 2, "<module>"), OWN], Place(CELL, 2, "<module>", own=True)),
        ([Frame("<frozen importlib>", 1, "load"), Frame("<string>", 2, "f")], Place("<string>", 2, "f", own=True)),
        ([LIBRARY, KIT, PACKAGE], Place(*LIBRARY, own=False)),
        ([Frame(str(Path(KIT.file).parent.parent / "pitfalls" / "sleep.py"), 4, "f")], None),
        ([], Place("", 0, "", own=False)),
    ],
)  # fmt: skip
def test_the_innermost_own_frame_is_picked(frames: list[Frame], place: Place | None) -> None:
    assert own_place(frames) == (place or Place(*frames[0], own=True))


def test_a_notebook_cell_is_called_a_cell() -> None:
    assert where(CELL, 4).endswith(", line 4")
    assert "cell" in where(CELL, 4)
    assert where("/home/ada/respond.py", 12) == "respond.py:12"


def test_the_ledger_takes_the_line_seen_most_often() -> None:
    ledger = Ledger()
    slow, quick = Place("f.py", 1, "f", own=True), Place("f.py", 2, "f", own=True)
    ledger.note(0.5, [quick, slow, slow])
    ledger.note(0.25, [slow])
    ledger.note(9.0, [])
    assert ledger.blockages() == [
        Blockage("", 0, "", 9.0, "", 1, 9.0, own=False),
        Blockage("f.py", 1, "", 0.75, "f", 2, 0.5, own=True),
    ]


def test_a_block_without_an_own_line_says_so() -> None:
    ledger = Ledger()
    ledger.note(1.0, [Place(*LIBRARY, own=False)])
    ledger.note(0.5, [])
    foreign, unseen = map(str, ledger.blockages())
    assert "ast.py:7 in parse" in foreign
    assert foreign.endswith("(a library's line: none of your own was running)")
    assert unseen.endswith(
        "at an unknown place: C code held the interpreter all the time, so no line could be seen"
    )


def test_a_loop_in_its_selector_is_idle() -> None:
    base = Frame("/usr/lib/python3.12/asyncio/base_events.py", 1, "_run_once")
    select = Frame("/usr/lib/python3.12/selectors.py", 2, "select")
    handle = Frame("/usr/lib/python3.12/asyncio/events.py", 3, "_run")
    assert is_idle([select, base])
    assert is_idle([Frame("pace.py", 4, "_last"), select, base])
    assert not is_idle([OWN, handle, base])
    assert not is_idle([OWN])  # a loop without Python frames
    assert is_idle([])


# --- processes of their own ---


@pytest.mark.live
def test_a_watch_left_open_does_not_keep_the_process_alive() -> None:
    code = """
import asyncio
from lesson_kit.watch import watch
async def main():
    watch(0.01).__enter__()
    await asyncio.sleep(0.05)
asyncio.run(main())
print("over")
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("over\n", "", 0)


@pytest.mark.notebooks
def test_a_notebook_cell_is_named_by_its_number() -> None:
    import nbformat
    from nbclient import NotebookClient

    cells = [
        "import time\nfrom lesson_kit.watch import watch\n"
        "async def answer():\n    time.sleep(1.5)  # in the cell",
        "with watch(0.02) as found:\n    await answer()\nprint(found)",
        "with watch(0.02) as found:\n    time.sleep(1.5)\nprint(found)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    told = ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells]
    assert "at cell In[1], line 4 in answer: time.sleep(1.5)  # in the cell" in told[1]
    assert "at cell In[3], line 2: time.sleep(1.5)" in told[2]
