"""Each fault of the model's server, at each stage of an answer: the exact ChatKit events, and what is saved.

The real OpenAI client and the Agents SDK's own models meet the upstream in virtual time. The stages: before the first
word, after three words, and in the call after a tool has worked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from agents import Model, OpenAIChatCompletionsModel, OpenAIResponsesModel, function_tool

from lesson_kit.clock import run
from lesson_kit.retry import FinishedChatModel
from lesson_kit.script import Reply, Script, ToolCall
from lesson_kit.upstream import Trouble, Upstream
from tests.conversation import Conversation, Event, other_tasks

APIS = {"responses": OpenAIResponsesModel, "completions": OpenAIChatCompletionsModel}
MODELS = APIS | {"finished": FinishedChatModel}
TEXT = "one two three four five six"
THINKING, GAP, FIRST, BETWEEN = 1.0, 0.05, 15.0, 30.0

BUSY = ("The model is busy right now. Please try again in a moment.", True)
WRONG = ("The model could not accept this request. Please change your message.", False)
KEY = (
    "The model did not accept this server's key. Whoever runs the server must mend that.",
    False,
)
FAILED = ("The model failed while answering. Please try again.", True)
BROKE_OFF = ("The model's answer broke off. Please try again.", True)
UNREACHED = (
    "The model cannot be reached. Check the network or the address of the model's server, then try again.",
    True,
)
NOT_BEGUN = ("The model did not begin to answer within 15 seconds. Please try again.", True)
SILENT = (
    "The model fell silent for 30 seconds in the middle of its answer. Please try again.",
    True,
)


@dataclass(frozen=True)
class Fault:
    """A fault, what the user reads and may do then, and how many seconds after the call it is told."""

    make: Callable[[int], Trouble]
    told: tuple[str | None, bool]
    after: float = 0.0  # for a status; the others come when the next word is due
    refused: bool = False  # a status: it can only come before the answer begins
    completions: tuple[str | None, bool] | None = None  # where that API tells it otherwise


FAULTS = {
    "400": Fault(lambda at: Trouble(400), WRONG, refused=True),
    "401": Fault(lambda at: Trouble(401), KEY, refused=True),
    "429": Fault(lambda at: Trouble(429, retry_after=2), BUSY, refused=True),
    "500": Fault(lambda at: Trouble(500), FAILED, refused=True),
    "503": Fault(lambda at: Trouble(503), FAILED, refused=True),
    "slow headers": Fault(lambda at: Trouble(slow=60), NOT_BEGUN, FIRST, refused=True),
    "stall": Fault(lambda at: Trouble(stall_at=at), NOT_BEGUN),
    "error event": Fault(lambda at: Trouble(error_at=at), BROKE_OFF, completions=FAILED),
    "reset": Fault(lambda at: Trouble(reset_at=at), UNREACHED),
    "malformed": Fault(lambda at: Trouble(malformed_at=at), BROKE_OFF),
}
CASES = [
    (fault, stage)
    for fault in FAULTS
    for stage in ("first token", "stream", "tool")
    if stage != "stream" or not FAULTS[fault].refused
]


class Wired:
    """Stands where a script stands: its model speaks through the real client to an upstream."""

    def __init__(self, upstream: Upstream, api: str, **client: Any) -> None:
        self.client = upstream.client(**client)
        self._api = api

    def model(self) -> Model:
        return MODELS[self._api]("some-model", self.client)


@function_tool
async def look_up(word: str) -> str:
    await asyncio.sleep(0.5)
    return "a word"


def converse(
    api: str, replies: list[Reply], troubles: list[Trouble | None], **client: Any
) -> tuple[list[Event], list[tuple[str, str]], Upstream, float]:
    """Ask once over the upstream: the events, what is saved, the upstream, the time of the end."""

    async def main() -> tuple[list[Event], list[tuple[str, str]], Upstream, float]:
        upstream = Upstream(Script(*replies), troubles)
        wired = Wired(upstream, api, **({"max_retries": 0} | client))
        chat = Conversation(wired, tools=[look_up])  # type: ignore[arg-type]
        events = await chat.ask("Hi")
        ended = asyncio.get_running_loop().time()
        await chat.server.drain()
        await wired.client.close()
        await asyncio.sleep(0)
        assert not other_tasks()
        assert all(asked.ended != "open" for asked in upstream.requests)
        return events, await chat.saved(), upstream, ended

    return run(main())


def short(event: Event) -> str:
    """One event in a few letters."""
    match event["type"]:
        case "thread.item.added" | "thread.item.done":
            return f"{event['item']['type']} {event['type'].rpartition('.')[2]}"
        case "thread.item.updated":
            update = event["update"]
            return str(update.get("delta") or update["type"].removeprefix("assistant_message."))
        case "progress_update":
            return str(event["text"])
        case other:
            return str(other)


HEAD = ["thread.created", "user_message done", "stream_options", "Thinking..."]
TOOL = ["Using look up...", "Thinking..."]
WORDS = ["one", " two", " three"]
PARTIAL = ["assistant_message added", "content_part.added", *WORDS, "assistant_message done"]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("name", "stage"), CASES)
def test_a_fault_is_told_at_once_and_what_arrived_is_saved(api: str, name: str, stage: str) -> None:
    fault, at = FAULTS[name], 3 if stage == "stream" else 0
    say = Reply(TEXT, thinking=THINKING, gap=GAP)
    call = Reply(calls=[ToolCall("look_up", {"word": "tea"})], thinking=THINKING)
    after_tool = stage == "tool"
    events, saved, upstream, ended = converse(
        api, [call, say] if after_tool else [say], [None] * after_tool + [fault.make(at)]
    )

    expected = HEAD + TOOL * after_tool + PARTIAL * (stage == "stream") + ["error"]
    assert list(map(short, events)) == expected
    told, due = fault.told, fault.after
    if name == "stall":
        told = SILENT if at else NOT_BEGUN
        due = THINKING + 2 * GAP + BETWEEN if at else FIRST
    elif not fault.refused:
        due = THINKING + at * GAP
    if api == "completions" and fault.completions:
        told = fault.completions
    error = events[-1]
    assert (error.get("message"), error["allow_retry"]) == told
    assert error["code"] == ("custom" if told[0] else "stream.error")
    assert ended == pytest.approx(due + (THINKING + 0.5) * after_tool)
    assert saved == [("user_message", "Hi")] + [("assistant_message", "one two three")] * bool(at)
    assert [asked.retry for asked in upstream.requests] == [0] * (1 + after_tool)


def kept(api: str, replies: list[Reply]) -> list[tuple[str, str]]:
    """Two turns on one thread: what the store has then."""

    async def main() -> list[tuple[str, str]]:
        wired = Wired(Upstream(Script(*replies)), api)
        chat = Conversation(wired)  # type: ignore[arg-type]
        await chat.ask("First?")
        await chat.ask("Second?")
        await wired.client.close()
        return await chat.saved()

    return run(main())


@pytest.mark.parametrize("api", APIS)
def test_two_answers_under_one_fake_id_are_both_kept(api: str) -> None:
    item_id = "__fake_id__" if api == "responses" else None  # Chat Completions makes it by itself
    saved = kept(api, [Reply("First.", item_id=item_id), Reply("Second.", item_id=item_id)])
    assert [text for kind, text in saved if kind == "assistant_message"] == ["First.", "Second."]


@pytest.mark.parametrize(
    ("api", "told"),
    [
        ("responses", BROKE_OFF),
        # The Agents SDK asks for a finish_reason only when the server is OpenAI's own (agents/models/openai_chatcompletions.py,
        # `require_finish_reason`). Elsewhere half an answer passes for whole.
        ("completions", None),
        ("finished", BROKE_OFF),
    ],
)
def test_a_stream_that_just_ends_keeps_its_words(api: str, told: tuple[str, bool] | None) -> None:
    events, saved, _, _ = converse(api, [Reply(TEXT, end_at=3)], [])
    if told is None:
        assert list(map(short, events))[-1] == "assistant_message done"
    else:
        assert (events[-1]["message"], events[-1]["allow_retry"]) == told
    assert saved[1:] == [("assistant_message", "one two three")]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("status", "tries"), [(400, 1), (401, 1), (429, 3), (500, 3), (503, 3)])
def test_the_client_itself_retries_what_may_pass(api: str, status: int, tries: int) -> None:
    troubles = [Trouble(status, retry_after=2)] * 3
    events, _, upstream, ended = converse(api, [Reply(TEXT)], troubles, max_retries=2)
    assert [(asked.t, asked.retry) for asked in upstream.requests] == [
        (2.0 * k, k) for k in range(tries)
    ]
    assert events[-1]["type"] == "error"
    assert ended == 2.0 * (tries - 1)


@pytest.mark.parametrize("fault", ["stall", "error event", "reset", "malformed"])
def test_the_client_retries_nothing_once_the_status_line_is_there(fault: str) -> None:
    trouble = FAULTS[fault].make(0)
    events, _, upstream, _ = converse("responses", [Reply(TEXT)], [trouble], max_retries=2)
    assert len(upstream.requests) == 1
    assert events[-1]["type"] == "error"


@pytest.mark.parametrize("api", APIS)
def test_the_clients_own_timeout_counts_the_silence_between_two_chunks(api: str) -> None:
    said = Reply(TEXT, thinking=3, gap=3)
    _, saved, _, _ = converse(api, [said], [], timeout=4.0)
    assert saved[1] == ("assistant_message", TEXT)  # 18 seconds in all, never 4 without a word
    stalled = Trouble(stall_at=3)
    events, saved, upstream, ended = converse(api, [said], [stalled], timeout=4.0)
    assert events[-1]["message"] == "The model took too long to answer. Please try again."
    assert saved[1] == ("assistant_message", "one two three")
    assert ended == 3 + 2 * 3 + 4
    assert upstream.requests[0].ended == "left"
