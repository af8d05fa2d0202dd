"""What comes from outside of a loop in virtual time: sockets, signals, threads."""

import asyncio
import selectors
import signal
import socket
import sys
import threading
from typing import Any

import pytest

from lesson_kit.clock import run
from tests.test_clock import now


def test_a_socket_is_waited_for_in_real_time() -> None:
    async def main() -> bytes:
        here, there = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=here)
        late = threading.Timer(0.03, lambda: there.sendall(b"late") or there.close())
        late.start()
        async with asyncio.timeout(5):
            received = await reader.read()
        writer.close()
        await writer.wait_closed()
        return received

    assert run(main()) == b"late"


def test_a_socket_is_heard_by_a_loop_that_never_waits() -> None:
    async def main() -> list[bytes]:
        loop, heard = asyncio.get_running_loop(), list[bytes]()
        here, there = socket.socketpair()
        with here, there:
            loop.add_reader(here, lambda: heard.append(here.recv(10)))
            there.sendall(b"now")
            for _ in range(5):
                await asyncio.sleep(0)
            loop.remove_reader(here)
        return heard

    assert run(main()) == [b"now"]


@pytest.mark.skipif(sys.platform == "win32", reason="its loops know no signals")
def test_a_signal_is_heard_by_a_loop_that_never_waits() -> None:
    async def main() -> list[str]:
        loop, heard = asyncio.get_running_loop(), list[str]()
        loop.add_signal_handler(signal.SIGUSR1, heard.append, "it came")
        signal.raise_signal(signal.SIGUSR1)
        for _ in range(5):
            await asyncio.sleep(0)
        loop.remove_signal_handler(signal.SIGUSR1)
        return heard

    assert run(main()) == ["it came"]


def test_a_thread_is_heard_by_a_loop_that_never_waits() -> None:
    async def main() -> float:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        threading.Thread(target=loop.call_soon_threadsafe, args=(heard.set,)).start()
        while not heard.is_set():  # noqa: ASYNC110  # it must never wait
            await asyncio.sleep(0)
        return now()

    assert run(main()) == 0.0


def test_a_loop_alone_asks_the_kernel_only_when_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float | None] = []

    class Counting(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> Any:
            asked.append(timeout)
            return super().select(timeout)

    async def main() -> None:
        before = len(asked)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(asked) == before
        await asyncio.sleep(1)
        assert len(asked) > before

    monkeypatch.setattr(selectors, "DefaultSelector", Counting)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    run(main())
