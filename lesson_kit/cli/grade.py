"""`lesson-kit grade`: a class's submissions, graded and told in every form that a teacher needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from .say import err, give_up, out, printable

if TYPE_CHECKING:
    from ..gradebook import Collected, Journal, Submission
    from ..gradebook.grading import Executors
    from ..grader import Exercise

_SHOWN = 20


Paths: TypeAlias = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="Folders, or zip archives as an LMS exports them."),
]
Names: TypeAlias = list[str] | None
Seed: TypeAlias = Annotated[
    int | None, typer.Option(min=0, max=2**31 - 1, help="The same seed, the same grades.")
]


def grade(
    paths: Paths,
    folder: Annotated[Path, typer.Option("--out", help="Where the reports go.")] = Path("grades"),
    exercise: Annotated[Names, typer.Option(help="Only this; may be given again.")] = None,
    student: Annotated[Names, typer.Option(help="Only this; may be given again.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 means one a core.")] = 0,
    seed: Seed = None,
    resume: Annotated[bool, typer.Option("--resume", help="Keep what is graded already.")] = False,
    withhold: Annotated[
        bool, typer.Option("--withhold", help="Feedback tells points only.")
    ] = False,
    dask: Annotated[str, typer.Option(metavar="ADDRESS", help="A Dask scheduler.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Grade a class: every answer runs in a process of its own, inside walls.

    Without --resume all that is chosen is graded anew; what else the folder holds stays. Exit code 0 when grading worked,
    whatever the grades; 1 when a fault of ours cost somebody a check; 2 on bad use.

    Examples:

      lesson-kit grade submissions.zip --exercise ex03 --out grades

      lesson-kit grade class/ --resume

      lesson-kit grade class/ --student "Ada Lovelace" --exercise ex03
    """
    from ..gradebook import Journal, write_reports

    exercises = _exercises()
    chosen = _chosen(exercises, exercise or [])
    collected = _collect(paths, exercises)
    submissions = _of(collected.submissions, chosen, student or [])
    executors, many = _executors(workers, dask)
    with _told(folder), Journal(folder) as journal:
        # A part belongs to the run that the folder has: with a seed of its own, --resume would grade all the rest again.
        own = journal.seed(seed, go_on=resume or bool(student or exercise))
        _grade(journal, submissions, many, own, resume, executors)
        journal.close_up()
        titles = {name: one.title for name, one in exercises.items()}
        write_reports(folder, journal.records.values(), collected.left, titles, withhold=withhold)
    _end(journal, submissions, collected, folder, as_json)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Leave with one clear line where the folder cannot be written, no worker lives, or somebody presses Ctrl-C."""
    from ..gradebook import NoWorkers

    try:
        yield
    except NoWorkers as error:
        give_up(printable(f"{error}. What is graded is kept: mend that, and go on with --resume."))
    except KeyboardInterrupt:
        from multiprocessing import active_children

        # Else this process would wait, seconds or more, for what they have in hand.
        for worker in active_children():
            worker.terminate()
        give_up("stopped. What is graded is kept: go on with --resume.", code=130)
    except OSError as error:
        if error.errno is None:  # it is Busy, and says all
            give_up(printable(str(error)), code=2)
        kept = "What is graded is kept: mend that, and go on with --resume."
        give_up(printable(f"cannot write to {folder}: {error.strerror}. {kept}"), code=2)


def _exercises() -> dict[str, Exercise]:
    from ..grader import UnknownExercise, load_exercises

    try:
        return load_exercises()
    except UnknownExercise as error:
        give_up(printable(str(error)), code=2)


def _chosen(exercises: dict[str, Exercise], wanted: Sequence[str]) -> set[str]:
    from ..grader import UnknownExercise, find_exercise

    try:
        return {find_exercise(name).name for name in wanted} or set(exercises)
    except UnknownExercise as error:
        give_up(printable(str(error)), code=2)


def _collect(paths: Sequence[Path], exercises: dict[str, Exercise]) -> Collected:
    from ..gradebook import NothingFound, collect

    try:
        return collect(paths, {name: one.defines for name, one in exercises.items()})
    except NothingFound as error:
        give_up(printable(str(error)), code=2)


def _of(found: Sequence[Submission], chosen: set[str], students: Sequence[str]) -> list[Submission]:
    from ..gradebook.naming import as_one

    wanted = {as_one(name).casefold() for name in students}
    names = {one.student.casefold() for one in found}
    if missing := sorted(wanted - names):
        there = sorted({one.student for one in found})
        more = f" ... and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        told = f"there is no student {missing[0]!r}. There are: {', '.join(there[:_SHOWN])}{more}"
        give_up(printable(told), code=2)
    kept = [
        one for one in found if one.exercise in chosen and (not wanted or one.student.casefold() in wanted)
    ]  # fmt: skip
    if not kept:
        told = ", ".join(sorted({one.exercise for one in found}))
        give_up(f"nothing to grade: there are submissions for {told} only.", code=2)
    return kept


def _executors(workers: int, dask: str) -> tuple[Executors, int]:
    """Give what makes the executors, and how many tasks they run at once."""
    from ..gradebook import NoWorkers, default_workers, processes

    if not dask:
        many = workers or default_workers()
        return processes(many), many
    from ..gradebook.cluster import cluster

    try:
        executors, threads = cluster(dask)
    except ImportError:
        give_up("--dask needs one more package: python -m pip install distributed", code=2)
    except NoWorkers as error:
        give_up(printable(str(error)), code=2)
    if not threads:
        err.print("The cluster has no workers yet: this waits for them.")
    return executors, workers or threads or 1


def _grade(
    journal: Journal,
    submissions: Sequence[Submission],
    workers: int,
    seed: int,
    resume: bool,
    executors: Executors,
) -> None:
    from ..gradebook import grade_all
    from ..grader.catalog import checks_folder

    records = grade_all(
        submissions,
        seed=seed,
        checks=str(checks_folder()),
        executors=executors,
        workers=workers,
        done=journal.records if resume else None,
    )
    with closing(records), _progress(len(submissions)) as step:
        for record in records:
            journal.add(record)
            step(record.student)


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """Show on a terminal how far it is and how long it will take; elsewhere nothing."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn(), TextColumn("{task.fields[name]}", markup=False))  # fmt: skip
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        task = progress.add_task("grading", total=total, name="")
        yield lambda name: progress.update(task, advance=1, name=printable(name)[:40])


