"""What `lesson-kit serve` makes of its options, without serving."""

from __future__ import annotations

import errno
import importlib
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lesson_kit.cli import app
from lesson_kit.serve import AddressTaken, listen
from lesson_kit.web import LOOPBACK, Guard, Tokens

TOKEN = "t" * 20


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Catch what would be served: (guard, tokens, log)."""
    caught: list[Any] = []
    module = importlib.import_module("lesson_kit.cli.serve")
    monkeypatch.setattr(module, "_listen_and_serve", lambda address, db, *rest: caught.append(rest))
    monkeypatch.delenv("LESSON_KIT_TOKEN", raising=False)
    return caught


def call(*args: str) -> Result:
    return CliRunner().invoke(app, ["serve", *args])


def test_without_options_limits_hold_and_this_machine_may_ask(served: list[Any]) -> None:
    assert call().exit_code == 0
    [(guard, tokens, log)] = served
    assert guard == Guard(
        rate=10.0, turns=100, turns_per_user=20, unread_seconds=60.0, hosts=LOOPBACK
    )
    assert tokens is None
    assert log == "plain"


def test_every_limit_can_be_set_or_switched_off(served: list[Any]) -> None:
    result = call(
        "--rate", "0", "--turns", "7", "--turns-per-user", "2", "--threads-per-user", "9", "--log", "json",
        "--allow-host", "Course.example", "--allow-origin", "https://a.example", "--allow-origin", "http://b:1",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    [(guard, _, log)] = served
    assert guard == Guard(
        rate=None,
        turns=7,
        turns_per_user=2,
        threads_per_user=9,
        unread_seconds=60.0,
        hosts=LOOPBACK | {"course.example"},
        origins=frozenset({"https://a.example", "http://b:1"}),
    )
    assert log == "json"


@pytest.mark.parametrize(
    ("args", "hosts"),
    [
        (["--host", "0.0.0.0"], None),
        (["--host", "192.0.2.7"], None),
        (["--host", "0.0.0.0", "--allow-host", "a.example"], LOOPBACK | {"0.0.0.0", "a.example"}),
        (["--host", "127.0.0.9"], LOOPBACK | {"127.0.0.9"}),
        (["--host", "::1"], LOOPBACK),
        (["--host", "localhost"], LOOPBACK),
    ],
)
def test_the_names_of_the_server_are_checked_where_they_are_known(
    served: list[Any], args: list[str], hosts: frozenset[str] | None
) -> None:
    assert call(*args).exit_code == 0
    assert served[0][0].hosts == hosts


def test_tokens_come_from_a_file_or_the_environment(
    served: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(f"ada:{TOKEN}", encoding="utf-8")
    assert call("--token-file", str(file)).exit_code == 0
    assert (served[-1][1].user_of(TOKEN), served[-1][1].reloads) == ("ada", True)
    monkeypatch.setenv("LESSON_KIT_TOKEN", TOKEN)
    assert call().exit_code == 0
    assert (served[-1][1].user_of(TOKEN), served[-1][1].reloads) == ("", False)
    both = call("--token-file", str(file))
    assert both.exit_code == 2
    assert "got both --token-file and LESSON_KIT_TOKEN" in both.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--token-file", "no/such/file"], "cannot read the token file"),
        (["--allow-origin", "*"], "An origin is like https://course.example"),
    ],
)
def test_a_mistake_gets_one_clear_line(served: list[Any], args: list[str], told: str) -> None:
    result = call(*args)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert served == []


def test_a_token_is_never_shown(served: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESSON_KIT_TOKEN", "hunter2 is my token")
    result = call()
    assert result.exit_code == 2
    assert "hunter2" not in result.output + result.stderr
    assert "line 1 of LESSON_KIT_TOKEN" in result.stderr


def test_reading_the_tokens_again_says_how_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(f"ada:{TOKEN}", encoding="utf-8")
    tokens = Tokens.from_file(file)
    said: list[str] = []
    # By its name in sys.modules: the package holds the command of the same name in the module's place.
    module = importlib.import_module("lesson_kit.cli.serve")
    monkeypatch.setattr(module, "err", SimpleNamespace(print=lambda text, **_: said.append(text)))
    reload = module._reload_of(tokens)
    assert reload
    reload()
    file.write_text("hunter2", encoding="utf-8")
    reload()
    assert said[0] == "lesson-kit: read the token file again: 1 token, 1 named user"
    assert said[1].endswith("The tokens stay as they were.")
    assert "hunter2" not in said[1]
    assert tokens.user_of(TOKEN) == "ada"
    assert module._reload_of(Tokens(TOKEN)) is None
    assert module._reload_of(None) is None


@pytest.mark.live
@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="this system shares no ports")
def test_two_servers_share_a_port_only_if_both_say_so() -> None:
    with listen("127.0.0.1", 0, reuse_port=True) as first:
        port = first.getsockname()[1]
        with listen("127.0.0.1", port, reuse_port=True) as second:
            assert second.getsockname()[1] == port
        with pytest.raises(AddressTaken, match="Stop the program that uses it"):
            listen("127.0.0.1", port)


def test_a_system_that_shares_no_ports_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "SO_REUSEPORT", raising=False)
    with pytest.raises(
        AddressTaken, match=r"lets no two programs share a port\. Leave --reuse-port"
    ):
        listen("127.0.0.1", 0, reuse_port=True)


@pytest.mark.parametrize(
    ("fails", "next_step"),
    [
        (OSError(errno.EADDRINUSE, "Address already in use"), "Stop the program that uses it"),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign"), "Name an address of this machine"),
        (socket.gaierror(socket.EAI_NONAME, "not known"), "Name an address of this machine"),
        (OSError(errno.EACCES, "Permission denied"), "Choose a port above 1023"),
    ],
)
@pytest.mark.parametrize("step", ["bind", "listen"])
def test_whatever_is_in_the_way_is_told_with_the_next_step(
    step: str, fails: OSError, next_step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class Failing(socket.socket):
        """Another program may take the port between `bind` and `listen`, too."""

    def fail(self: socket.socket, *_: object) -> None:
        made.append(self)
        raise fails

    setattr(Failing, step, fail)
    monkeypatch.setattr(socket, "socket", Failing)
    with pytest.raises(AddressTaken, match=f"{fails.strerror}. {next_step}"):
        listen("127.0.0.1", 0)
    assert made[0].fileno() == -1  # closed
