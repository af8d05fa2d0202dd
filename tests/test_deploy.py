"""What deploy/ holds, read and held against the server: the image's instructions, the manifests, nginx's settings."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

import lesson_kit
from lesson_kit.cli import app as cli
from lesson_kit.cli.serve import VARIABLE
from lesson_kit.serve.serving import GRACE
from lesson_kit.server import LessonServer, Limits
from lesson_kit.web import create_app
from lesson_kit.web.shutdown import PATIENCE
from tests.live.hosts import on_uvicorn
from tools.nginx import HOW_TO_GET, find_nginx, nginx

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
TEMPLATES = sorted((DEPLOY / "nginx").glob("*.conf.template"))

Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """Read a Containerfile: each instruction's name and the rest, with continued lines joined."""
    lines = [line for line in text.splitlines() if not re.match(r"\s*#", line)]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    found = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(name.upper(), rest) for name, rest in found]


def last_stage(text: str) -> list[Instruction]:
    found = instructions(text)
    begins = max(number for number, (name, _) in enumerate(found) if name == "FROM")
    return found[begins:]


CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")


def only(name: str) -> str:
    [rest] = [rest for found, rest in last_stage(CONTAINERFILE) if found == name]
    return rest


class TestTheContainerfile:
    def test_the_reader_joins_lines_and_leaves_comments_out(self) -> None:
        text = "FROM a\n# no\nRUN one \\\n  # neither\n  && two\n\ncmd [x]\n"
        assert instructions(text) == [("FROM", "a"), ("RUN", "one && two"), ("CMD", "[x]")]

    def test_it_runs_as_a_number_that_is_not_root(self) -> None:
        user, _, group = only("USER").partition(":")
        assert int(user) > 0
        assert int(group) > 0
        names = [name for name, _ in last_stage(CONTAINERFILE)]
        assert {"RUN", "COPY"} & set(names[names.index("USER") :]) == set()

    def test_all_that_is_installed_is_pinned_by_the_lock(self) -> None:
        installs = re.findall(
            r"pip install (.*)", "\n".join(r for _, r in instructions(CONTAINERFILE))
        )
        assert len(installs) == 2
        assert "--require-hashes -r requirements.lock" in installs[0]
        assert "--no-deps" in installs[1]
        assert "apt-get" not in CONTAINERFILE

    def test_what_it_copies_is_there(self) -> None:
        copies = [rest.split() for name, rest in instructions(CONTAINERFILE) if name == "COPY"]
        for *sources, _ in (words for words in copies if not words[0].startswith("--from")):
            assert all((ROOT / source).exists() for source in sources), sources

    def test_the_builder_sees_what_is_copied_and_nothing_else(self) -> None:
        lines = text_of(DEPLOY / "Containerfile.dockerignore").splitlines()
        rules = [line for line in lines if line and not line.startswith("#")]
        copies = [rest.split() for name, rest in instructions(CONTAINERFILE) if name == "COPY"]
        sources = {source for *found, _ in copies for source in found if source[0] not in "-/"}
        assert rules[0] == "*"
        assert {rule[1:] for rule in rules if rule.startswith("!")} == sources

    def test_every_base_image_names_a_version_that_the_course_runs_on(self) -> None:
        images = [rest.split()[0] for name, rest in instructions(CONTAINERFILE) if name == "FROM"]
        assert {image.rpartition(":")[2] for image in images} == {"3.11-slim"}

    def test_it_tells_the_port_that_it_listens_on(self) -> None:
        command = json.loads(only("CMD"))
        assert command[command.index("--port") + 1] == only("EXPOSE")

    def test_the_server_itself_gets_the_signal_that_it_knows(self) -> None:
        assert json.loads(only("ENTRYPOINT")) == ["lesson-kit", "serve"]  # JSON: no shell between
        assert only("STOPSIGNAL") == "SIGTERM"

    def test_the_health_check_needs_no_curl_and_asks_what_does_not_stream(self) -> None:
        check = only("HEALTHCHECK")
        command = json.loads(check.partition("CMD ")[2])
        assert command[:2] == ["python", "-c"]
        assert "'/healthz'" in command[2]
        assert not re.search("curl|wget|urllib", check)
        seconds = {name: int(n) for name, n in re.findall(r"--(interval|timeout)=(\d+)s", check)}
        assert int(*re.findall(r"timeout=(\d+)\)", command[2])) < seconds["timeout"]
        assert seconds["timeout"] < seconds["interval"]

    @pytest.mark.live
    async def test_the_health_check_says_whether_the_server_is_well(self) -> None:
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


