"""A recording on disk and back: exact, canonical, and clear about what is broken."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_kit.recording import OUTCOMES, Recording, RecordingError
from lesson_kit.recording.moment import parse

from .wire import delta, streamed

HEADER = '{"format":"lesson-kit.recording","version":1}\n'
MOMENT = '{"event":{"type":"x"},"t":1.5}\n'
END = '{"end":{"outcome":null,"t":2.5}}\n'


def test_a_recording_comes_back_as_it_was(tmp_path: Path) -> None:
    recording = streamed(["Hello", " wörld", " \ud83d\u2028"])
    path = tmp_path / "turn.jsonl"
    recording.save(path)
    loaded = Recording.load(path)
    assert loaded == recording
    assert not loaded.truncated
    assert loaded.to_jsonl() == path.read_text("ascii") == recording.to_jsonl()
    assert str(loaded) == str(recording)
    assert [entry.name for entry in tmp_path.iterdir()] == ["turn.jsonl"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(
        st.tuples(st.floats(0, 1e6), st.dictionaries(st.text(), JSON, max_size=4)), max_size=8
    ),
    st.sampled_from([None, *(outcome for outcome in OUTCOMES if outcome != "open")]),
)
def test_any_recording_comes_back_and_its_form_is_canonical(moments, said) -> None:  # type: ignore[no-untyped-def]
    recording = Recording(sorted(moments, key=lambda moment: moment[0]))
    recording.end(1e6, said)
    again = Recording.from_jsonl(recording.to_jsonl())
    assert again == recording
    assert again.to_jsonl() == recording.to_jsonl()


def test_the_form_is_canonical() -> None:
    one = Recording([(0.1 + 0.2, {"type": "x", "b": 1, "a": "é"})])
    two = Recording([(0.3, {"a": "é", "b": 1, "type": "x"})])
    assert one.to_jsonl() == two.to_jsonl()
    assert one.to_jsonl() == HEADER + '{"event":{"a":"\\u00e9","b":1,"type":"x"},"t":0.3}\n'


def test_an_open_recording_has_no_end_line() -> None:
    assert Recording.from_jsonl(HEADER + MOMENT).outcome == "open"
    assert Recording.from_jsonl(HEADER + MOMENT + END).duration == 2.5


def test_every_way_to_cut_the_last_line_loads_what_is_whole() -> None:
    data = (HEADER + MOMENT + '{"event":{"type":"é"},"t":2}').encode()
    whole = Recording.from_jsonl(data)
    assert (len(whole), whole.truncated) == (
        2,
        False,
    )  # the line is there, only its line feed is not
    for length in range(len(HEADER + MOMENT), len(data)):
        loaded = Recording.from_jsonl(data[:length])
        assert len(loaded) == 1
        assert loaded.truncated == (length > len(HEADER + MOMENT))
        assert loaded.outcome == "open"


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "turn.jsonl"
    streamed(["old"]).save(path)

    def no_room(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", no_room)
    with pytest.raises(OSError, match="no space"):
        streamed(["new"]).save(path)
    assert Recording.load(path).text == "old"
    assert len(list(tmp_path.iterdir())) == 1


BROKEN: dict[str, tuple[str, int, str, str]] = {
    "an empty file": ("", 1, "lesson-kit.recording", "an empty line"),
    "half a header": (HEADER[:20], 1, "lesson-kit.recording", '{"format":"lesson-ki'),
    "another file": ("name,age\nAda,36\n", 1, "lesson-kit.recording", "name,age"),
    "a newer version": (HEADER.replace("1", "2"), 1, "version 1", "version 2"),
    "no JSON": (HEADER + "oops\n", 2, "one JSON object", "oops"),
    "no JSON in the last line": (HEADER + "oops", 2, "one JSON object", "oops"),
    "no object": (HEADER + "[1]\n", 2, '{"event"', "[1]"),
    "an empty line": (HEADER + "\n" + MOMENT, 2, "one JSON object", "an empty line"),
    "an event that is none": (HEADER + '{"event":"x","t":1}\n', 2, '{"event"', '"x"'),
    "no time": (HEADER + '{"event":{}}\n', 2, '{"event"', '{"event":{}}'),
    "a text for a time": (HEADER + MOMENT.replace("1.5", '"1"'), 2, "a time in seconds", "'1'"),
    "true for a time": (HEADER + MOMENT.replace("1.5", "true"), 2, "a time in seconds", "True"),
    "a time before zero": (HEADER + MOMENT.replace("1.5", "-1"), 2, "a time in seconds", "-1"),
    "a time out of reach": (HEADER + MOMENT.replace("1.5", "1" * 400), 2, "a time in seconds", "111"),
    "an endless time": (HEADER + MOMENT.replace("1.5", "1e999"), 2, "one JSON object", "too large"),
    "NaN": (HEADER + MOMENT.replace("1.5", "NaN"), 2, "one JSON object", "NaN is not JSON"),
    "time that runs back": (HEADER + MOMENT + MOMENT.replace("1.5", "1"), 3, "not before 1.5 s", "1"),
    "an end before the last": (HEADER + MOMENT + END.replace("2.5", "1"), 3, "not before 1.5 s", "1"),
    "two ends": (HEADER + MOMENT + END + END, 4, "nothing after the end", '{"end"'),
    "an odd outcome": (HEADER + END.replace("null", '"fine"'), 2, "done, stopped", "'fine'"),
    "open as an end": (HEADER + END.replace("null", '"open"'), 2, "done, stopped", "'open'"),
    "deep nesting": (HEADER + '{"event":' + "[" * 10**5 + "\n", 2, "one JSON object", "too deeply"),
    "nesting past the limit": (
        HEADER + '{"event":{"a":' + "[" * 200 + "]" * 200 + '},"t":1}\n', 2, "one JSON", "100 levels",
    ),
    "a number of 5,000 digits": (HEADER + MOMENT.replace("1.5", "1" * 5000), 2, "one JSON", "digits"),
    "no text": (HEADER + "\udcff\n", 2, "one JSON object", "utf-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_told_by_line_expectation_and_finding(name: str) -> None:
    text, line, expected, came = BROKEN[name]
    with pytest.raises(RecordingError) as caught:
        Recording.from_jsonl(text.encode("utf-8", "surrogateescape"))
    assert caught.value.line == line
    assert expected in caught.value.expected
    assert came in caught.value.came
    assert len(str(caught.value)) < 400
    assert str(caught.value).startswith(f"line {line}: expected ")


def test_an_error_about_a_hostile_file_does_not_act_on_the_terminal() -> None:
    with pytest.raises(RecordingError) as caught:
        Recording.from_jsonl(HEADER + "\x1b[2J\u202e\n")
    assert str(caught.value).isprintable()


@given(st.binary(max_size=200))
def test_noise_gives_a_recording_error_and_nothing_else(noise: bytes) -> None:
    with pytest.raises(RecordingError):
        Recording.from_jsonl(noise)
    with pytest.raises(RecordingError):
        Recording.from_jsonl(HEADER.encode() + b"}" + noise.replace(b"\n", b"") + b"\n")


def test_other_spacing_and_order_of_keys_are_read(tmp_path: Path) -> None:
    path = tmp_path / "by_hand.jsonl"
    lines = [json.loads(HEADER), {"t": 1, "event": delta("Hi")}, {"end": {"t": 2}}]
    path.write_text("\r\n".join(json.dumps(line, indent=None) for line in lines) + "\r\n")
    assert Recording.load(path).text == "Hi"


@pytest.mark.parametrize(
    "text",
    [
        *('{"a": [1, 2.5, "b", null, true]}', " [] ", '"half \\ud800 a pair"', "3", "-0.0", "1e5"),
        *("", "{", "[1,]", "{'a': 1}", "nul", '{"a" 1}', "\ufeff{}", "1 2", '"open'),
        *("\x00", "\x001", "1\x00", '{"\u00e9": "\u6f22"}', '{"a": 1, "a": 2}'),
    ],
)
@pytest.mark.parametrize("coding", ["", "utf-8", "utf-16", "utf-32-le", "utf-8-sig", "latin-1"])
def test_json_is_read_as_python_reads_it(text: str, coding: str) -> None:
    data = text.encode(coding, "replace") if coding else text
    assert read_or_error(parse, data) == read_or_error(json.loads, data)


def read_or_error(read: Callable[[str | bytes], Any], data: str | bytes) -> Any:
    try:
        return read(data)
    except ValueError as error:
        return type(error)
