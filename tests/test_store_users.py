"""One user's data is not there for another, in every store of the kit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chatkit.store import NotFoundError, Store
from chatkit.types import FileAttachment
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_kit import clock
from lesson_kit.store import MemoryStore, SQLStore

from .store_contract import KINDS, By, Story, answer, tell, thread

InStore = Callable[[Story[Any]], Any]
ANN, BOB, NOBODY = By("ann"), By("bob"), By("")


@pytest.fixture(params=KINDS)
def in_store(request: pytest.FixtureRequest, tmp_path: Path) -> InStore:
    return partial(tell, request.param, tmp_path)


def file(id: str = "atc", name: str = "notes.txt") -> FileAttachment:
    return FileAttachment(id=id, name=name, mime_type="text/plain")


async def names(store: Any, user: By) -> list[str]:
    """A user's threads, read in pages of two, as many as are counted."""
    found: list[str] = []
    after = None
    while True:
        page = await store.load_threads(2, after, "asc", user)
        assert len(page.data) <= 2
        found += [t.id for t in page.data]
        if not page.has_more:
            assert await store.count_threads(user) == len(found)
            return found
        after = page.after


def test_a_thread_of_another_user_is_not_there(in_store: InStore) -> None:
    async def story(store: Any) -> None:
        await store.save_thread(thread(title="Ann's"), ANN)
        await store.add_thread_item("thr", answer("1"), ANN)
        for stranger in (BOB, NOBODY, None):
            for call in (
                store.load_thread("thr", stranger),
                store.save_thread(thread(title="mine now"), stranger),
                store.delete_thread("thr", stranger),
                store.load_thread_items("thr", None, 5, "asc", stranger),
                store.add_thread_item("thr", answer("2"), stranger),
                store.save_item("thr", answer("1", text="changed"), stranger),
                store.load_item("thr", "1", stranger),
                store.delete_thread_item("thr", "1", stranger),
                store.delete_thread_item("thr", "never", stranger),
            ):
                with pytest.raises(NotFoundError, match="no thread 'thr'"):
                    await call
        assert (await store.load_thread("thr", ANN)).title == "Ann's"
        page = await store.load_thread_items("thr", None, 5, "asc", ANN)
        assert page.data == [answer("1")]

    in_store(story)


def test_each_user_lists_counts_and_pages_their_own_threads(in_store: InStore) -> None:
    async def story(store: Any) -> None:
        for n in range(5):
            await store.save_thread(thread(f"a{n}"), ANN)
            await store.save_thread(thread(f"b{n}"), BOB)
        await store.save_thread(thread("n"), None)
        assert await names(store, ANN) == ["a0", "a1", "a2", "a3", "a4"]
        assert await names(store, BOB) == ["b0", "b1", "b2", "b3", "b4"]
        assert await names(store, NOBODY) == ["n"]
        assert await names(store, By("eve")) == []
        page = await store.load_threads(5, None, "desc", ANN)
        assert (page.has_more, page.after) == (False, None)
        with pytest.raises(NotFoundError, match="cannot continue after 'b1'"):
            await store.load_threads(5, "b1", "asc", ANN)
        await store.delete_thread("a1", ANN)
        assert await names(store, ANN) == ["a0", "a2", "a3", "a4"]

    in_store(story)


def test_an_attachment_of_another_user_is_not_there(in_store: InStore) -> None:
    async def story(store: Store[Any]) -> None:
        await store.save_attachment(file(), ANN)
        for stranger in (BOB, NOBODY, None):
            for call in (
                store.load_attachment("atc", stranger),
                store.save_attachment(file(name="mine.txt"), stranger),
                store.delete_attachment("atc", stranger),
            ):
                with pytest.raises(NotFoundError, match="no attachment 'atc'"):
                    await call
        assert await store.load_attachment("atc", ANN) == file()
        await store.save_attachment(file(name="new.txt"), ANN)
        assert await store.load_attachment("atc", ANN) == file(name="new.txt")

    in_store(story)


def test_an_id_is_free_again_once_its_owner_has_deleted_it(in_store: InStore) -> None:
    async def story(store: Any) -> None:
        await store.save_thread(thread(), ANN)
        await store.add_thread_item("thr", answer("1"), ANN)
        await store.delete_thread("thr", ANN)
        await store.save_thread(thread(), BOB)
        await store.save_attachment(file(), ANN)
        await store.delete_attachment("atc", ANN)
        await store.save_attachment(file(), BOB)
        assert (await store.load_thread_items("thr", None, 5, "asc", BOB)).data == []
        with pytest.raises(NotFoundError):
            await store.load_thread("thr", ANN)

    in_store(story)


