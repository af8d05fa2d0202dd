"""1,000 random cuts: whatever breaks, nothing that the user saw is lost, and nobody pays for more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lesson_kit.client import ChatClient, ChatError
from lesson_kit.clock import run
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.store import MemoryStore
from lesson_kit.web import create_app
from tests.conversation import other_tasks, text_of


@dataclass
class Cut:
    """One cut: by time (seconds) or by place (bytes of the body)."""

    seed: int
    latency: float
    link: dict[str, Any]


cuts = st.builds(
    Cut,
    seed=st.integers(0, 10_000),
    latency=st.sampled_from([0.0, 0.003, 0.02, 0.7]),
    link=st.fixed_dictionaries(
        {
            "sever": st.booleans(),
            "split": st.sampled_from([None, None, 1, 7]),
            "read_delay": st.sampled_from([0.0, 0.0, 0.01]),
            "spec_version": st.sampled_from(["2.0", "2.3", "2.4"]),
        }
    ).flatmap(
        lambda link: st.one_of(
            st.floats(0.0, 4.0).map(lambda at: link | {"cut_at": round(at, 3)}),
            st.integers(0, 6000).map(lambda after: link | {"cut_after": after}),
        )
    ),
)


# Severed while the model thinks; its second word comes before the store has answered.
SPEAKS_WHILE_LOADING = Cut(
    seed=6925,
    latency=0.003,
    link={
        "sever": True,
        "split": None,
        "read_delay": 0.0,
        "spec_version": "2.0",
        "cut_at": 2.0,
    },
)


# Four parts, so that the cores can share them.
@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_a_cut_loses_nothing_and_stops_the_model(part: int) -> None:
    @settings(max_examples=250)
    @given(cut=cuts)
    @example(cut=SPEAKS_WHILE_LOADING)
    def check(cut: Cut) -> None:
        run(survive(cut, part))

    check()


async def survive(cut: Cut, part: int) -> None:
    model = Script.random(part * 100_000 + cut.seed).model()
    store = MemoryStore(latency=cut.latency)
    server = LessonServer(store, model=model)
    link = cut.link if cut.link["split"] != 1 else cut.link | {"read_delay": 0.0}
    async with ChatClient.over(create_app(server), **link) as client:
        stream = client.send("Hi")
        try:
            async with stream:
                async for _ in stream:
                    pass
        except ChatError:
            pass  # cut before the response began
        left_at = asyncio.get_running_loop().time()
        seen = stream.recording.text
        await server.drain()
    produced = "".join(made.delta for made in model.made)
    saved = await saved_answer(store)
    assert produced.startswith(saved)
    assert saved.startswith(seen)
    # Moments and not deltas: those of one instant are made before anything can be written.
    moments = sorted({made.t for made in model.made if made.t > left_at})
    # Nobody hears of a severed line before the next write. That is the next delta's, unless the SDK's helper is still
    # loading from a slow store, while the model already speaks (ledger B34).
    loading = 2 * cut.latency if cut.link["sever"] else 0.0
    assert all(t <= moments[0] + loading for t in moments)
    assert not other_tasks()


async def saved_answer(store: MemoryStore) -> str:
    threads = await store.load_threads(10, None, "asc", {})
    if not threads.data:
        return ""
    page = await store.load_thread_items(threads.data[0].id, None, 100, "asc", {})
    answers = [item for item in page.data if item.type == "assistant_message"]
    assert len(answers) <= 1
    return "".join(text_of(item.model_dump()) for item in answers)
