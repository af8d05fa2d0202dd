"""`lesson-kit bench`: how fast the kit's own machinery is on this machine."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .say import err, give_up, out


def bench(
    what: Annotated[Literal["grade"], typer.Argument(metavar="grade")] = "grade",
    submissions: Annotated[int, typer.Option(min=1, help="Generated submissions.")] = 1000,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 means one a core.")] = 0,
    exercise: Annotated[str, typer.Option(help="The exercise that they answer.")] = "ex03",
    peers: Annotated[
        bool, typer.Option("--peers", help="Also nbgrader and otter (the extra `peers`).")
    ] = False,
    answers: Annotated[int, typer.Option(min=1, help="Submissions for each peer.")] = 3,
) -> None:
    """Measure the autograder: half of the answers right, half wrong; median, 95 %, total, computing, memory.

    Examples:

      lesson-kit bench grade --submissions 200

      lesson-kit bench grade --peers
    """
    from ..gradebook import bench as measure
    from ..gradebook import default_workers
    from ..grader import UnknownExercise

    try:
        with err.status(f"Grading {submissions} submissions..."):
            rows = [measure.bench(submissions, workers or default_workers(), exercise=exercise)]
        if peers:
            with err.status("The peers, in real time..."):
                from ..gradebook.peers import peers as others

                rows += others(answers, exercise=exercise)
    except (UnknownExercise, RuntimeError) as error:
        give_up(str(error), code=2)
    out.print(measure.HEAD, markup=False)
    for row in rows:
        out.print(row.row(), markup=False)