def _end(
    journal: Journal,
    submissions: Sequence[Submission],
    collected: Collected,
    folder: Path,
    as_json: bool,
) -> None:
    """Say what came of it. Results of this run only: what else the folder holds is no news."""
    records = [journal.records[one.student, one.exercise] for one in submissions]
    broken = [record for record in records if record.status == "grader_error"]
    if as_json:
        out.print(json.dumps({"submissions": [one.short() for one in records]}), markup=False)  # fmt: skip
    else:
        passed = sum(record.status == "passed" for record in records)
        walls = sorted({record.isolation for record in records if record.isolation})
        out.print(f"{len(records)} submissions graded, {passed} passed everything. Ran inside: {'; '.join(walls) or 'nothing was run'}.", markup=False)  # fmt: skip
        out.print(printable(f"Open {folder / 'class.html'}; all reports are beside it."), markup=False)  # fmt: skip
    for one in collected.left[:_SHOWN]:
        err.print(printable(f"not graded: {one.file} ({one.why})"), markup=False)
    if len(collected.left) > _SHOWN:
        err.print(f"... and {len(collected.left) - _SHOWN} more: class.html has them all")
    for record in broken[:_SHOWN]:
        seen = record.trouble.seen if record.trouble else ""
        err.print(printable(f"a fault of ours: {record.student}, {record.exercise}: {seen}"), style="red", markup=False)  # fmt: skip
    raise typer.Exit(1 if broken else 0)
