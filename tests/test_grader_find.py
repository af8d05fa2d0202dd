"""Exercises are found: by any of their names, from the working directory upwards; and what is wrong with a file is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from lesson_kit.grader import UnknownExercise, find_exercise, load_exercises

from .grading import ROOT


@pytest.mark.parametrize(
    "name", ["ex03", "3", "EX03", "ex3", "ex03_thinking_indicator", "ex03_thinking_indicator.ipynb"]
)
def test_an_exercise_is_found_by_any_of_its_names(name: str) -> None:
    assert find_exercise(name).name == "ex03_thinking_indicator"


def test_an_unknown_exercise_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        UnknownExercise, match=r"Did you mean 'ex03'\?.*There are: .*ex03_thinking_indicator"
    ):
        find_exercise("thinking_indicator")
    (tmp_path / "ex01_x.py").write_text("EXERCISE = 3")
    with pytest.raises(UnknownExercise, match=r"must make EXERCISE = Exercise\(\"ex01_x\""):
        load_exercises(tmp_path)
    (tmp_path / "ex01_x.py").write_text("1 / 0")
    with pytest.raises(UnknownExercise, match=r"ex01_x\.py cannot be loaded: ZeroDivisionError"):
        find_exercise("1", tmp_path)


def test_the_exercises_are_found_from_the_working_directory_upwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = tmp_path / "course" / "exercises" / "checks"
    checks.mkdir(parents=True)
    (checks / "ex77_own.py").write_text(
        "from lesson_kit.grader import Exercise\nEXERCISE = Exercise('ex77_own', 'T', ['f'])\n"
    )
    (tmp_path / "course" / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "course" / "notebooks")
    assert list(load_exercises()) == ["ex77_own"]
    monkeypatch.chdir(tmp_path)
    assert "ex03_thinking_indicator" in load_exercises()
    assert "ex03_thinking_indicator" in load_exercises(ROOT / "exercises" / "checks")


def test_a_check_file_may_be_split_in_any_folder_and_is_read_anew(tmp_path: Path) -> None:
    for name in ("one", "two"):
        checks = tmp_path / name
        for place, part, value in (
            (checks, "title", repr(name)),
            (checks / "answers", "RIGHT", f"[{name!r}]"),
        ):
            (place / "ex77").mkdir(parents=True)
            (place / "ex77" / "part.py").write_text(f"{part} = {value}\n")
        (checks / "ex77_own.py").write_text(
            "from lesson_kit.grader import Exercise\nfrom .ex77.part import title\n"
            "EXERCISE = Exercise('ex77_own', title, ['f'])\n"
        )
        (checks / "answers" / "ex77_own.py").write_text(
            "from .ex77.part import RIGHT\nWRONG = []\n"
        )
    one, two = (find_exercise("77", tmp_path / name) for name in ("one", "two"))
    assert [one.title, two.title, one.right, two.right] == ["one", "two", ["one"], ["two"]]
    (tmp_path / "one" / "ex77" / "part.py").write_text("title = 'changed since'\n")
    assert find_exercise("77", tmp_path / "one").title == "changed since"
    (tmp_path / "one" / "ex77" / "part.py").unlink()
    with pytest.raises(
        UnknownExercise, match=r"ex77_own\.py cannot be loaded: ModuleNotFoundError"
    ):
        find_exercise("77", tmp_path / "one")
