"""Answers as students send them: found in what they sent, or refused in words that help."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lesson_kit.answer import Answer, answer_of_source, read_answer
from lesson_kit.grader.exercise import MAY_USE, Check
from lesson_kit.grader.verdict import not_run

GOOD = "class Server:\n    def respond(self):\n        yield 1\n"


def of(source: str, *defines: str) -> Answer:
    return answer_of_source(source, defines or ("Server",), MAY_USE)


def notebook(*sources: Any, **more: Any) -> str:
    cells = [{"cell_type": "code", "source": source, "metadata": {}} for source in sources]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}} | more)


def sent(folder: Path, content: str | bytes, name: str = "ex03.ipynb") -> Answer:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_answer(path, ("Server",), MAY_USE)


def test_a_good_answer_is_ok() -> None:
    assert of(GOOD) == Answer(GOOD)


def test_the_last_cell_that_defines_what_is_asked_for_is_the_answer(tmp_path: Path) -> None:
    later = GOOD.replace("yield 1", "yield 2")
    answer = sent(tmp_path, notebook("import json", GOOD, later.splitlines(True), "Server"))
    assert (answer.source, answer.status, answer.file) == (later, "ok", "ex03.ipynb, cell 3")


def test_a_cell_that_means_to_define_it_is_found_though_it_is_not_python(tmp_path: Path) -> None:
    answer = sent(tmp_path, notebook("x = 1", "class Server:\n    def f(:\n"))
    assert (answer.status, answer.line) == ("syntax_error", 2)


def test_a_file_of_python_is_taken_whole(tmp_path: Path) -> None:
    assert sent(tmp_path, b"\xef\xbb\xbf" + GOOD.encode(), "ex03.py") == Answer(GOOD, "ex03.py")


def test_magics_are_blanked_out_and_lines_keep_their_numbers() -> None:
    answer = of("%matplotlib inline\n!pip list\n" + GOOD + "    x = (\n")
    assert answer.line == 6
    assert of("%time\n" + GOOD).status == "ok"
    assert of(GOOD + 'X = """\n%d things\n"""\n').source.count("%d") == 1


@pytest.mark.parametrize(
    ("content", "name", "status", "part"),
    [
        (b"", "ex03.py", "missing", "empty"),
        (b"", "ex03.ipynb", "syntax_error", "damaged"),
        (b"\xff\xfe\x00x", "ex03.py", "syntax_error", "not UTF-8"),
        (b"a = 1\nb = '\xe9'\n", "ex03.py", "syntax_error", "not UTF-8"),
        (b"class Server:\x00 pass", "ex03.py", "syntax_error", "null"),
        (b"class Server: pass\n" + b"x = 1\n" * 50_000, "ex03.py", "forbidden", "longer than"),
        (b"x" * 6_000_000, "ex03.ipynb", "forbidden", "larger than 5 MB"),
        (b"[" * 100_000, "ex03.ipynb", "syntax_error", "damaged"),
        (b"[" * 300 + b"]" * 300, "ex03.ipynb", "syntax_error", "nested"),
        (b"class Server: pass\nx = " + b"(" * 5000, "ex03.py", "syntax_error", "not Python"),
        (b"class Server: pass\nx = " + b"-" * 90_000 + b"1", "ex03.py", "syntax_error", "Python"),
        (b"class Server: pass\nx = " + b"+1" * 90_000, "ex03.py", "syntax_error", "Python"),
        (b"class Server: pass\nx = 1" + b"0" * 9_000, "ex03.py", "syntax_error", "Python"),
        (b"PK\x03\x04", "ex03.ipynb", "syntax_error", "damaged"),
        (b"{}", "ex03.ipynb", "missing", "no code cell"),
        (b"[1, 2]", "ex03.ipynb", "missing", "no code cell"),
        (b'{"cells": [3, {"cell_type": "code", "source": [1]}]}', "ex03.ipynb", "missing", "no code"),
        (b"x = 1", "ex03.py", "missing", "no Server"),
    ],
)  # fmt: skip
def test_what_is_no_answer_gets_a_message(
    tmp_path: Path, content: bytes, name: str, status: str, part: str
) -> None:
    answer = sent(tmp_path, content, name)
    assert answer.status == status
    assert part in answer.message


def test_a_file_that_is_not_there_gets_a_message(tmp_path: Path) -> None:
    assert "cannot be read" in read_answer(tmp_path / "none.py", ("Server",), MAY_USE).message


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import lesson_kit.grader",
        "from . import x",
        "from asyncio import sys",
        "import asyncio.subprocess",
        "asyncio.sys.exit()",
        "logging.os.environ",
        "asyncio.sleep = None",
        "del asyncio.sleep",
        "setattr(asyncio, 'sleep', None)",
        "asyncio.create_subprocess_exec('x')",
        "open('x')",
        "eval('1')",
        "__import__('os')",
        "__builtins__",
        "().__class__.__base__.__subclasses__()",
        "f.__globals__",
        "getattr(f, '__glo' + 'bals__')",
        "getattr(f, '__globals__')",
        "exit()",
        "x.gi_frame.f_back",
    ],
)
def test_ways_out_are_refused_with_the_line(line: str) -> None:
    answer = of(f"import asyncio, logging\n{GOOD}\n{line}\n")
    assert (answer.status, answer.line) == ("forbidden", 6)
    assert answer.message.startswith("An answer may ")


@pytest.mark.parametrize(
    "line",
    [
        "from chatkit.types import ProgressUpdateEvent",
        "import collections.abc, dataclasses",
        "print(type(1).__name__, Server().__class__.__name__)",
        "x = getattr(Server, 'name', None)",
        "self = Server(); self.signal = self.os = 3",
        "super_ = Server.__init__",
        "from contextlib import aclosing, suppress",
        "logger = logging.getLogger(__name__)",
    ],
)
def test_honest_lines_are_not_refused(line: str) -> None:
    assert of(f"import asyncio, logging\n{GOOD}\n{line}\n").status == "ok"


def test_one_of_several_names_is_enough_to_be_run() -> None:
    assert of("CAUSES = {}", "One", "CAUSES").status == "ok"
    assert of("CAUSES: dict = {}", "One", "CAUSES").status == "ok"


def test_half_a_character_is_told_with_its_line_and_can_be_written_to_a_file(
    tmp_path: Path,
) -> None:
    # JSON can say it (a lone surrogate), no file of text can hold it: not the notebook, and not a report.
    answer = sent(tmp_path, notebook("class Server:\n    name = '\ud800'\n"))
    assert (answer.status, answer.line) == ("syntax_error", 2)
    assert "half a character" in answer.message
    assert answer.source.encode() == b"class Server:\n    name = '?'\n"


def test_a_line_is_quoted_as_python_counts_lines() -> None:
    # str.splitlines also breaks at these, Python's parser does not.
    source = f"class Server:\n    name = 'a\u2028b\x85c\x0cd'\n    {'import os'}\n"
    answer = of(source)
    check = Check("it", 1.0, "scene", lambda seen: None)
    assert "Line 3: `import os`" in not_run(check, answer).seen
