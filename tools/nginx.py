"""A real nginx on loopback, in front of a server of this process: for a test, or for a recording."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import string
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["HOW_TO_GET", "find_nginx", "nginx", "rendered"]

TEMPLATES = Path(__file__).parent.parent / "deploy" / "nginx"
HOW_TO_GET = "nginx is not installed (Debian: apt-get install nginx-light)"
STOP_LIMIT = 10.0  # seconds

# Everything that nginx writes lies in its own folder: it may run as any user, beside any other nginx.
MAIN = string.Template("""\
${user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}
""")


def find_nginx() -> Path | None:
    """The path of nginx, or None. Debian keeps it where only root's PATH looks."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def rendered(template: str, **addresses: str) -> str:
    """Fill in a template of deploy/nginx, as the official image does: only the names given, never nginx's own `$host`."""
    text = (TEMPLATES / f"{template}.conf.template").read_text(encoding="utf-8")
    return string.Template(text).safe_substitute(addresses)


@contextlib.contextmanager
def nginx(template: str, upstream: str) -> Iterator[str]:
    """Run nginx with `deploy/nginx/<template>.conf.template` in front of `upstream`, a "host:port"; yield its address.

    Raises `RuntimeError` with nginx's own words when it does not start.
    """
    program = find_nginx()
    if program is None:
        raise RuntimeError(HOW_TO_GET)
    with tempfile.TemporaryDirectory() as name, socket.socket() as taken:
        folder = Path(name)
        # We take the port and nginx inherits it, as it does from its own older self in an upgrade: so no other
        # program can take the port in between, and a client that comes too early waits instead of being refused.
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        site = rendered(template, LISTEN=address, UPSTREAM=upstream)
        (folder / "site.conf").write_text(site, encoding="utf-8")
        (folder / "nginx.conf").write_text(MAIN.substitute(user=_user_line()), encoding="utf-8")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, "-p", name, "-c", "nginx.conf", "-e", "stderr"],
                env={**os.environ, "NGINX": f"{taken.fileno()};"},
                pass_fds=[taken.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            _wait_until_up(process, folder)
            taken.close()  # or it would still accept when nginx is gone
            yield f"http://{address}"
        finally:
            _end(process)


def _wait_until_up(process: subprocess.Popen[bytes], folder: Path) -> None:
    # nginx writes its pid when its configuration is read and its sockets are taken.
    while not (folder / "nginx.pid").exists():
        if process.poll() is not None:
            raise RuntimeError(f"nginx did not start: {(folder / 'log').read_text()}")
        time.sleep(0.01)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _user_line() -> str:
    # Started as root, nginx gives its workers to `nobody`, who cannot open our folder.
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ""
    return "user root;\n"
