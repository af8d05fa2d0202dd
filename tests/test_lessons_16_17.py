"""Lessons 16 and 17: the rows they teach, and what their sentences say where no committed output shows it."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lesson_kit import LessonServer, Recording, run, talk
from lesson_kit.server import Batching, Limits
from tools.record_fetch import FILE, OPTIONS
from tools.record_nginx import FOLDER, TEMPLATES, script

ROOT = Path(__file__).parent.parent
TUNING = ROOT / "notebooks" / "16_tuning.ipynb"
DEPLOY = ROOT / "notebooks" / "17_deploy.ipynb"
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def cells(path: Path) -> list[Any]:
    return list(nbformat.read(path, as_version=4).cells)  # type: ignore[no-untyped-call]


def words_of(path: Path) -> str:
    return "\n".join(cell.source for cell in cells(path) if cell.cell_type == "markdown")


def printed(path: Path, start: str) -> str:
    """What the cell that begins so, or holds this line, has printed."""
    [found] = [c for c in cells(path) if c.cell_type == "code" and start in c.source]
    return "".join(out.get("text", "") for out in found.outputs)


def names_of(path: Path, *lines: str) -> dict[str, Any]:
    """Run the definitions, and the constants, in the cells that hold these lines."""
    names: dict[str, Any] = {}
    sources = [cell.source for cell in cells(path) if cell.cell_type == "code"]
    for line in lines:
        [source] = [source for source in sources if line in source]
        tree = ast.parse(source)
        tree.body = [n for n in tree.body if isinstance(n, DEFINES) or _is_constant(n)]
        exec(compile(tree, path.name, "exec"), names)
    return names


def _is_constant(node: ast.stmt) -> bool:
    name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
    return name.isupper() or name == "message"


@pytest.mark.parametrize(
    ("path", "rows"),
    [(TUNING, {"A41", "A42"}), (DEPLOY, {"A48", "A49", "A50", "A51", "A52"})],
    ids=["16", "17"],
)
def test_each_row_is_tagged_where_the_student_sees_it(path: Path, rows: set[str]) -> None:
    tagged = {tag for cell in cells(path) for tag in cell.metadata.get("tags", [])}
    known = tomllib.loads((ROOT / "notebooks" / "ledger.toml").read_text(encoding="utf-8"))
    assert rows <= tagged
    assert tagged <= set(known)


# --- 16 ---


def test_the_fetch_options_that_are_shown_are_those_that_were_recorded() -> None:
    recorded = json.loads((ROOT / FILE).read_text(encoding="utf-8"))
    assert list(recorded) == list(OPTIONS)
    shown = printed(TUNING, "fetch_options.json")
    assert [line for line in shown.splitlines() if not line.startswith(" ")] == list(OPTIONS)
    assert recorded["priority: 'high'"] == recorded["no option"]


def test_the_compressor_that_never_flushes_gives_the_right_bytes_too_late() -> None:
    names = names_of(TUNING, "TEXT =", "BEGIN =", "async def through", "class NeverFlushes")
    held, encoding, _ = run(names["through"](names["NeverFlushes"]))
    plain, nothing, _ = run(names["through"](lambda app: app))
    assert (encoding, nothing) == ("gzip", None)
    assert held.text == plain.text == names["TEXT"]
    assert held.first_token == plain.last_token


def test_batching_does_not_help_against_a_proxy_that_collects() -> None:
    names = names_of(TUNING, "TEXT =")
    seen = []
    for batching in (None, Batching()):
        server = LessonServer(model=names["model_of"](5), batching=batching)
        [recording] = run(talk(server, "Why?", merge=10))
        seen.append((recording.first_token, recording.deltas, recording.gaps))
    assert seen[0] == seen[1]


def test_the_table_of_16_says_of_first_words_what_the_cells_measured() -> None:
    measured = printed(TUNING, "for (question, guess), truth")
    assert re.findall(r" (later|same|earlier) ", measured) == ["later", "same", "later", "same"]
    table = words_of(TUNING)
    assert "| larger deltas | later |" in table
    assert "| gzip that flushes | same |" in table
    assert "| client reads fixed pieces | **later** |" in table


def test_the_slow_reader_gains_as_much_as_is_said() -> None:
    lines = printed(TUNING, "Batching()").splitlines()
    without, batching = (float(line.split()[-2]) for line in lines[-2:])
    [said] = re.findall(r"ends (\d+) seconds earlier", words_of(TUNING))
    assert int(without - batching) == int(said)


# --- 17 ---


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_recording_of_nginx_is_the_scripts_answer_whole(template: str) -> None:
    recording = Recording.load(ROOT / FOLDER / f"nginx_{template}.jsonl")
    [here] = run(talk(LessonServer(model=script().model()), "Why stream?"))
    assert (recording.text, recording.deltas, recording.outcome) == (here.text, 100, "done")


def test_only_the_bad_example_came_in_bursts() -> None:
    largest = {
        template: max((burst.deltas for burst in _load(template).bursts), default=1)
        for template in TEMPLATES
    }
    assert largest["buffering"] > 10
    assert largest["default"] == largest["streaming"] == 1


def _load(template: str) -> Recording:
    return Recording.load(ROOT / FOLDER / f"nginx_{template}.jsonl")


def test_the_recordings_hold_nothing_of_the_machine_that_made_them() -> None:
    for template in TEMPLATES:
        text = (ROOT / FOLDER / f"nginx_{template}.jsonl").read_text(encoding="utf-8")
        assert not re.search(r"127\.0\.0\.1|/home/|/root/|/tmp|20[1-9]\d-", text)


def test_the_longest_silence_that_is_named_is_the_servers() -> None:
    assert f"here {Limits().between_tokens:.0f} s between two tokens" in words_of(DEPLOY)


def test_a_check_every_30_seconds_makes_as_many_answers_a_day_as_is_said() -> None:
    assert f"{24 * 60 * 60 // 30} answers a day" in words_of(DEPLOY)


@pytest.mark.parametrize(
    ("at_word", "words", "saved"),
    [
        (0, 0, ["user_message"]),
        (10, 10, ["user_message", "assistant_message", "sdk_hidden_context"]),
        (100, 100, ["user_message", "assistant_message"]),
    ],
)
def test_what_change_it_in_17_promises(
    at_word: int, words: int, saved: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    names = names_of(
        DEPLOY, "BEGIN =", "async def check_with", "ChatClient, ChatError", "async def sigterm"
    )
    recording, items = run(names["sigterm"](at_word))
    assert recording.deltas == words
    assert [item.type for item in items][: len(saved)] == saved
    assert "503" in capsys.readouterr().out
