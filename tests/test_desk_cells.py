"""Which of the cells that were run are the answer."""

from __future__ import annotations

import linecache

import pytest

from lesson_kit.desk.cells import answer_in_file, answer_in_kernel, find_answer

SERVER = "class Server:\n    pass"
CHECK = 'check("ex03")'


def sources(run: list[str], *defines: str) -> list[tuple[str, str]] | None:
    found = find_answer(list(enumerate(run, 1)), defines)
    return [(part.name, part.source) for part in found.parts] if found else None


def test_it_is_the_newest_cell_that_defines_what_is_asked_for() -> None:
    run = [SERVER, "x = 1", SERVER + "  # again", CHECK]
    assert sources(run, "Server") == [("In [3]", SERVER + "  # again")]


def test_nothing_run_is_no_answer() -> None:
    assert sources([], "Server") is None
    assert sources(["", CHECK, "Server = "], "Other") is None


def test_a_cell_with_all_names_wins_over_an_older_pair() -> None:
    both = "def a(): ...\nasync def b(): ..."
    assert sources(["def a(): ...", "def b(): ...", both, "y = 2"], "a", "b") == [("In [3]", both)]


def test_names_from_several_cells_come_together_in_the_order_of_their_runs() -> None:
    run = ["def a(): return 1", "def b(): ...", "def a(): return 2", CHECK]
    assert sources(run, "a", "b") == [("In [2]", run[1]), ("In [3]", run[2])]


def test_a_newer_part_is_taken_with_the_older_cell_that_has_the_rest() -> None:
    run = ["def a(): ...\ndef b(): ...", "def a(): return 2"]
    assert sources(run, "a", "b") == [("In [1]", run[0]), ("In [2]", run[1])]


def test_one_name_of_two_is_an_answer_that_the_judge_can_tell_the_rest_of() -> None:
    assert sources(["def a(): ..."], "a", "b") == [("In [1]", "def a(): ...")]


def test_a_method_or_a_text_of_that_name_is_no_definition() -> None:
    assert (
        sources(["class X:\n    def respond(self): ...", "'def respond(): ...'"], "respond") is None
    )


def test_an_assignment_defines_a_name() -> None:
    assert sources(["count = lambda: 1"], "count") is not None


def test_a_cell_with_a_syntax_error_is_the_answer_when_it_is_the_newest() -> None:
    run = [SERVER, "class Server:\n    def f(self)\n        pass"]
    assert sources(run, "Server") == [("In [2]", run[1])]


def test_magics_are_blanked_and_the_lines_keep_their_numbers() -> None:
    assert sources(["%%time\n!ls\nclass Server:\n    pass"], "Server") == [
        ("In [1]", "\n\nclass Server:\n    pass")
    ]


def test_a_percent_sign_within_a_text_stays() -> None:
    cell = 'TEXT = """\n%s and\n!done"""\ndef a(): ...'
    assert sources([cell], "a") == [("In [1]", cell)]


@pytest.mark.parametrize("odd", ["\x00", "(" * 5000, "x = '\\d'\ndef f(", "\udcff"])
def test_whatever_else_was_run_does_no_harm(odd: str) -> None:
    assert sources([SERVER, odd], "Server") == [("In [1]", SERVER)]


def test_a_line_is_found_in_its_own_cell() -> None:
    found = find_answer(
        [(4, "def a():\n    return 1"), (7, "def b():\n    return 2\n")], ["a", "b"]
    )
    assert found is not None
    assert found.source.split("\n")[3].strip() == "return 2"
    assert found.place(4) == ("line 2 of In [7]", "return 2")
    assert found.place(1) == ("line 1 of In [4]", "def a():")
    assert found.place(99) == found.place(0) == ("", "")
    assert answer_in_file("ex03.py", "x\ny").place(2) == ("line 2 of ex03.py", "y")


def test_without_a_history_the_cells_are_those_that_made_what_the_kernel_holds() -> None:
    cells = {
        "<cell a>": "LIMIT = 3\n\ndef a():\n    return 1\n",
        "<cell b>": "class B:\n    x = 1\n    def f(self): ...\n",
    }
    namespace: dict[str, object] = {"n": 3, "Empty": type("Empty", (), {})}
    for file, source in cells.items():
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        exec(compile(source, file, "exec"), namespace)
    found = answer_in_kernel(namespace, ["a", "B", "n", "Empty", "gone"])
    assert found is not None
    assert [part.source for part in found.parts] == list(cells.values())
    assert found.place(3) == ("line 3 of your cell", "def a():")
    assert answer_in_kernel(namespace, ["n", "gone"]) is None
    for file in cells:
        del linecache.cache[file]
