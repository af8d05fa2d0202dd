"""The catalog: the exercises that are there, read from their check files."""

from __future__ import annotations

import difflib
import importlib.util
import re
import sys
import threading
from functools import partial
from pathlib import Path
from types import ModuleType

from .exercise import Exercise, Right, Wrong

__all__ = ["UnknownExercise", "checks_folder", "find_exercise", "load_exercises"]

_FILE = re.compile(r"ex\d\d_\w+")
_ROOT = Path(__file__).parent.parent.parent
_ONE_AT_A_TIME = threading.RLock()  # what one thread forgets, another one may be about to import


class UnknownExercise(ValueError):
    """There is no such exercise, or its check file makes none. The message says which there are."""


def checks_folder(start: Path | None = None) -> Path:
    """Find `exercises/checks`: beside the working directory, above it, or in the checkout of this kit.

    Raises `UnknownExercise` when there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, _ROOT):
        for candidate in (folder / "exercises" / "checks", folder / "checks"):
            if any(candidate.glob("ex*.py")):
                return candidate
    raise UnknownExercise(
        f"expected a folder exercises/checks in {here} or above it, but there is none. Start in the course's folder."
    )


def load_exercises(folder: Path | None = None) -> dict[str, Exercise]:
    """Load all exercises of a folder of check files, by name, in order. Raises `UnknownExercise`."""
    return {path.stem: _load(path) for path in _files(folder)}


def find_exercise(name: str, folder: Path | None = None) -> Exercise:
    """Load one exercise: "ex03", "3" or "ex03_thinking_indicator". Raises `UnknownExercise` with the names there are."""
    files = _files(folder)
    wanted = name.strip().lower().removesuffix(".ipynb").removesuffix(".py")
    number = f"ex{int(wanted.removeprefix('ex')):02}" if _is_number(wanted) else wanted
    for path in files:
        if path.stem == wanted or path.stem.split("_")[0] == number:
            return _load(path)
    names = [path.stem for path in files]
    near = difflib.get_close_matches(wanted, names, 1, 0.4)
    hint = f" Did you mean {near[0].split('_')[0]!r}?" if near else ""
    raise UnknownExercise(f"there is no exercise {name!r}.{hint} There are: {', '.join(names)}.")


def _is_number(wanted: str) -> bool:
    digits = wanted.removeprefix("ex")
    return digits.isascii() and digits.isdigit() and len(digits) < 4


def _files(folder: Path | None) -> list[Path]:
    return sorted(
        path for path in (folder or checks_folder()).glob("ex*.py") if _FILE.fullmatch(path.stem)
    )


def _load(path: Path) -> Exercise:
    exercise = getattr(_run(path), "EXERCISE", None)
    if not isinstance(exercise, Exercise) or exercise.name != path.stem:
        raise UnknownExercise(
            f'{path.name} must make EXERCISE = Exercise("{path.stem}", ...), but it makes {exercise!r:.80}.'
        )
    exercise.answers = partial(_answers, path.parent / "answers" / path.name)
    return exercise


def _answers(path: Path) -> tuple[list[Wrong], list[Right]]:
    """Read WRONG and RIGHT; none where there is no such file, which `lesson-kit verify` then tells."""
    found = vars(_run(path)) if path.exists() else {}
    return found.get("WRONG", []), found.get("RIGHT", [])


def _run(path: Path) -> ModuleType:
    """Run a file as a module of its own folder, whatever folder that is: `from .ex10 import scenes` finds what is beside it."""
    package = f"_exercises_{abs(hash(str(path.parent.resolve()))):x}"
    with _ONE_AT_A_TIME:
        # All anew: its author may have changed any of these files since the last time.
        for known in [name for name in sys.modules if name.startswith(f"{package}.")]:
            del sys.modules[known]
        importlib.invalidate_caches()
        folder = sys.modules[package] = ModuleType(package)
        folder.__path__ = [str(path.parent.resolve())]
        # In sys.modules, because dataclasses look their module up there.
        spec = importlib.util.spec_from_file_location(f"{package}.{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise UnknownExercise(f"{path.name} cannot be loaded: {type(error).__name__}: {error}") from error  # fmt: skip
    return module
