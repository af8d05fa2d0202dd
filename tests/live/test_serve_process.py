"""`lesson-kit serve` as an operator runs it: new tokens and a new process, without a cut stream."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from asyncio.subprocess import Process
from pathlib import Path

import httpx2
import pytest

from lesson_kit.client import ChatClient
from tests.asking import on
from tests.live.test_commands import finish, saved, start

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="this system shares no ports"),
]

OLD, NEW = "o" * 20, "n" * 20
PATIENCE = 60.0  # seconds; two noisy cores


async def serve(*args: str, cwd: Path) -> tuple[Process, str]:
    """Start a server; give it and its address."""
    process = await start("serve", *args, "--db", "kept.sqlite", cwd=cwd)
    assert process.stdout
    first = (await process.stdout.readline()).decode()
    if not first:
        pytest.fail((await finish(process))[2])
    return process, first.split()[-1]


def client(address: str, token: str = "") -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.AsyncClient(base_url=address, headers=headers, trust_env=False, timeout=PATIENCE)


async def ask(http: httpx2.AsyncClient) -> asyncio.Task[tuple[str, str]]:
    """Ask, and return when the answer streams; its task gives text and outcome."""
    begun = asyncio.Event()

    async def read() -> tuple[str, str]:
        async with ChatClient(http).send("What is a delta?") as stream:
            async for _ in stream:
                if stream.recording.deltas == 10:
                    begun.set()
        return stream.recording.text, stream.recording.outcome

    reader = asyncio.create_task(read())
    reader.add_done_callback(lambda _: begun.set())  # also if it fails
    await begun.wait()
    return reader


async def test_sighup_reads_the_tokens_again_and_cuts_no_stream(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.txt"
    tokens.write_text(f"ada:{OLD}", encoding="utf-8")
    args = ("--port", "0", "--token-file", "tokens.txt", "--log", "json")
    process, address = await serve(*args, cwd=tmp_path)
    assert process.stderr
    async with client(address, OLD) as old, client(address, NEW) as new:

        async def status(http: httpx2.AsyncClient) -> int:
            return (await http.post("/chatkit", json=on("threads.list"))).status_code

        reader = await ask(old)
        assert [await status(old), await status(new)] == [200, 401]
        tokens.write_text(f"ada:{NEW}", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        said = (await process.stderr.readline()).decode()
        while "turn" in said:  # the answer may have ended before, on a machine that was busy
            said = (await process.stderr.readline()).decode()
        assert "read the token file again: 1 token, 1 named user" in said
        assert [await status(old), await status(new)] == [401, 200]
        text, outcome = await reader
        assert outcome == "done"
        assert text.startswith("A delta is one small piece of an answer.")
    process.send_signal(signal.SIGTERM)
    code, out, err = await finish(process)
    assert code == 0
    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["outcome"] for line in lines] in ([], ["done"])
    assert all(len(line["request"]) == 16 for line in lines)  # the X-Request-ID of its answer
    assert OLD not in out + err + said


async def test_a_second_server_takes_over_the_port_and_the_firsts_answer_is_kept(
    tmp_path: Path,
) -> None:
    first, address = await serve("--port", "0", "--reuse-port", cwd=tmp_path)
    port = address.rpartition(":")[2].strip("/")
    async with client(address) as http:
        reader = await ask(http)
        second, _ = await serve("--port", port, "--reuse-port", cwd=tmp_path)
        first.send_signal(signal.SIGTERM)
        text, _ = await reader
    code, _, err = await finish(first)
    assert (code, err) == (0, "")
    [[_, (kind, kept), *_]] = await saved(tmp_path / "kept.sqlite")
    assert (kind, kept.startswith(text)) == ("assistant_message", True)
    async with client(address) as http:
        for _ in range(5):
            response = await http.post("/chatkit", json=on("threads.list"))
            assert len(response.json()["data"]) == 1  # what the first one kept
    # It has no token file to read again: so the end of its terminal ends it, in good order.
    nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # and so our children have it too
    second.send_signal(signal.SIGTERM if nohup else signal.SIGHUP)
    code, _, err = await finish(second)
    assert (code, err) == (0, "")
