"""The shortcuts of a scene: what comes out with them is what comes out without."""

from __future__ import annotations

import copy
import sys
from collections import OrderedDict, UserList
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import agents.testing.model
import agents.util._json
import pydantic.main
import pytest
from agents import ModelSettings, Usage
from chatkit.types import ThreadMetadata
from pydantic import BaseModel, PrivateAttr

import lesson_kit.scene.play
from lesson_kit.recording import Recording
from lesson_kit.scene import Ask, Reply, Scene, ToolCall
from lesson_kit.scene.copying import deepcopy
from lesson_kit.scene.shortcuts import _SHADOWS, shortcuts
from lesson_kit.scene.tape import Tape
from lesson_kit.scene.warming import plays
from tests.grading import see, solution

NOW = datetime(2026, 1, 2, 3, 4, 5)


@contextmanager
def nothing() -> Iterator[None]:
    yield


SCENES = [
    Scene(uses="ThinkingServer", replies=(Reply("One two."),), asks=(Ask("A?"), Ask("B?")), then_repeat=True),
    Scene(uses="ThinkingServer", replies=(Reply("One two three."),), asks=(Ask("A?", leave_after=1),)),
    Scene(uses="ThinkingServer", replies=(Reply("One two.", error="server", error_at=1),), asks=(Ask("A?"),)),
    Scene(uses="ThinkingServer", replies=(Reply("One two."),), asks=(Ask("A?"),), http=True),
]  # fmt: skip


