"""The loopback guard bites: in this process, in its children, and where errors are swallowed."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
from loopback_only import OutsideRefused

# An address kept for documentation (RFC 5737): no machine has it.
OUTSIDE = ("192.0.2.1", 80)
Refused = Callable[[], list[str]]


def test_an_outside_connection_is_refused(refused: Refused) -> None:
    with socket.socket() as sock, pytest.raises(OutsideRefused, match=r"192\.0\.2\.1"):
        sock.connect(OUTSIDE)
    assert len(refused()) == 1


def test_an_outside_name_is_not_looked_up(refused: Refused) -> None:
    with pytest.raises(OutsideRefused, match="look up"):
        socket.getaddrinfo("example.com", 80)
    with socket.socket() as sock, pytest.raises(OutsideRefused, match=r"example\.com"):
        sock.connect(("example.com", 80))
    assert len(refused()) == 2


def test_a_datagram_to_the_outside_is_refused(refused: Refused) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        pytest.raises(OutsideRefused, match="connect to"),
    ):
        sock.sendto(b"x", ("192.0.2.1", 53))
    assert refused()


def test_listening_on_every_interface_is_refused(refused: Refused) -> None:
    with socket.socket() as sock, pytest.raises(OutsideRefused, match="listen on"):
        sock.bind(("0.0.0.0", 0))
    assert refused()


def test_asyncio_is_refused_too(refused: Refused) -> None:
    async def connect() -> None:
        await asyncio.open_connection(*OUTSIDE)

    with pytest.raises(OutsideRefused):
        asyncio.run(connect())
    assert refused()


def test_a_swallowed_refusal_is_still_noted(refused: Refused) -> None:
    with contextlib.suppress(Exception), socket.socket() as sock:
        sock.connect(OUTSIDE)
    assert "192.0.2.1" in refused()[0]


def test_loopback_and_unix_sockets_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.create_connection(("localhost", listener.getsockname()[1])).close()
    for end in socket.socketpair():
        end.close()


@pytest.mark.live
def test_a_child_process_is_refused_too(refused: Refused) -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode != 0
    assert "expected only loopback traffic" in child.stderr
    assert "192.0.2.1" in refused()[0]


def test_no_key_and_no_model_reach_a_test() -> None:
    seen = [name for name in os.environ if name.startswith(("OPENAI_", "LESSON_KIT_MODEL"))]
    assert seen == ["OPENAI_AGENTS_DISABLE_TRACING"]
