"""The workshop: markers become stubs, notebooks are built and reset, and nobody's work is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lesson_kit.workshop import MarkerError, Shelf, ShelfError, build, restart
from lesson_kit.workshop.edition import edited_by_hand
from lesson_kit.workshop.markers import stub
from lesson_kit.workshop.nbgrader import faults
from lesson_kit.workshop.running import RunError, run_notebook
from lesson_kit.workshop.shelf import replace
from tests.course import NAME, SOLUTION, a_course, an_exercise


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return a_course(tmp_path)


def as_it_is(path: Path) -> str:
    """Run nothing: the cells get numbers as if they had been run."""
    notebook = read(path)
    number = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            number += 1
            cell.execution_count = number
    return nbformat.writes(notebook) + "\n"  # type: ignore[no-untyped-call,no-any-return]


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def built(shelf: Shelf, *, check: bool = False) -> list[Any]:
    return list(build([NAME], {NAME: an_exercise()}, shelf=shelf, check=check, run=as_it_is))


class TestMarkers:
    def test_a_solution_becomes_a_todo_and_the_signature_stays(self) -> None:
        made = stub(
            "async def add(a: int, b: int) -> int:\n"
            '    ### BEGIN SOLUTION: add a and "b"\n'
            "    return a + b\n"
            "    ### END SOLUTION\n"
            "\n"
            "print(1)\n"
        )
        assert made == (
            "async def add(a: int, b: int) -> int:\n"
            '    # TODO: add a and "b"\n'
            '    raise NotImplementedError("add a and \\"b\\"")\n'
            "\n"
            "print(1)\n"
        )
        compile(made, "stub", "exec")

    def test_a_generator_stays_a_generator(self) -> None:
        made = stub(SOLUTION)
        assert "if False: yield  # keeps" in made
        namespace: dict[str, Any] = {}
        exec(made, namespace)
        generator = namespace["count"](3)
        with pytest.raises(NotImplementedError, match="yield each number"):
            next(generator)

    def test_a_yield_that_stays_needs_no_other(self) -> None:
        made = stub(
            "def f():\n    yield 1\n    ### BEGIN SOLUTION: yield 2\n    yield 2\n    ### END SOLUTION\n"
        )
        assert "if False" not in made

    def test_the_yield_of_an_inner_function_makes_no_generator_of_the_outer_one(self) -> None:
        made = stub(
            "def outer():\n"
            "    ### BEGIN SOLUTION: do it\n"
            "    def inner():\n"
            "        yield 1\n"
            "    return list(inner())\n"
            "    ### END SOLUTION\n"
        )
        assert "if False" not in made

    def test_two_regions_in_one_generator_get_one_yield(self) -> None:
        region = "    ### BEGIN SOLUTION: yield\n    yield 1\n    ### END SOLUTION\n"
        made = stub(f"def f():\n{region}    x = 1\n{region}")
        assert made.count("if False") == 1
        assert made.count("NotImplementedError") == 2
        compile(made, "stub", "exec")

    def test_a_region_that_ends_in_a_comment_belongs_to_its_function(self) -> None:
        made = stub(
            "class A:\n    def f(self):\n        x = 1\n        ### BEGIN SOLUTION: think\n        # nothing\n        ### END SOLUTION\n"
        )
        assert '        raise NotImplementedError("think")' in made

    @pytest.mark.parametrize(
        ("source", "says"),
        [
            ("def f():\n    ### BEGIN SOLUTION: x\n    pass\n", "without an END"),
            ("def f():\n    pass\n    ### END SOLUTION\n", "without a BEGIN"),
            ("def f():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION\n", "what the student"),
            ("### BEGIN SOLUTION: x\nx = 1\n### END SOLUTION\n", "inside a function"),
            (
                "def f():\n    ### BEGIN SOLUTION: x\n    ### BEGIN SOLUTION: y\n    ### END SOLUTION\n",
                "within the one of line 2",
            ),
            ("def f(:\n    ### BEGIN SOLUTION: x\n    ### END SOLUTION\n", "not Python"),
        ],
    )  # fmt: skip
    def test_bad_markers_are_told_with_their_line(self, source: str, says: str) -> None:
        with pytest.raises(MarkerError, match=says) as caught:
            stub(source)
        assert str(caught.value).startswith("line ")

    def test_a_cell_without_markers_stays_as_it_is(self) -> None:
        assert stub("x = 1\r\n\n") == "x = 1\r\n\n"


class TestBuild:
    def test_it_makes_the_exercise_and_runs_the_solution(self, shelf: Shelf) -> None:
        [done] = built(shelf)
        assert done.stale == "the exercise, the solution's outputs"
        made, solution = read(shelf.exercise(NAME)), read(shelf.solution(NAME))
        nbformat.validate(made)
        answer = made.cells[1]
        assert "TODO: yield each number" in answer.source
        assert "range" not in answer.source
        assert [cell.execution_count for cell in made.cells[1:]] == [None, None]
        assert [cell.execution_count for cell in solution.cells[1:]] == [1, 2]
        for notebook in (made, solution):
            assert list(faults(notebook, 3.0)) == []
        assert answer.metadata.nbgrader.grade_id == "ex01-answer"
        assert made.cells[2].metadata.nbgrader.points == 3.0

    def test_building_twice_changes_nothing(self, shelf: Shelf) -> None:
        built(shelf)
        before = shelf.exercise(NAME).read_bytes(), shelf.solution(NAME).read_bytes()
        [done] = built(shelf)
        assert (done.stale, done.backup) == ("", None)
        assert (shelf.exercise(NAME).read_bytes(), shelf.solution(NAME).read_bytes()) == before

    def test_check_tells_what_is_out_of_date_and_writes_nothing(self, shelf: Shelf) -> None:
        [done] = built(shelf, check=True)
        assert done.stale == f"exercises/{NAME}.ipynb is missing"
        assert not shelf.exercise(NAME).exists()
        built(shelf)
        assert built(shelf, check=True)[0].stale == ""
        text = shelf.solution(NAME).read_text()
        replace(shelf.solution(NAME), text.replace("each number", "every number"))
        assert "differs" in built(shelf, check=True)[0].stale
        replace(shelf.solution(NAME), text.replace('"execution_count": 1', '"execution_count": 7'))
        assert "not run" in built(shelf, check=True)[0].stale

    def test_an_old_stub_is_replaced_but_somebodys_work_is_kept(self, shelf: Shelf) -> None:
        built(shelf)
        target = shelf.exercise(NAME)
        text = shelf.solution(NAME).read_text()
        replace(shelf.solution(NAME), text.replace("each number", "every number"))
        assert built(shelf)[0].backup is None
        work = target.read_text().replace("raise NotImplementedError", "return 7 #")
        target.write_text(work)
        assert edited_by_hand(read(target))
        [done] = built(shelf)
        assert done.backup.name == f"{NAME}.backup-1.ipynb"
        assert done.backup.read_text() == work
        target.write_text("no notebook at all")
        assert built(shelf)[0].backup.read_text() == "no notebook at all"

    def test_a_solution_that_fails_changes_no_exercise(self, shelf: Shelf) -> None:
        def failing(path: Path) -> str:
            raise RuntimeError("a cell failed")

        with pytest.raises(RuntimeError):
            list(build([NAME], {NAME: an_exercise()}, shelf=shelf, run=failing))
        assert not shelf.exercise(NAME).exists()

    def test_a_solution_without_markers_or_check_file_is_named(self, shelf: Shelf) -> None:
        with pytest.raises(ShelfError, match=f"expected exercises/checks/{NAME}.py"):
            list(build([NAME], {}, shelf=shelf, run=as_it_is))
        text = shelf.solution(NAME).read_text()
        shelf.solution(NAME).write_text(text.replace("### ", "# "))
        with pytest.raises(MarkerError, match=f"solutions/{NAME}.ipynb: .*no ### BEGIN"):
            built(shelf)


class TestReset:
    def test_the_stub_comes_back_and_every_backup_stays(self, shelf: Shelf) -> None:
        built(shelf)
        target = shelf.exercise(NAME)
        new = target.read_bytes()
        for number in (1, 2):
            target.write_text(f"work {number}")
            done = restart(NAME, {NAME: an_exercise()}, shelf)
            assert done.backup is not None
            assert done.backup.name == f"{NAME}.backup-{number}.ipynb"
            assert target.read_bytes() == new
        assert [path.read_text() for path in sorted(target.parent.glob("*backup*"))] == [
            "work 1",
            "work 2",
        ]

    def test_a_notebook_that_is_gone_or_untouched_needs_no_backup(self, shelf: Shelf) -> None:
        for _ in range(2):
            assert restart(NAME, {NAME: an_exercise()}, shelf).backup is None
        assert shelf.exercise(NAME).is_file()


@pytest.mark.notebooks
def test_a_solution_is_run_in_its_own_folder_and_a_failing_cell_is_told(shelf: Shelf) -> None:
    path = shelf.solution(NAME)
    document = json.loads(path.read_text())
    where = "import pathlib; print(pathlib.Path.cwd().name)"
    document["cells"][1]["source"], document["cells"][2]["source"] = where, "1 / 0"
    path.write_text(json.dumps(document))
    before = path.read_bytes()
    with pytest.raises(RunError, match="ZeroDivisionError"):
        run_notebook(path)
    document["cells"][2]["source"] = "1 + 1"
    path.write_text(json.dumps(document))
    told = json.loads(run_notebook(path))["cells"]
    assert told[1]["outputs"][0]["text"] == ["solutions\n"]
    assert told[2]["outputs"][0]["data"]["text/plain"] == ["2"]
    assert before != path.read_bytes() == json.dumps(document).encode()


class TestShelf:
    def test_short_and_whole_names_are_found(self, shelf: Shelf) -> None:
        assert shelf.chosen(["ex01"]) == shelf.chosen([NAME]) == shelf.chosen([]) == [NAME]
        with pytest.raises(ShelfError, match=f"expected one of {NAME}, but got 'ex7'"):
            shelf.chosen(["ex7"])
        with pytest.raises(ShelfError, match="found none"):
            Shelf(shelf.root / "solutions").chosen([])

    def test_a_write_that_fails_leaves_the_old_file_and_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "a.ipynb"
        target.write_text("old")

        def broken(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("lesson_kit.workshop.shelf.os.fsync", broken)
        with pytest.raises(OSError, match="No space"):
            replace(target, "new")
        assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_metadata_that_nbgrader_would_refuse_is_told(shelf: Shelf) -> None:
    built(shelf)
    notebook = read(shelf.exercise(NAME))
    assert list(faults(notebook, 4.0)) == ["not exactly one graded cell with points: 4"]
    notebook.cells[1].metadata.nbgrader.solution = "yes"
    notebook.cells[2].metadata.nbgrader.grade_id = "ex01-answer"
    told = " ".join(faults(notebook, 3.0))
    assert "lacks solution" in told
    assert "same grade_id" in told
