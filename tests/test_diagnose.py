"""Diagnose, proved on servers in many styles: the right cause, the right line, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lesson_kit.diagnose import BadInput, Diagnosis, diagnose
from lesson_kit.diagnose.causes import MENDS, ORDER
from lesson_kit.diagnose.target import find_target
from lesson_kit.server import LessonServer

FILES = Path(__file__).parent / "diagnose"
BROKEN = sorted((FILES / "broken").glob("*.py"))
HEALTHY = sorted((FILES / "healthy").glob("*.py"))
PITFALLS = Path(__file__).parent.parent / "lesson_kit" / "pitfalls"
SLUGS = sorted(path.stem for path in PITFALLS.glob("*.py") if path.stem in MENDS)

# Each starts processes and meets the wall clock. One worker for all: the nursery is three seconds of computing.
pytestmark = pytest.mark.live


def marked(path: Path, mark: str) -> dict[int, str]:
    """The lines of a file that end in a comment `# mark...`: line -> what follows the mark."""
    lines = path.read_text("utf-8").splitlines()
    found = {n: re.search(rf"# {mark}(.*)", line) for n, line in enumerate(lines, 1)}
    return {n: match[1].strip() for n, match in found.items() if match}


def places(diagnosis: Diagnosis) -> list[tuple[str, int]]:
    return [(finding.cause, finding.line) for finding in diagnosis.findings]


def test_there_are_enough_servers() -> None:
    assert len(BROKEN) >= 20
    assert len(HEALTHY) >= 10


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_server_has_these_faults_and_no_other(path: Path) -> None:
    meant = {
        (cause.strip(), line)
        for line, causes in marked(path, "mend:").items()
        for cause in causes.split(",")
    }
    diagnosis = diagnose(path)
    assert set(places(diagnosis)) == meant, str(diagnosis)
    assert len(diagnosis.findings) == len(meant)
    assert all(finding.file == str(path) for finding in diagnosis.findings)
    order = [ORDER[finding.cause] for finding in diagnosis.findings]
    assert order == sorted(order)


@pytest.mark.parametrize("path", HEALTHY, ids=lambda path: path.stem)
def test_a_healthy_server_that_looks_unusual_is_clean(path: Path) -> None:
    diagnosis = diagnose(str(path))
    assert diagnosis.clean, str(diagnosis)
    assert diagnosis.figures["answers_kept"] == 2


@pytest.mark.parametrize("slug", SLUGS)
def test_the_broken_half_of_a_pitfall_is_recognised(slug: str) -> None:
    path = PITFALLS / f"{slug}.py"
    diagnosis = diagnose(f"{path}:Broken")
    assert diagnosis.findings, str(diagnosis)
    first = diagnosis.findings[0]
    assert first.cause == slug
    assert first.line in marked(path, "broken here")


# Fixed halves on plain ChatKit, where mending everything would hide the mend that is shown.
LEFT = {
    "partial_lost": {"no_interruption"},
    "store_without_await": {"no_interruption"},
    "timeout_round_yield": {"no_interruption"},
}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_fixed_half_of_a_pitfall_is_clean(slug: str) -> None:
    """Clean, or with only what the pair leaves as it is: plain ChatKit answers two messages at once."""
    diagnosis = diagnose(f"{PITFALLS / slug}.py:Fixed")
    assert set(diagnosis.causes) <= LEFT.get(slug, set()), str(diagnosis)


def test_the_reference_server_is_clean_with_its_figures() -> None:
    diagnosis = diagnose(LessonServer)
    assert diagnosis.clean, str(diagnosis)
    figures = dict(diagnosis.figures)
    assert figures["deltas"] == figures["model_deltas"] == 40
    assert figures["first_token"] == pytest.approx(1.06)
    assert figures["added_delay_per_delta"] == 0.0
    assert figures["deltas_after_disconnect"] <= 1
    assert figures["partial_saved"] is True
    assert figures["second_message"] == "stops the first answer"
    assert figures["history_reaches_model"] is True
    assert find_target(LessonServer()) == find_target(LessonServer)  # an instance: its class is run


def test_a_source_text_is_as_good_as_a_file() -> None:
    text = (FILES / "broken" / "last_message_only.py").read_text("utf-8")
    [finding] = diagnose(text).findings
    assert (finding.cause, finding.file, finding.line) == ("no_history", "<source>", 22)


def test_one_of_several_servers_is_picked_by_its_name() -> None:
    path = FILES / "several.py"
    assert diagnose(f"{path}:Good").clean
    assert diagnose(f"{path}:Bad").causes == ["no_yield"]
    with pytest.raises(BadInput, match="there is no 'Ugly' in it"):
        diagnose(f"{path}:Ugly")


def test_code_that_holds_the_interpreter_is_killed_and_its_line_is_known() -> None:
    [finding] = diagnose(FILES / "holds_the_interpreter.py").findings
    assert (finding.cause, finding.line) == ("blocking_call", 12)
    assert "C code held the interpreter" in finding.evidence


@pytest.mark.parametrize(
    "line",
    ["next(n for n in itertools.count() if n < 0)", "7 ** (7**12)", "threading.Event().wait()"],
)
def test_code_that_never_becomes_a_server_is_unknown_with_its_line(line: str) -> None:
    source = f"import itertools\nimport threading\n\nx = {line}\n"
    [finding] = diagnose(source).findings
    assert (finding.cause, finding.line) == ("unknown", 4)
    assert "still busy with the import" in finding.evidence
    assert line in finding.evidence


SPINNING = """
import asyncio
from chatkit.server import ChatKitServer

class Spinner(ChatKitServer):
    async def respond(self, thread, item, context):
        while True:
            await asyncio.sleep(0)
        yield
"""


@pytest.mark.parametrize(
    ("limit", "until"),
    [
        (1.0, "when the time was up"),
        (10.0, "after 1.5 s of computing in which the virtual clock stood still"),
    ],
)
def test_code_that_awaits_and_never_gets_anywhere_is_unknown_with_its_line(
    limit: float, until: str
) -> None:
    [finding] = diagnose(SPINNING, limit=limit).findings
    assert finding.cause == "unknown"
    assert f"still busy with the probe 'answer' {until}" in finding.evidence
    assert finding.line in (7, 8)  # wherever it is met in its loop
    assert SPINNING.splitlines()[finding.line - 1].strip() in finding.evidence


def test_code_that_waits_for_ever_is_unknown() -> None:
    source = SPINNING.replace("asyncio.sleep(0)", "asyncio.Event().wait()")
    [finding] = diagnose(source).findings
    assert finding.cause == "unknown"
    assert "no end in sight" in finding.evidence


def test_a_class_inside_a_function_is_told_to_come_as_a_text() -> None:
    class Inner(LessonServer):
        pass

    with pytest.raises(BadInput, match="Give diagnose\\(\\) its source as a text"):
        diagnose(Inner)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1\n", "<source>: expected a ChatKitServer, but there is no ChatKitServer in it"),
        ("def f(:\n    pass\n", "<source>:1: not Python: invalid syntax"),
        ("no_such_file.py", "no_such_file.py: expected a Python file, but there is none"),
        (dict, "expected a path, a source text, or a ChatKitServer class or instance"),
    ],
)
def test_what_cannot_be_diagnosed_is_one_clear_line(source: object, says: str) -> None:
    with pytest.raises(BadInput, match=re.escape(says)) as caught:
        diagnose(source)
    assert "\n" not in str(caught.value)