@pytest.mark.parametrize("scene", SCENES)
def test_the_same_is_seen_with_and_without(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = see(solution("ex03"), scene)
    monkeypatch.setattr(lesson_kit.scene.play, "shortcuts", nothing)
    slow = see(solution("ex03"), scene)
    assert quick.model_dump() == slow.model_dump()
    assert quick.clients


@pytest.mark.parametrize("number", range(5))
def test_the_same_is_seen_of_a_server_with_tools(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, payload = list(plays())[number]
    scene = Scene.model_validate(payload)
    quick = see(source, scene)
    monkeypatch.setattr(lesson_kit.scene.play, "shortcuts", nothing)
    assert quick.model_dump() == see(source, scene).model_dump()
    assert quick.clients or quick.values


def test_nothing_of_the_sdks_stays_changed() -> None:
    scripted, pydantics = vars(agents.testing.model), vars(pydantic.main)
    before = [vars(module).get(name) for module, name, _ in _SHADOWS]
    with shortcuts():
        assert scripted["copy"].deepcopy is deepcopy
        assert pydantics["deepcopy"] is deepcopy
    assert scripted["copy"] is copy
    assert pydantics["deepcopy"] is copy.deepcopy
    assert [vars(module).get(name) for module, name, _ in _SHADOWS] == before
    assert not any(shadow in before for *_, shadow in _SHADOWS)


def test_what_is_shadowed_is_there_in_the_sdks() -> None:
    names = [(module.__name__, name) for module, name, _ in _SHADOWS]
    assert [at for at in names if at[1] != "sorted" and at[1] not in vars(sys.modules[at[0]])] == []


class Odd(BaseModel):
    inner: list[int]


@pytest.mark.parametrize(
    "value",
    [
        *(None, "text", b"raw", bytearray(b"raw"), 3, 1.5, True),
        {"a": [1, {"b": (2, "c")}], 3: {4}, "none": None},
        [OrderedDict(a=["b"]), MappingProxyType({"c": 1}), range(3), {"d": Odd(inner=[5])}],
        Odd(inner=[6]),
        {"list": UserList(["l"])},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_will_be_dumped_as_json_is_copied_as_the_sdk_copies_it(value: Any) -> None:
    asked = agents.util._json._to_dump_compatible(value)
    with shortcuts():
        made = agents.util._json._to_dump_compatible(value)
    assert made == asked
    assert repr(made) == repr(asked)
    if isinstance(value, dict | list):
        assert made is not value


def test_the_scenes_that_warm_the_sandbox_up_take_the_paths_that_answers_take() -> None:
    told = [payload for _, payload in plays()]
    source = next(source for source, _ in plays())
    rounds = [Scene.model_validate(payload) for payload in told[: len(told) // 8]]
    seen = [see(source, scene) for scene in rounds]
    assert [trouble.type for one in seen for trouble in one.troubles if not trouble.ours] == []
    assert {scene.http for scene in rounds} == {True, False}
    assert [len(one.asked) for one in seen] == [2, 2, 2, 1, 0]
    assert seen[-1].values == ["a", "b"]


# --- copies ---


@dataclass
class Plain:
    words: list[str] = field(default_factory=list)
    inner: Any = None


@dataclass
class Slotted:
    __slots__ = ("value",)
    value: int


class Own:
    def __deepcopy__(self, memo: Any) -> str:
        return "its own idea"


VALUES: list[Any] = [
    None, "text", 3, 1.5, True, (), (1, [2]), {"a": [1, {"b": None}], 3: "c", (1, 2): {4}}, {1, 2}, b"x",
    Plain(["a"], Plain()), Slotted(3), Usage(requests=2), ModelSettings(temperature=0.5), NOW,
    ThreadMetadata(id="thr_1", created_at=NOW, metadata={"a": [1]}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value: Any) -> None:
    made = deepcopy(value)
    assert type(made) is type(value)
    if not isinstance(value, Slotted):
        assert made == value == copy.deepcopy(value)
    if isinstance(value, dict | list | Plain | Usage):
        assert made is not value


def test_inner_lists_are_copied_too() -> None:
    value = Plain(["a"], {"b": ["c"]})
    made = deepcopy(value)
    made.words.append("x")
    made.inner["b"].append("x")
    assert value == Plain(["a"], {"b": ["c"]})


def test_what_is_shared_or_holds_itself_is_so_in_the_copy() -> None:
    shared = [1]
    ring: dict[str, Any] = {"one": shared, "two": shared, "plain": Plain(inner=shared)}
    ring["self"] = [ring]
    made = deepcopy(ring)
    assert made["one"] is made["two"] is made["plain"].inner
    assert made["self"][0] is made
    assert made["one"] is not shared


class Private(BaseModel):
    name: str
    _kept: dict[str, Any] = PrivateAttr(default_factory=dict)


def test_what_pydantic_keeps_in_private_is_each_models_own() -> None:
    models = [Private(name=str(number)) for number in range(50)]
    for number, model in enumerate(models):
        model._kept["number"] = number
    assert [made._kept["number"] for made in deepcopy(models)] == list(range(50))


def test_a_class_with_its_own_idea_of_a_copy_is_asked() -> None:
    assert deepcopy([Own()]) == ["its own idea"]


# --- tapes ---

EVENTS: list[dict[str, Any]] = [
    {"type": "thread.created", "thread": {"id": "thr_1", "created_at": "2026-01-01T00:00:00", "items": {"data": []}}},
    {"type": "thread.item.added", "item": {"id": "m", "type": "assistant_message", "content": []}},
    {"type": "thread.item.updated", "item_id": "m", "update": {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": "Hi"}},
    {"type": "thread.item.updated", "item_id": "m", "update": {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": ""}},
    {"type": "thread.item.done", "item": {"id": "m", "type": "assistant_message", "content": [{"type": "output_text", "text": "Hi"}]}},
]  # fmt: skip


@pytest.mark.parametrize("many", range(len(EVENTS) + 1))
@pytest.mark.parametrize("leaves", [True, False])
def test_a_tape_is_what_a_recording_writes(many: int, leaves: bool) -> None:
    tape, recording = Tape(), Recording()
    for number, event in enumerate(EVENTS[:many]):
        tape.add(number / 3, event)
        recording.add(number / 3, event)
    whole = many == len(EVENTS)
    recording.end(9.0, "stopped" if leaves and not whole else None)
    if leaves:
        tape.left(9.0)
    tape.end(9.0)
    assert tape.text() == recording.normalised().to_jsonl()
    assert tape.deltas == recording.deltas


def test_a_server_that_calls_tools_is_copied_as_it_is() -> None:
    call = Reply(calls=(ToolCall("look", {"at": ["this", {"and": "that"}]}),))
    assert deepcopy([call]) == [call]