def manifest(kind: str) -> Any:
    [found] = [m for m in map(load, MANIFESTS) if m["kind"] == kind]
    return found


@functools.cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def load(path: Path) -> Any:
    return yaml.safe_load(text_of(path))


def container() -> Any:
    [found] = manifest("Deployment")["spec"]["template"]["spec"]["containers"]
    return found


class TestTheManifests:
    @pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
    @pytest.mark.parametrize("version", ["1.34", "1.37"])
    def test_kubernetes_own_schema_finds_nothing_wrong(self, path: Path, version: str) -> None:
        kubernetes_validate.validate(load(path), version, strict=True)

    def test_the_schema_would_find_a_wrong_word(self) -> None:
        wrong = load(DEPLOY / "kubernetes" / "deployment.yaml")
        wrong["spec"]["template"]["spec"]["terminationGraceSeconds"] = 45
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, "1.34", strict=True)

    def test_the_server_has_the_time_that_it_needs_to_end(self) -> None:
        pod = manifest("Deployment")["spec"]["template"]["spec"]
        waits = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod["terminationGracePeriodSeconds"] > waits + GRACE + PATIENCE

    def test_a_pod_that_goes_is_out_of_the_service_before_it_stops_listening(self) -> None:
        # The endpoint goes as soon as the pod is deleted; the readiness probe is the second line.
        waits = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert waits >= container()["readinessProbe"]["periodSeconds"]

    @pytest.mark.parametrize("probe", ["readinessProbe", "livenessProbe", "startupProbe"])
    def test_each_probe_asks_what_does_not_stream(self, probe: str) -> None:
        assert container()[probe]["httpGet"] == {"path": "/healthz", "port": "http"}

    def test_a_busy_pod_is_given_up_as_a_target_long_before_it_is_killed(self) -> None:
        ready, alive = container()["readinessProbe"], container()["livenessProbe"]
        assert alive["periodSeconds"] * alive["failureThreshold"] >= 60
        assert ready["periodSeconds"] * ready.get("failureThreshold", 3) <= 15

    def test_the_port_is_named_for_what_it_speaks(self) -> None:
        [port], [outside] = container()["ports"], manifest("Service")["spec"]["ports"]
        assert (port["name"], outside["name"], outside["targetPort"]) == ("http", "http", "http")
        assert str(port["containerPort"]) == only("EXPOSE")
        assert "websocket" not in "".join(text_of(path).lower() for path in MANIFESTS).replace(
            "is a websocket", ""
        )

    def test_labels_meet(self) -> None:
        deployment = manifest("Deployment")["spec"]
        labels = deployment["template"]["metadata"]["labels"]
        assert deployment["selector"]["matchLabels"].items() <= labels.items()
        assert manifest("Service")["spec"]["selector"].items() <= labels.items()

    def test_no_user_is_tied_to_a_pod(self) -> None:
        assert "sessionAffinity" not in manifest("Service")["spec"]
        assert not [key for key in manifest("Ingress")["metadata"]["annotations"] if "affin" in key]

    def test_more_than_one_pod_is_given_a_database_that_all_share(self) -> None:
        assert manifest("Deployment")["spec"]["replicas"] > 1
        arguments = container()["args"]
        assert arguments[arguments.index("--db") + 1] == "$(DATABASE_URL)"
        [url] = [entry for entry in container()["env"] if entry["name"] == "DATABASE_URL"]
        assert set(url["valueFrom"]) == {"secretKeyRef"}

    def test_every_argument_and_variable_is_read_by_something(self) -> None:
        [serve] = [c for name, c in typer.main.get_command(cli).commands.items() if name == "serve"]  # type: ignore[attr-defined]
        options = {name for parameter in serve.params for name in parameter.opts}
        assert {a for a in container()["args"] if a.startswith("--")} <= options
        used = {"DATABASE_URL"}  # in the arguments
        read = {VARIABLE} | set(
            re.findall(
                r'"(LESSON_KIT_\w+)"',
                (Path(lesson_kit.__file__).parent / "model.py").read_text(encoding="utf-8"),
            )
        )
        assert {entry["name"] for entry in container()["env"]} <= used | read

    def test_the_container_may_do_little(self) -> None:
        pod = manifest("Deployment")["spec"]["template"]["spec"]
        assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == (
            only("USER")
        )
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert container()["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} <= set(container()["resources"])
        assert not container()["image"].endswith(":latest")

    def test_the_ingress_does_not_collect_and_waits_longer_than_the_server(self) -> None:
        notes = manifest("Ingress")["metadata"]["annotations"]
        prefix = "nginx.ingress.kubernetes.io/"
        assert notes[prefix + "proxy-buffering"] == "off"
        assert int(notes[prefix + "proxy-read-timeout"]) > longest_silence()

    def test_what_is_for_the_inside_is_not_routed(self) -> None:
        [rule] = manifest("Ingress")["spec"]["rules"]
        paths = {(path["path"], path["pathType"]) for path in rule["http"]["paths"]}
        assert paths == {("/chatkit", "Exact"), ("/", "Exact"), ("/page", "Prefix")}


def longest_silence() -> float:
    limits = Limits()
    assert {field.name for field in fields(limits)} == {"first_token", "between_tokens", "total"}
    assert limits.first_token
    assert limits.between_tokens
    return max(limits.first_token, limits.between_tokens)


def directives(name: str) -> list[str]:
    text = (DEPLOY / "nginx" / f"{name}.conf.template").read_text(encoding="utf-8")
    bare = re.sub(r"(?<!\S)#.*", "", text)
    return [" ".join(part.split()) for part in re.split(r"[;{}](?=\s)", bare) if part.strip()]


class TestNginx:
    def test_streaming_hands_over_at_once_on_connections_that_stay(self) -> None:
        found = directives("streaming")
        assert {
            *("proxy_buffering off", "gzip off", "proxy_http_version 1.1", "keepalive 16"),
            *('proxy_set_header Connection ""', "proxy_next_upstream off"),
        } <= set(found)

    def test_it_waits_between_two_reads_for_longer_than_the_server_is_ever_silent(self) -> None:
        [seconds] = re.findall(r"proxy_read_timeout (\d+)s", "\n".join(directives("streaming")))
        assert int(seconds) > longest_silence()

    def test_the_bad_example_collects_and_does_not_listen(self) -> None:
        assert {"proxy_buffering on", "proxy_ignore_headers X-Accel-Buffering"} <= set(
            directives("buffering")
        )

    def test_http2_is_switched_on_by_its_own_directive(self) -> None:
        assert {"listen 443 ssl", "http2 on"} <= set(directives("tls"))

    def test_every_place_to_fill_in_is_known(self) -> None:
        assert {path.name.partition(".")[0] for path in TEMPLATES} == {
            *("streaming", "default", "buffering", "tls"),
        }
        for path in TEMPLATES:
            assert set(re.findall(r"\$\{(\w+)\}", path.read_text(encoding="utf-8"))) <= {
                *("LISTEN", "UPSTREAM", "CERTIFICATE", "CERTIFICATE_KEY")
            }

    @pytest.mark.live
    @pytest.mark.skipif(find_nginx() is None, reason=HOW_TO_GET)
    @pytest.mark.parametrize("template", ["streaming", "default", "buffering"])
    def test_nginx_understands_it(self, template: str) -> None:
        with nginx(template, "127.0.0.1:1") as address:
            assert address.startswith("http://127.0.0.1:")


def test_the_readme_names_every_file_and_says_what_was_not_tried() -> None:
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    for path in [DEPLOY / "Containerfile", *TEMPLATES]:
        assert f"`{path.relative_to(DEPLOY).as_posix()}`" in readme
    assert "not built" in readme
    assert "not in a cluster" in readme
