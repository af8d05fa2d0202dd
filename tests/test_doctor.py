"""The doctor's judgement on every kind of machine, and one real look at this one."""

from dataclasses import replace

import pytest

from lesson_kit import doctor
from lesson_kit.doctor import CHECKS, Finding, judge
from lesson_kit.machine import Browser, Kernel, Machine, look

HEALTHY = Machine(
    requirements=("rich<16,>=15", 'pytest>=9; extra == "dev"', 'pywin32; sys_platform == "cp/m"'),
    versions={"rich": "15.2"},
    chromium=Browser("/usr/bin/chromium", "Chromium 156"),
)
SECRET = "sk-very-secret"


def finding(subject: str, **facts: object) -> Finding:
    """What is said about a healthy machine with these facts changed."""
    machine = replace(HEALTHY, **facts)  # type: ignore[arg-type]
    return {found.subject: found for found in judge(machine)}[subject]


def test_a_healthy_machine_has_nothing_to_do() -> None:
    assert [(found.state, found.todo) for found in judge(HEALTHY)] == [("ok", "")] * len(CHECKS)


@pytest.mark.parametrize(
    ("subject", "facts", "state", "words"),
    [
        ("Python", {"python": (3, 10, 1)}, "fail", "3.10.1, expected 3.11"),
        ("Python", {"in_environment": False}, "warn", "outside an environment"),
        ("packages", {"requirements": None}, "fail", "not installed"),
        ("packages", {"versions": {}}, "fail", "rich is missing"),
        ("packages", {"versions": {"rich": "14.0"}}, "fail", "rich 14.0, expected <16,>=15"),
        ("kernel", {"kernel": Kernel(error="No module named x")}, "fail", "No module named x"),
        ("kernel", {"kernel": Kernel("/other")}, "fail", "would run in /other"),
        ("folders", {"read_only": ("/course",)}, "fail", "cannot write in /course"),
        ("ports", {"taken_ports": frozenset({8000})}, "warn", "8000 is taken"),
        ("ports", {"taken_ports": frozenset({8888})}, "warn", "8888 is taken"),
        ("Chromium", {"chromium": None}, "warn", "none"),
        ("Chromium", {"chromium": Browser("/bin/stub", "")}, "warn", "does not start"),
        ("Chromium", {"chromium": None, "chromium_chosen": "/x"}, "warn", "CHROMIUM is /x"),
        ("model", {"model": "gpt", "model_error": "write openai/gpt"}, "fail", "cannot be used"),
    ],
)
def test_each_lack_is_named_with_what_to_do(
    subject: str, facts: dict[str, object], state: str, words: str
) -> None:
    found = finding(subject, **facts)
    assert found.state == state
    assert words in found.found
    assert found.todo


def test_neither_node_nor_a_key_is_needed() -> None:
    assert finding("Node", has_node=False).state == "ok"
    assert finding("key", has_key=False).state == "ok"


def test_a_taken_port_names_the_command_that_avoids_it() -> None:
    assert "lesson-kit serve --port 8001" in finding("ports", taken_ports=frozenset({8000})).todo


def test_a_check_is_one_finding_about_one_subject() -> None:
    subjects = [found.subject for found in judge(HEALTHY)]
    assert len(set(subjects)) == len(subjects) == len(CHECKS)


@pytest.mark.live
def test_this_machine_can_be_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "look", lambda: look({"OPENAI_API_KEY": SECRET}))
    found = {finding.subject: finding for finding in doctor.examine()}
    assert found["kernel"].state == "ok", found["kernel"]
    assert found["packages"].state == "ok", found["packages"]
    assert found["model"].found == "offline"
    assert "is set" in found["key"].found


@pytest.mark.live
@pytest.mark.parametrize("wrong", [SECRET, f"openai/{SECRET}", ""])
def test_a_key_is_never_in_the_findings(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    env = {"OPENAI_API_KEY": SECRET, "LESSON_KIT_MODEL": wrong}
    monkeypatch.setattr(doctor, "look", lambda: look(env))
    assert SECRET not in repr(doctor.examine())
