"""What a guest's process says, and what is made of it: no process is needed for that."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_kit.sandbox import Ending, Job, Limits, Walls, reach
from lesson_kit.sandbox.ending import ending_of
from lesson_kit.sandbox.facts import Facts
from lesson_kit.sandbox.lastwords import place_in
from lesson_kit.sandbox.seccomp import program
from lesson_kit.sandbox.syscalls import DENIED, MACHINES, NUMBERS
from lesson_kit.sandbox.telling import read

TOKEN = "0123456789abcdef" * 2
JOB = Job("pass")
WORDS = """Fatal Python error: Segmentation fault

Thread 0x00007f2d0 (most recent call first):
  File "<answer>", line 7 in thread
Current thread 0x00007f2d8 (most recent call first):
  File "/usr/lib/python3.11/json/__init__.py", line 9 in loads
  File "<answer>", line 3 in respond
  File "<answer>", line 12 in <module>
"""


def sent(*messages: tuple[str, object]) -> bytes:
    lines = [f"{TOKEN} {kind} {json.dumps(value)}\n" for kind, value in messages]
    return "".join(lines).encode()


def ending(facts: Facts, *messages: tuple[str, object]) -> Ending:
    return ending_of(JOB, TOKEN, replace(facts, sent=sent(("start", None), *messages)))


def test_the_innermost_line_of_the_guest_in_the_current_thread_is_the_place() -> None:
    assert place_in(WORDS, "<answer>") == (3, True)
    assert place_in(WORDS, "other.py") is None


def test_without_a_line_in_the_current_thread_another_threads_is_the_place() -> None:
    words = WORDS.replace('"<answer>", line 3', '"x", line 3').replace('"<answer>", line 12', '"x"')
    assert place_in(words, "<answer>") == (7, False)


def test_at_a_clocks_look_the_last_thread_is_the_main_one() -> None:
    words = "Timeout (0:00:01)!\n" + WORDS.replace("Current thread", "Thread")
    assert place_in(words, "<answer>") == (3, True)


def test_a_line_that_is_no_line_number_breaks_nothing() -> None:
    words = f'Current thread\n  File "<answer>", line {"9" * 5000} in f'
    assert place_in(words, "<answer>") is None


def test_a_name_that_is_not_ascii_is_found_too() -> None:
    assert place_in('Current thread\n  File "\\xe9.py", line 4 in f', "é.py") == (4, True)


NAMED = {
    "ended": (Facts(), [("end", None)], "", None),
    "timeout": (Facts(code=-9, killed="cpu", words=WORDS), [("end", None)], "still computing", 3),
    "blocked_loop": (Facts(code=-9, killed="asleep", words=WORDS), [], "waited for real", 3),
    "crashed": (Facts(code=0), [], "exit code 0 before the end", None),
    "out_of_memory": (Facts(), [("memory", {"line": 4})], "512 MiB", 4),
    "forbidden": (
        Facts(),
        [("forbidden", {"text": "tried to x", "line": 5}), ("end", None)],
        "tried to x",
        5,
    ),
    "grader_error": (Facts(), [("error", {"text": "KeyError", "line": None})], "KeyError", None),
}


@pytest.mark.parametrize("status", NAMED)
def test_facts_have_a_name(status: str) -> None:
    facts, messages, detail, line = NAMED[status]
    made = ending(facts, *messages)
    assert (made.status, made.line) == (status, line)
    assert detail in made.detail


def test_a_process_that_waits_outside_the_guests_lines_is_only_slow() -> None:
    assert ending(Facts(code=-9, killed="asleep")).status == "timeout"
    assert ending(Facts(code=-9, killed="wall", words=WORDS)).line == 3


def test_a_signal_is_a_crash_and_at_the_cpu_limit_a_timeout() -> None:
    assert ending(Facts(code=-11, words=WORDS)) == Ending("crashed", [], "signal 11", 3)
    assert ending(Facts(code=-9, cpu=2.5)).status == "timeout"


def test_an_end_that_was_told_does_not_whiten_an_exit_code() -> None:
    assert ending(Facts(code=3), ("end", None)).detail == "exit code 3 before the end"


def test_a_process_that_never_began_is_the_graders_error() -> None:
    assert ending_of(JOB, TOKEN, Facts(code=0)).status == "grader_error"


@pytest.mark.parametrize("line", [-1, 0, True, "7", 10**9, [1], None])
def test_a_line_that_is_none_is_left_out(line: object) -> None:
    made = ending(Facts(), ("memory", {"line": line}))
    assert made.line is None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    told = read(raw + b"\n" + sent(("value", 1)), TOKEN)
    assert told.values == [1]


@given(st.lists(st.binary(max_size=40).filter(lambda b: b"\n" not in b)))
def test_no_json_breaks_the_reader(texts: list[bytes]) -> None:
    raw = b"".join(TOKEN.encode() + b" value " + text + b"\n" for text in texts)
    told = read(raw, TOKEN)
    assert len(told.values) + told.junk == len(texts)


@pytest.mark.parametrize("text", ["NaN", "1e999", "[" * 5000, "1" * 5000, '"\\', ""])
def test_unsound_json_is_junk(text: str) -> None:
    told = read(f"{TOKEN} value {text}\n{TOKEN} value 1".encode(), TOKEN)
    assert (told.values, told.junk) == ([1], 1)


def test_a_message_that_was_cut_off_is_no_junk_and_its_token_is_shown_to_nobody() -> None:
    told = read(sent(("value", 1)) + f'{TOKEN} value {{"seen": '.encode(), TOKEN)
    assert (told.values, told.junk_in_words) == ([1], "")


def test_only_the_first_of_each_message_counts() -> None:
    raw = sent(("forbidden", {"line": 1}), ("forbidden", {"line": 2}))
    assert read(raw, TOKEN).messages == {"forbidden": {"line": 1}}


def test_the_walls_are_told_in_words() -> None:
    assert str(Walls()) == "rlimits, namespaces, landlock, seccomp"
    assert str(Walls.of(["seccomp", "rlimits"])) == "rlimits, seccomp"
    assert str(Walls.none()) == "not isolated"


def test_limits_are_above_zero() -> None:
    with pytest.raises(ValueError, match="expected limits above zero, but cpu is 0"):
        Limits(cpu=0)


ALLOWED, KILLED, PID = "allowed", "killed", 4321


def answer(machine: str, number: int, *arguments: int, architecture: int | None = None) -> object:
    """Run the filter as the kernel would: what does it say to this call?"""
    steps = program(machine, PID)
    words = {0: number, 4: MACHINES[machine] if architecture is None else architecture}
    words |= {16 + 8 * index: value & 0xFFFFFFFF for index, value in enumerate(arguments)}
    held, at = 0, 0
    while True:
        code, yes, no, operand = steps[at]
        at += 1
        if code == 0x20:
            held = words.get(operand, 0)
        elif code == 0x54:
            held &= operand
        elif code == 0x06:
            return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}.get(operand, operand & 0xFFFF)
        else:
            met = {0x15: held == operand, 0x35: held >= operand, 0x45: bool(held & operand)}[code]
            at += yes if met else no


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_denies_every_call_of_its_table(machine: str) -> None:
    for name, number in DENIED[machine].items():
        assert answer(machine, number) == errno.EPERM, name
    assert len(DENIED[machine]) > 85


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_looks_at_arguments(machine: str) -> None:
    number = NUMBERS[machine]
    thread, child = 0x00010000 | 0x100, 17
    assert answer(machine, number["clone"], thread) == ALLOWED
    assert answer(machine, number["clone"], child) == errno.EPERM
    assert answer(machine, number["clone3"]) == errno.ENOSYS
    assert answer(machine, number["socketpair"], 1, 1 | 0o2000000) == ALLOWED
    assert answer(machine, number["socketpair"], 1, 2) == errno.EPERM
    assert answer(machine, number["socketpair"], 2, 1) == errno.EPERM
    assert answer(machine, number["tgkill"], PID, 7, 6) == ALLOWED
    assert answer(machine, number["tgkill"], PID + 1, 7, 6) == errno.EPERM
    assert answer(machine, number["kill"], -1, 9) == errno.EPERM
    assert answer(machine, number["prlimit64"], 1) == errno.EPERM


def test_the_filter_lets_the_rest_through() -> None:
    read_write_mmap_futex = {"x86_64": (0, 1, 9, 202), "aarch64": (63, 64, 222, 98)}
    for machine, numbers in read_write_mmap_futex.items():
        assert {answer(machine, number) for number in numbers} == {ALLOWED}
        assert answer(machine, 460) == errno.ENOSYS
    assert answer("x86_64", 0x40000000) == errno.ENOSYS


def test_the_filter_kills_who_speaks_another_architecture() -> None:
    assert answer("x86_64", 0, architecture=0x40000003) == KILLED


def test_a_machine_without_a_table_gets_no_filter() -> None:
    with pytest.raises(OSError, match="no table of system calls for riscv64"):
        program("riscv64", 1)


def test_an_import_looks_into_no_folder_that_a_guest_may_not_read() -> None:
    places = reach.importable()
    assert any("site-packages" in place for place in places)
    assert not [
        place for place in places if Path(place).resolve() in Path(__file__).resolve().parents
    ]