@pytest.mark.parametrize("context", [None, {}, {"user": "ann"}, By(""), SimpleNamespace(user=None)])
def test_a_context_without_a_user_is_nobody_in_particular(context: Any) -> None:
    async def main() -> None:
        store = MemoryStore()
        await store.save_thread(thread(), context)
        assert await store.load_thread("thr", None) == thread()
        assert await store.count_threads(context) == 1

    clock.run(main())


@pytest.mark.parametrize("user", [7, b"ann", ["ann"]])
def test_a_user_that_is_no_text_is_refused(user: Any) -> None:
    # Taken for nobody, it would show everybody everything.
    async def main() -> None:
        for store in (MemoryStore(), SQLStore("sqlite+aiosqlite:///:memory:")):
            for call in (store.save_thread, store.load_thread):
                with pytest.raises(TypeError, match="expected the context's `user` to be text"):
                    await call(thread(), SimpleNamespace(user=user))  # type: ignore[operator]

    clock.run(main())


def test_users_may_be_called_anything(in_store: InStore) -> None:
    users = ["a", "A", "a ", "Jürgen", "a'; DROP TABLE threads; --", "%", "\0", "\\0", "日本"]

    async def story(store: Any) -> None:
        for n, user in enumerate(users):
            await store.save_thread(thread(f"t{n}"), By(user))
        for n, user in enumerate(users):
            assert await names(store, By(user)) == [f"t{n}"]

    in_store(story)


# Random stories: two users in one store, beside a store for each


@dataclass(frozen=True)
class Step:
    user: By
    verb: str
    thread: str
    item: str


steps = st.builds(
    Step,
    st.sampled_from([ANN, BOB]),
    st.sampled_from(
        [
            "save",
            "save",
            "add",
            "add",
            "replace",
            "load",
            "load item",
            "page",
            "drop",
            "delete",
            "attach",
            "open",
            "detach",
        ]
    ),
    st.sampled_from("xyz"),  # few ids, so that they meet
    st.sampled_from("12"),
)


def call(store: Any, step: Step, n: int) -> Awaitable[Any]:
    """What a step does; `n` is something to tell the things apart by."""
    name, user = step.thread, step.user
    said = answer(step.item, text=str(n), seconds=n % 3)
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "save": lambda: store.save_thread(thread(name, title=str(n)), user),
        "add": lambda: store.add_thread_item(name, said, user),
        "replace": lambda: store.save_item(name, said, user),
        "load": lambda: store.load_thread(name, user),
        "load item": lambda: store.load_item(name, step.item, user),
        "page": lambda: store.load_thread_items(name, None, 5, "asc", user),
        "drop": lambda: store.delete_thread_item(name, step.item, user),
        "delete": lambda: store.delete_thread(name, user),
        "attach": lambda: store.save_attachment(file(name, str(n)), user),
        "open": lambda: store.load_attachment(name, user),
        "detach": lambda: store.delete_attachment(name, user),
    }
    return calls[step.verb]()


async def outcome(doing: Awaitable[Any]) -> Any:
    try:
        return await doing
    except NotFoundError:
        return NotFoundError


async def live_together(shared: Any, story: list[Step]) -> None:
    """Play a story in one store, and each user's part of it in a store of their own: nobody can tell."""
    alone = {ANN: MemoryStore(), BOB: MemoryStore()}
    owners: dict[tuple[bool, str], By] = {}
    for n, step in enumerate(story):
        thing = (step.verb in ("attach", "detach"), step.thread)
        came = await outcome(call(shared, step, n))
        if step.verb in ("save", "attach") and owners.setdefault(thing, step.user) != step.user:
            assert came is NotFoundError  # the one thing that tells: this id is taken
            continue
        assert came == await outcome(call(alone[step.user], step, n))
        if step.verb in ("delete", "detach") and came is not NotFoundError:
            del owners[thing]
    for user, own in alone.items():
        assert await names(shared, user) == await names(own, user)
        for name in "xyz":
            for verb in ("load", "page", "open"):
                step = Step(user, verb, name, "1")
                assert await outcome(call(shared, step, 0)) == await outcome(call(own, step, 0))


@settings(max_examples=50)
@given(story=st.lists(steps, max_size=30))
def test_two_users_of_a_memory_store_never_meet(story: list[Step]) -> None:
    clock.run(live_together(MemoryStore(), story))


@settings(max_examples=8)
@given(story=st.lists(steps, min_size=8, max_size=30))
def test_two_users_of_a_sql_store_never_meet(story: list[Step]) -> None:
    async def main() -> None:
        async with SQLStore("sqlite+aiosqlite:///:memory:") as store:
            await live_together(store, story)

    clock.run(main())
