"""Exercise ex03: the stub fails, the solution and its kin pass, each wrong answer fails as it is meant to."""

from __future__ import annotations

import pytest

from lesson_kit.grader import Result, Right, Wrong, find_exercise, judge
from lesson_kit.workshop.claims import first_missed, made_of, told
from lesson_kit.workshop.markers import stub

from .grading import NoWalls, solution

EXERCISE = find_exercise("ex03")
SOLUTION = solution("ex03")


def result(source: str | None) -> Result:
    assert source is not None, "an edit does not find its text in the solution"
    return judge(EXERCISE, source, sandbox=NoWalls(), seed=1).result


def test_the_stub_earns_nothing_and_is_told_what_to_write() -> None:
    done = result(stub(SOLUTION))
    assert (done.score, done.max_score) == (0, 10)
    assert {check.status for check in done.checks} == {"failed"}
    assert "is not written yet: TODO: show a thinking line" in done.checks[0].seen


@pytest.mark.parametrize(
    "answer", [Right("the solution"), *EXERCISE.right], ids=lambda answer: answer.name
)
def test_right_answers_have_all_points(answer: Right) -> None:
    assert result(made_of(answer, SOLUTION)).score == 10


@pytest.mark.parametrize("answer", EXERCISE.wrong, ids=lambda answer: answer.name)
def test_wrong_answers_fail_first_where_they_should(answer: Wrong) -> None:
    missed = first_missed(result(made_of(answer, SOLUTION)))
    assert missed is not None
    assert missed.name == answer.check
    assert answer.says in told(missed)


def test_the_document_s_own_placement_loses_only_the_middle_of_the_line() -> None:
    [placed] = [wrong for wrong in EXERCISE.wrong if wrong.name.startswith("cleared")]
    done = result(made_of(placed, SOLUTION))
    assert done.score == 7
    assert [check.pitfall for check in done.checks if check.status == "failed"] == [
        "clear_too_soon"
    ]


def test_an_answer_that_does_nothing_earns_nothing() -> None:
    nothing = "class ThinkingServer:\n    def __init__(self, model, store): pass\n    async def respond(self, *a):\n        return\n        yield\n"
    from_chatkit = nothing.replace("ThinkingServer", "ThinkingServer(ChatKitServer)")
    whole = "from chatkit.server import ChatKitServer\n" + from_chatkit.replace(
        "store): pass", "store): super().__init__(store)"
    )
    assert result(whole).score == 0
    assert result(nothing).score == 0
