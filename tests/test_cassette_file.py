"""A cassette's file: written whole, and refused with its line where it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from lesson_kit.cassette import Cassette, CassetteError
from lesson_kit.recording.tape import RecordingError
from lesson_kit.script import Script
from tests.taping import session

HEAD = '{"format":"lesson-kit.cassette","version":1}\n'


def test_a_cassette_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    cassette = Cassette()
    session(cassette.recording(Script.say("Hello").model()), "Hi")
    cassette.save(path)
    before = path.read_bytes()
    cassette.takes[0].t = float("nan")
    with pytest.raises(ValueError, match="JSON"):
        cassette.save(path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["one.jsonl"]
    assert Cassette.load(path).script().replies[0].text == "Hello"


BEGIN, END = '{"call":1}\n', '{"end":"done","t":1}\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "but came an empty line"),
        ("hello\n", 1, "lesson-kit.cassette"),
        ('{"format":"lesson-kit.recording","version":1}\n', 1, "Cassette.save"),
        ('{"format":"lesson-kit.cassette","version":2}\n', 1, "release"),
        (HEAD + '{"t":1,"text":"x"}\n', 2, "where a call begins"),
        (HEAD + '{"call":2}\n', 2, '"call":1'),
        (HEAD + BEGIN + "[]\n", 3, "expected"),
        (HEAD + BEGIN + '{"t":1,"text":"x"', 3, "delimiter"),
        (HEAD + BEGIN + '{"t":1,"text":"x"}\n', 4, "the end of the file"),
        (HEAD + BEGIN + '{"t":-1,"text":"x"}\n', 3, "0 or more"),
        (HEAD + BEGIN + '{"t":NaN,"text":"x"}\n', 3, "NaN"),
        (HEAD + BEGIN + '{"t":true,"text":"x"}\n', 3, "0 or more"),
        (HEAD + BEGIN + '{"t":2,"text":"x"}\n{"t":1,"text":"x"}\n', 4, "not before 2"),
        (HEAD + BEGIN + '{"t":2,"text":"x"}\n' + END, 4, "not before 2"),
        (HEAD + BEGIN + '{"t":2,"text":"x","refusal":"y"}\n', 3, "expected"),
        (HEAD + BEGIN + '{"tool":"","arguments":"{}"}\n', 3, "a call of a tool"),
        (HEAD + BEGIN + '{"end":"well","t":1}\n', 3, "done, error, cut, stopped"),
        (HEAD + BEGIN + '{"end":"error","t":1}\n', 3, "the name of an error"),
        (HEAD + BEGIN + '{"end":"done","t":1,"usage":[1]}\n', 3, "two counts"),
        (HEAD + BEGIN + '{"end":"done","t":1,"usage":[-1,2]}\n', 3, "script can say"),
        (HEAD + BEGIN + '{"end":"done","t":1,"item_id":7}\n', 3, "script can say"),
        (HEAD + BEGIN + '{"t":1,"text":"\\ud83d"}\n' + END, 4, "surrogate"),
        (HEAD + BEGIN + '{"a":' + "[" * 5000 + "]" * 5000 + "}\n", 3, "nested"),
        (HEAD + BEGIN + END + "\n", 4, "an empty line"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(CassetteError, match=f"^line {line}: ") as raised:
        Cassette.from_jsonl(text)
    assert said in str(raised.value)
    assert isinstance(raised.value, RecordingError)


def test_every_cut_of_a_file_is_noticed_or_harmless() -> None:
    cassette = Cassette()
    session(cassette.recording(Script.say("Hello there").model()), "Hi")
    whole = cassette.to_jsonl()
    for size in range(len(HEAD) + 1, len(whole) - 1):
        with pytest.raises(CassetteError):
            Cassette.from_jsonl(whole[:size])
