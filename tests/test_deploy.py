"""The image of deploy/: its instructions are read, its health check is run. And what the README there says of it all."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys

import pytest

from lesson_kit.server import LessonServer
from lesson_kit.web import create_app
from tests.deploying import CONTAINERFILE, DEPLOY, ROOT, instructions, last_stage, only, text_of
from tests.live.hosts import on_uvicorn


def test_the_reader_joins_lines_and_leaves_comments_out() -> None:
    text = "FROM a\n# no\nRUN one \\\n  # neither\n  && two\n\ncmd [x]\n"
    assert instructions(text) == [("FROM", "a"), ("RUN", "one && two"), ("CMD", "[x]")]


def test_it_runs_as_a_number_that_is_not_root() -> None:
    user, _, group = only("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    names = [name for name, _ in last_stage(CONTAINERFILE)]
    assert {"RUN", "COPY"} & set(names[names.index("USER") :]) == set()


def test_all_that_is_installed_is_pinned_by_the_lock() -> None:
    installs = re.findall(r"pip install (.*)", "\n".join(r for _, r in instructions(CONTAINERFILE)))
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps" in installs[1]
    assert "apt-get" not in CONTAINERFILE


def test_what_it_copies_is_there() -> None:
    copies = [rest.split() for name, rest in instructions(CONTAINERFILE) if name == "COPY"]
    for *sources, _ in (words for words in copies if not words[0].startswith("--from")):
        assert all((ROOT / source).exists() for source in sources), sources


def test_the_builder_sees_what_is_copied_and_nothing_else() -> None:
    lines = text_of(DEPLOY / "Containerfile.dockerignore").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    copies = [rest.split() for name, rest in instructions(CONTAINERFILE) if name == "COPY"]
    sources = {source for *found, _ in copies for source in found if source[0] not in "-/"}
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == sources


def test_every_base_image_names_a_version_that_the_course_runs_on() -> None:
    images = [rest.split()[0] for name, rest in instructions(CONTAINERFILE) if name == "FROM"]
    assert {image.rpartition(":")[2] for image in images} == {"3.11-slim"}


def test_it_tells_the_port_that_it_listens_on() -> None:
    command = json.loads(only("CMD"))
    assert command[command.index("--port") + 1] == only("EXPOSE")


def test_the_server_itself_gets_the_signal_that_it_knows() -> None:
    assert json.loads(only("ENTRYPOINT")) == ["lesson-kit", "serve"]  # JSON: no shell between
    assert only("STOPSIGNAL") == "SIGTERM"


def test_the_health_check_needs_no_curl_and_asks_what_does_not_stream() -> None:
    check = only("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]
    assert "'/healthz'" in command[2]
    assert not re.search("curl|wget|urllib", check)
    seconds = {name: int(n) for name, n in re.findall(r"--(interval|timeout)=(\d+)s", check)}
    assert int(*re.findall(r"timeout=(\d+)\)", command[2])) < seconds["timeout"]
    assert seconds["timeout"] < seconds["interval"]


@pytest.mark.live
async def test_the_health_check_says_whether_the_server_is_well() -> None:
    code = json.loads(only("HEALTHCHECK").partition("CMD ")[2])[2]

    async def ask(port: str) -> int:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code.replace("8000", port).replace("=2", "=20")),
            stderr=subprocess.DEVNULL,
            env={**os.environ, "http_proxy": "http://127.0.0.1:1"},
        )
        return await child.wait()

    app = create_app(LessonServer())
    async with on_uvicorn(app) as address:
        port = address.rpartition(":")[2]
        assert await ask(port) == 0
        app.state.shutdown.begin()
        assert await ask(port) == 1
    assert await ask(port) == 1  # nobody listens


def test_the_readme_names_every_file_and_says_what_was_not_tried() -> None:
    readme = text_of(DEPLOY / "README.md")
    for path in [DEPLOY / "Containerfile", *(DEPLOY / "nginx").iterdir()]:
        assert f"`{path.relative_to(DEPLOY).as_posix()}`" in readme
    assert "the tests do not build the image" in readme
    assert "not in a cluster" in readme
