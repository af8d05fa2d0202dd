"""A PostgreSQL server for the tests: on a Unix socket in a private folder, without durability, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tools.programs import find_postgres

# Seconds for a server that starts or stops. Each takes a tenth of one on a quiet machine.
PATIENCE = 120.0
HOW_TO_GET = "apt-get install postgresql"
NO_DRIVER = "pip install 'lesson-kit[postgres]'"

# In memory alone: a crash of this server loses nothing that anybody wants.
SETTINGS = {
    "listen_addresses": "",  # the socket only: no port, nobody from outside
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
# Who may come in: `locked` with a password, everybody else who reaches the socket.
DOORS = "local all locked scram-sha-256\nlocal all all trust\n"


@dataclass(frozen=True)
class Postgres:
    """A running server; `url(name)` is one of its databases."""

    binaries: Path
    socket: Path

    def url(self, database: str, *, user: str = "lesson", password: str = "") -> str:
        secret = f":{password}" if password else ""
        return f"postgresql+asyncpg://{user}{secret}@/{database}?host={self.socket}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run statements from outside; return what psql prints of the last one, without decoration."""
        done = subprocess.run(
            [
                *(self.binaries / "psql", "-XqAtv", "ON_ERROR_STOP=1", "-h", self.socket),
                *("-U", "lesson", "-d", database, "-c", statement),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def why_not() -> str | None:
    """Say what is missing, in one line; None when a server can be started."""
    if find_postgres() is None:
        return HOW_TO_GET
    return None if find_spec("asyncpg") else NO_DRIVER


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """Start a server with an empty cluster; stop and delete it."""
    binaries = find_postgres()
    assert binaries, f"no PostgreSQL here: {HOW_TO_GET}"
    user = _user()
    # Not in pytest's folder: that is root's own, and a socket's path has room for some 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="lesson-pg-", dir=_memory()))
    try:
        if user:
            shutil.chown(folder, user)
        as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid} if user else {}
        as_user |= {"extra_groups": []} if user else {}
        _make_cluster(binaries, folder / "data", as_user)
        with _serving(binaries, folder, as_user):
            yield Postgres(binaries, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> str | None:
    """Linux's folder in memory, where there is room: to make and delete thousands of files takes no time there."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30:
        return memory
    return None


def _user() -> str | None:
    """The user to run as; None for our own. PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _make_cluster(binaries: Path, data: Path, as_user: dict[str, object]) -> None:
    made = subprocess.run(
        [
            *(binaries / "initdb", "-D", data, "-U", "lesson", "-E", "UTF8", "--locale=C"),
            *("--auth=trust", "--no-sync", "--no-instructions", "--wal-segsize=1"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=data.parent,
        **as_user,  # type: ignore[call-overload]
    )
    assert made.returncode == 0, made.stderr
    (data / "pg_hba.conf").write_text(DOORS)


# The shell ends the server ("immediate": nothing is worth a checkpoint) and takes its folder away as soon as its own
# input ends: also when the tests are killed.
GUARDIAN = """
trap '' HUP INT TERM
"$@" & server=$!
read -r _
kill -QUIT $server; wait $server
rm -rf "$0"
"""


@contextlib.contextmanager
def _serving(binaries: Path, folder: Path, as_user: dict[str, object]) -> Iterator[None]:
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    log = folder / "log"
    with log.open("wb") as to:
        guardian = subprocess.Popen(
            [
                *("/bin/sh", "-c", GUARDIAN, folder),
                *(binaries / "postgres", "-D", folder / "data", "-k", folder, *settings),
            ],
            stdin=subprocess.PIPE,
            stdout=to,
            stderr=to,
            cwd="/",
            **as_user,  # type: ignore[call-overload]
        )
        try:
            _wait_until_ready(binaries, folder, log)
            yield
        finally:
            assert guardian.stdin
            guardian.stdin.close()
            guardian.wait(PATIENCE)


def _wait_until_ready(binaries: Path, folder: Path, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while subprocess.run(
        [binaries / "pg_isready", "-q", "-h", folder, "-U", "lesson"], check=False
    ).returncode:
        said = log.read_text()
        assert time.monotonic() < deadline, f"PostgreSQL is not ready: {said}"
        time.sleep(0.05)
