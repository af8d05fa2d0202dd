"""Lessons 13 and 14: the rows they teach, and what their sentences say where no committed output shows it."""

from __future__ import annotations

import ast
import asyncio
import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import nh3
import pytest

from lesson_kit import Script, run
from tests.attacks import ATTACKS, LEGITIMATE

ROOT = Path(__file__).parent.parent
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
RECOVERY = ROOT / "notebooks" / "13_partial_and_recovery.ipynb"
RENDERING = ROOT / "notebooks" / "14_safe_rendering.ipynb"


def cells(path: Path) -> list[Any]:
    return list(nbformat.read(path, as_version=4).cells)  # type: ignore[no-untyped-call]


def names_of(path: Path, *starts: str) -> dict[str, Any]:
    """Run the definitions in the cells that hold these lines, in order; what a cell does with them is left out."""
    names: dict[str, Any] = {}
    sources = [cell.source for cell in cells(path) if cell.cell_type == "code"]
    for start in starts:
        [source] = [source for source in sources if start in source]
        tree = ast.parse(source)
        tree.body = [node for node in tree.body if isinstance(node, DEFINES)]
        exec(compile(tree, path.name, "exec"), names)
    return names


def words_of(path: Path) -> str:
    return "\n".join(cell.source for cell in cells(path) if cell.cell_type == "markdown")


@pytest.mark.parametrize(
    ("path", "rows"),
    [(RECOVERY, {"A34", "A35", "A43"}), (RENDERING, {"A36", "A37", "A38"})],
    ids=["13", "14"],
)
def test_each_row_is_tagged_where_the_student_sees_it(path: Path, rows: set[str]) -> None:
    assert rows <= {tag for cell in cells(path) for tag in cell.metadata.get("tags", [])}


@pytest.mark.parametrize("path", [RECOVERY, RENDERING], ids=["13", "14"])
def test_python_in_place_of_the_documents_javascript_is_said_to_be_such(path: Path) -> None:
    assert "**Python counterpart**" in words_of(path)


# --- 13 ---


def test_chunks_of_137_characters_hit_a_multiple_of_1000_after_1000_chunks() -> None:
    assert "after 1000 chunks" in words_of(RECOVERY)
    assert min(n for n in range(1, 2000) if 137 * n % 1000 == 0) == 1000


async def chunks(*pieces: str, then: Exception | None = None) -> Any:
    for piece in pieces:
        await asyncio.sleep(0.1)
        yield piece
    if then:
        raise then


def test_the_documents_function_returns_nothing_also_when_all_went_well() -> None:
    document = names_of(RECOVERY, "async def stream_with_recovery")
    document["saved"] = []
    assert run(document["stream_with_recovery"](chunks("a", "b"))) is None
    assert document["saved"] == ["ab"]


@pytest.mark.parametrize(
    ("then", "outcome"), [(None, "done"), (ConnectionError(), "cut")], ids=["done", "cut"]
)
def test_the_mended_function_returns_all_that_came_and_how_it_ended(
    then: Exception | None, outcome: str
) -> None:
    names = names_of(RECOVERY, "async def mended")
    assert run(names["mended"](chunks("a", "b", then=then))) == (outcome, "ab")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.3, ("cut", ["user_message"])),
        (9.0, ("done", ["user_message", "assistant_message"])),
    ],
    ids=["before the first word", "after the end"],
)
def test_what_change_it_in_13_promises(seconds: float, expected: tuple[str, list[str]]) -> None:
    names = names_of(RECOVERY, "def new_server", "async def refetch", "async def cut_at")
    names["script"] = Script.say("one two three", thinking=0.5, gap=0.05)
    assert run(names["cut_at"](seconds)) == expected


# --- 14 ---


def test_escaping_leaves_nothing_of_the_bank_that_html_could_act_on() -> None:
    for attack in ATTACKS:
        by_delta = "".join(html.escape(delta) for delta in attack.deltas)
        assert by_delta == html.escape(attack.text), attack.name
        assert not re.search("[<>\"']", by_delta), attack.name


def test_the_check_of_each_token_lets_most_of_the_bank_through_and_refuses_honest_texts() -> None:
    passes: Callable[[Any], bool] = names_of(RENDERING, "def validate_token")["passes"]
    assert sum(passes(attack.deltas) for attack in ATTACKS) > len(ATTACKS) / 2
    assert any(not passes([entry.text]) for entry in LEGITIMATE)


def test_no_script_or_handler_of_the_bank_is_left_when_the_sanitiser_comes_last() -> None:
    for attack in ATTACKS:
        clean = nh3.clean(attack.text, tags={"strong", "a", "p"}, url_schemes={"http", "https"})
        assert set(re.findall(r"<(\w+)", clean)) <= {"strong", "a", "p"}, attack.name
        assert not re.search(r"<[^>]*\s(on\w+|style|src)=", clean), attack.name
        assert not re.search(r'href="(?!https?:)', clean), attack.name


def test_an_escaped_legitimate_text_reads_the_same_after_the_sanitiser() -> None:
    for entry in LEGITIMATE:
        assert html.unescape(nh3.clean(html.escape(entry.text))) == entry.text


def test_the_filter_of_change_it_makes_a_script_out_of_what_was_none() -> None:
    names = names_of(RENDERING, "import re", "def careless_filter")
    mine = "<scr<script>ipt>steal()</scr</script>ipt>"
    assert any(mine in cell.source for cell in cells(RENDERING))
    assert names["careless_filter"](mine) == "<script>steal()</script>"


def test_the_frames_of_14_are_locked_in() -> None:
    [output] = [
        out["data"]["text/html"]
        for cell in cells(RENDERING)
        for out in cell.get("outputs", [])
        if "<iframe" in out.get("data", {}).get("text/html", "")
    ]
    assert re.findall(r'sandbox="([^"]*)"', output) == ["allow-scripts", "allow-scripts"]


def test_the_bank_is_as_large_as_14_says() -> None:
    [said] = re.findall(r"throw (\d+) attacks", words_of(RENDERING))
    assert len(ATTACKS) >= int(said)
