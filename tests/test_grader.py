"""The judge: the right status, line and words for each way in which an answer can go."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from lesson_kit.grader import (
    Check,
    Exercise,
    Miss,
    find_exercise,
    judge,
)
from lesson_kit.grader.result import CheckResult
from lesson_kit.sandbox import Ending, Sandbox
from lesson_kit.scene import Ask, Call, Reply, Scene, Seen, words

from .grading import NoWalls, Says, solution
from .scenes import PLAIN, line_of


def exercise() -> Exercise:
    made = Exercise("ex99_test", "A test", ["Server"])

    @made.scene
    def talk(chance: Random) -> Scene:
        return Scene(replies=(Reply(words(chance, 4)),), asks=(Ask("Hi"),))

    @made.scene
    def count(chance: Random) -> Scene:
        return Scene(uses="count", call=Call())

    @made.check("it answers", points=2, scene=talk)
    def answers(seen: Seen) -> Miss | None:
        said = "".join(delta.delta for delta in seen.made)
        return None if said and seen.text() == said else Miss("Text.", "No text came.", "Send it.")

    @made.check("it counts", points=1, scene=count)
    def counts(seen: Seen) -> Miss | None:
        return None if seen.returned == 3 else Miss("3.", f"{seen.returned!r} came.", "Count.")

    return made


GOOD = PLAIN + "\ndef count():\n    return 3\n"
EXERCISE = exercise()


def judged(source: str, **more: Any) -> list[CheckResult]:
    return judge(EXERCISE, source, sandbox=more.pop("sandbox", NoWalls()), seed=1).result.checks


def seen_line(facts: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"seen": facts or {}}


def test_a_right_answer_has_all_points_and_the_player_its_recordings() -> None:
    done = judge(EXERCISE, GOOD, sandbox=NoWalls(), seed=5)
    assert (done.result.score, done.result.max_score, done.result.status) == (3, 3, "passed")
    assert done.result.seed == 5
    assert done.result.isolation == "none: a test"
    assert done.seen["talk"].recordings[0].outcome == "done"
    assert [check.seen for check in done.result.checks] == ["", ""]


def test_a_failed_check_costs_only_itself() -> None:
    one, two = judged(GOOD.replace("return 3", "return 4"))
    assert (one.status, two.status) == ("passed", "failed")
    assert (two.points, two.max_points) == (0, 1)
    assert (two.expected, two.seen, two.next_step) == ("3.", "4 came.", "Count.")


def test_the_same_seed_gives_the_same_result_and_another_seed_other_texts() -> None:
    def texts(seed: int) -> str:
        return judge(EXERCISE, GOOD, sandbox=NoWalls(), seed=seed).seen["talk"].text()

    assert texts(3) == texts(3)
    assert texts(3) != texts(4)


def test_a_fresh_seed_is_drawn_where_none_is_given() -> None:
    seeds = {judge(EXERCISE, "", sandbox=NoWalls()).result.seed for _ in range(5)}
    assert len(seeds) > 1


def test_a_stub_is_not_written_yet_and_its_todo_is_named() -> None:
    stub = GOOD.replace(
        "        ctx = Agent",
        '        # TODO: show a line\n        raise NotImplementedError("show a line")\n        ctx = Agent',
    )
    one, two = judged(stub)
    assert (one.status, one.points, two.status) == ("failed", 0, "passed")
    assert one.seen == f"Line {line_of(stub, '# TODO')} is not written yet: TODO: show a line"
    assert one.line == line_of(stub, "# TODO")


def test_a_stub_without_a_todo_names_the_line_itself() -> None:
    stub = GOOD.replace("return 3", "raise NotImplementedError")
    assert judged(stub)[1].seen == f"Line {line_of(stub, 'NotImpl')} is not written yet."


def test_a_syntax_error_stops_every_check_with_the_line() -> None:
    checks = judged(GOOD + "\nx = (\n")
    assert {check.status for check in checks} == {"syntax_error"}
    assert {check.line for check in checks} == {line_of(GOOD + "\nx = (\n", "x = (")}
    assert "Line" in checks[0].seen


def test_what_is_missing_is_missing_for_the_checks_that_need_it() -> None:
    assert [check.status for check in judged(PLAIN)] == ["passed", "missing"]
    assert [check.status for check in judged("x = 1")] == ["missing", "missing"]


def test_a_forbidden_import_is_named_and_never_run() -> None:
    sandbox = Says(Ending("ended"))
    checks = judged("import os\n" + GOOD, sandbox=sandbox)
    assert {check.status for check in checks} == {"forbidden"}
    assert "import os" in checks[0].seen
    assert sandbox.jobs == 0


def test_time_sleep_is_a_blocked_loop_with_the_line() -> None:
    blocking = GOOD.replace("yield event  # each event", "time.sleep(0.5); yield event")
    check = judged(blocking)[0]
    assert (check.status, check.points) == ("blocked_loop", 0)
    assert check.line == line_of(blocking, "time.sleep")
    assert check.pitfall == "blocking_call"


def test_an_error_of_the_answer_is_told_with_its_line_and_what_to_mend() -> None:
    broken = GOOD.replace("yield event  # each event", "yield event.nothing")
    check, line = judged(broken)[0], line_of(broken, "event.nothing")
    assert check.status == "failed"
    assert "The answer raised AttributeError" in check.seen
    assert (check.line, check.next_step) == (line, f"Mend line {line} first.")


def test_an_error_at_the_start_stops_the_checks_in_the_same_words() -> None:
    broken = GOOD.replace("super().__init__(store)", "super().__init__(sore)")
    check = judged(broken)[0]
    assert "make a server of the answer failed: NameError" in check.seen
    assert check.line == line_of(broken, "sore")


def test_a_known_error_names_its_pitfall_though_no_line_of_the_answer_is_in_it() -> None:
    returned = GOOD.replace("yield event  # each event", "pass")
    assert judged(returned)[0].pitfall == "no_yield"


def test_an_answer_that_waits_for_ever_is_told_where() -> None:
    waiting = GOOD.replace(
        "        ctx = Agent", "        await asyncio.Event().wait()\n        ctx = Agent"
    )
    check = judged(waiting)[0]
    assert check.status == "failed"
    assert check.line == line_of(waiting, "Event().wait")
    assert "It came to no end" in check.seen


@pytest.mark.parametrize(
    "status", ["timeout", "blocked_loop", "crashed", "out_of_memory", "forbidden", "grader_error"]
)
def test_how_the_child_ended_is_the_status_of_its_checks(status: Any) -> None:
    ending = Ending(status, [{"at": "load"}], "signal 11", 3)
    checks = judged(GOOD, sandbox=Says(ending, Ending("ended", [seen_line()])))
    assert (checks[0].status, checks[0].line) == (status, 3)
    assert "(signal 11)" in checks[0].seen
    assert f"Line 3: `{GOOD.splitlines()[2]}`" in checks[0].seen
    assert checks[1].status == "failed"  # the other scenes still run


def test_after_two_scenes_that_hang_the_rest_is_not_reached() -> None:
    long = exercise()

    @long.scene
    def third(chance: Random) -> Scene:
        return Scene(uses="count", call=Call())

    @long.check("a third", points=1, scene=third)
    def more(seen: Seen) -> Miss | None:
        return None

    sandbox = Says(Ending("timeout"))
    statuses = [c.status for c in judge(long, GOOD, sandbox=sandbox).result.checks]
    assert statuses == ["timeout", "timeout", "not_reached"]
    assert sandbox.jobs == 2


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([], "crashed"),
        ([{"at": "play"}], "crashed"),
        (["nonsense", 3, None, []], "crashed"),
        ([seen_line(), seen_line()], "forbidden"),
        ([{"seen": 3}], "forbidden"),
        ([{"seen": {"clients": [{"sent": -1}]}}], "forbidden"),
        ([{"seen": {"clients": [{"sent": 0, "tape": "x\n"}]}}], "forbidden"),
        ([{"seen": {"made": [{"t": 1e300, "delta": "", "call": 0}]}}], "forbidden"),
        ([{"seen": {"score": 100}}], "forbidden"),
    ],
)  # fmt: skip
def test_what_no_honest_child_sends_passes_nothing(lines: list[Any], status: str) -> None:
    checks = judged(GOOD, sandbox=Says(Ending("ended", lines)))
    assert {check.status for check in checks} == {status}


def test_half_a_character_from_the_child_can_still_be_written_down() -> None:
    facts = {"called": {"returned": "\ud800"}}
    made = exercise()
    made.checks[1] = Check("it counts", 1, "count", lambda seen: Miss("3", seen.returned, ""))
    result = judge(made, GOOD, sandbox=Says(Ending("ended", [{"seen": facts}]))).result
    assert result.checks[1].status == "failed"
    assert "?" in result.model_dump_json()


def test_facts_that_are_nested_without_end_pass_nothing() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    checks = judged(GOOD, sandbox=Says(Ending("ended", [{"seen": {"value": deep}}])))
    assert {check.status for check in checks} <= {"forbidden", "failed"}


def test_a_check_that_raises_is_our_fault_and_costs_only_itself() -> None:
    faulty = exercise()
    faulty.checks[0] = Check("it answers", 2, "talk", lambda seen: 1 / 0)  # type: ignore[arg-type, return-value]
    one, two = judge(faulty, GOOD, sandbox=NoWalls()).result.checks
    assert (one.status, two.status) == ("grader_error", "passed")
    assert "ZeroDivisionError" in one.seen


def test_a_scene_that_cannot_be_made_is_our_fault_and_the_others_run() -> None:
    faulty = exercise()
    faulty.scenes["talk"] = lambda chance: Scene.model_validate({"limit": -1})
    assert [c.status for c in judge(faulty, GOOD, sandbox=NoWalls()).result.checks] == [
        "grader_error",
        "passed",
    ]


def test_a_sandbox_that_fails_is_our_fault_and_the_judge_survives() -> None:
    class Broken(NoWalls):
        def run(self, job: Any) -> Ending:
            raise OSError("no more processes")

    checks = judged(GOOD, sandbox=Broken())
    assert {check.status for check in checks} == {"grader_error"}
    assert "no more processes" in checks[0].seen


def test_the_result_s_json_has_the_promised_fields() -> None:
    told = json.loads(judge(EXERCISE, GOOD, sandbox=NoWalls()).result.model_dump_json())
    assert {"student", "exercise", "score", "max_score", "status", "isolation", "checks"} <= set(
        told
    )
    assert {
        "name",
        "status",
        "points",
        "max_points",
        "expected",
        "seen",
        "next_step",
        "line",
    } <= set(told["checks"][0])


def test_two_checks_cannot_share_a_name_and_a_check_needs_a_scene_of_its_exercise() -> None:
    made = exercise()
    with pytest.raises(ValueError, match="two checks called 'it answers'"):
        made.check("it answers", points=1, scene=made.scenes["talk"])(lambda seen: None)
    with pytest.raises(ValueError, match="expected a scene of ex99_test"):
        made.check("new", points=1, scene=lambda chance: Scene())


@pytest.mark.live
def test_in_the_sandbox_the_verdicts_are_the_same() -> None:
    exercise = find_exercise("ex03")
    source = solution("ex03")
    broken = source.replace('icon="clock"', 'icon="upload"')
    with Sandbox() as sandbox:
        for answer in (source, broken):
            inside = judge(exercise, answer, sandbox=sandbox, seed=1)
            here = judge(exercise, answer, sandbox=NoWalls(), seed=1)
            assert inside.result.checks == here.result.checks
            assert inside.seen == here.seen
