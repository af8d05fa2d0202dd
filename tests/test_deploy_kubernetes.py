"""The manifests of deploy/kubernetes, held against Kubernetes' own schemas and against the server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from lesson_kit.cli import app as cli
from lesson_kit.cli.serve import VARIABLE
from lesson_kit.serve.serving import GRACE
from lesson_kit.web.shutdown import PATIENCE
from tests.deploying import DEPLOY, ROOT, longest_silence, only, text_of

MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def load(path: Path) -> Any:
    return yaml.safe_load(text_of(path))


def manifest(kind: str) -> Any:
    [found] = [m for m in map(load, MANIFESTS) if m["kind"] == kind]
    return found


def container() -> Any:
    [found] = manifest("Deployment")["spec"]["template"]["spec"]["containers"]
    return found


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", ["1.34", "1.37"])
def test_kubernetes_own_schema_finds_nothing_wrong(path: Path, version: str) -> None:
    kubernetes_validate.validate(load(path), version, strict=True)


def test_the_schema_would_find_a_wrong_word() -> None:
    wrong = load(DEPLOY / "kubernetes" / "deployment.yaml")
    wrong["spec"]["template"]["spec"]["terminationGraceSeconds"] = 45
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.34", strict=True)


def test_the_server_has_the_time_that_it_needs_to_end() -> None:
    pod = manifest("Deployment")["spec"]["template"]["spec"]
    waits = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > waits + GRACE + PATIENCE


def test_a_pod_that_goes_is_out_of_the_service_before_it_stops_listening() -> None:
    # The endpoint goes as soon as the pod is deleted; the readiness probe is the second line.
    waits = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert waits >= container()["readinessProbe"]["periodSeconds"]


@pytest.mark.parametrize("probe", ["readinessProbe", "livenessProbe", "startupProbe"])
def test_each_probe_asks_what_does_not_stream(probe: str) -> None:
    assert container()[probe]["httpGet"] == {"path": "/healthz", "port": "http"}


def test_a_busy_pod_is_given_up_as_a_target_long_before_it_is_killed() -> None:
    ready, alive = container()["readinessProbe"], container()["livenessProbe"]
    assert alive["periodSeconds"] * alive["failureThreshold"] >= 60
    assert ready["periodSeconds"] * ready.get("failureThreshold", 3) <= 15


def test_the_port_is_named_for_what_it_speaks() -> None:
    [port], [outside] = container()["ports"], manifest("Service")["spec"]["ports"]
    assert (port["name"], outside["name"], outside["targetPort"]) == ("http", "http", "http")
    assert str(port["containerPort"]) == only("EXPOSE")
    assert "websocket" not in "".join(text_of(path).lower() for path in MANIFESTS).replace(
        "is a websocket", ""
    )


def test_labels_meet() -> None:
    deployment = manifest("Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"].items() <= labels.items()
    assert manifest("Service")["spec"]["selector"].items() <= labels.items()


def test_no_user_is_tied_to_a_pod() -> None:
    assert "sessionAffinity" not in manifest("Service")["spec"]
    assert not [key for key in manifest("Ingress")["metadata"]["annotations"] if "affin" in key]


def test_more_than_one_pod_is_given_a_database_that_all_share() -> None:
    assert manifest("Deployment")["spec"]["replicas"] > 1
    arguments = container()["args"]
    assert arguments[arguments.index("--db") + 1] == "$(DATABASE_URL)"
    [url] = [entry for entry in container()["env"] if entry["name"] == "DATABASE_URL"]
    assert set(url["valueFrom"]) == {"secretKeyRef"}


def test_every_argument_and_variable_is_read_by_something() -> None:
    [serve] = [c for name, c in typer.main.get_command(cli).commands.items() if name == "serve"]  # type: ignore[attr-defined]
    options = {name for parameter in serve.params for name in parameter.opts}
    assert {a for a in container()["args"] if a.startswith("--")} <= options
    used = {"DATABASE_URL"}  # in the arguments
    model = text_of(ROOT / "lesson_kit" / "model.py")
    read = {VARIABLE, *re.findall(r'"(LESSON_KIT_\w+)"', model)}
    assert {entry["name"] for entry in container()["env"]} <= used | read


def test_the_container_may_do_little() -> None:
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


def test_the_ingress_does_not_collect_and_waits_longer_than_the_server() -> None:
    notes = manifest("Ingress")["metadata"]["annotations"]
    prefix = "nginx.ingress.kubernetes.io/"
    assert notes[prefix + "proxy-buffering"] == "off"
    assert int(notes[prefix + "proxy-read-timeout"]) > longest_silence()


def test_what_is_for_the_inside_is_not_routed() -> None:
    [rule] = manifest("Ingress")["spec"]["rules"]
    paths = {(path["path"], path["pathType"]) for path in rule["http"]["paths"]}
    assert paths == {
        *(("/", "Exact"), ("/chatkit", "Exact"), ("/healthz", "Exact"), ("/page", "Prefix")),
    }


def test_what_the_page_asks_for_is_routed() -> None:
    [rule] = manifest("Ingress")["spec"]["rules"]
    routed = {path["path"].strip("/") for path in rule["http"]["paths"]}
    page = ROOT / "lesson_kit" / "page"
    asked = set(re.findall(r'request\("(\w+)"', text_of(page / "wire.js")))
    asked |= {
        name.partition("/")[0]
        for name in re.findall(r'(?:src|href)="([^"]+)"', text_of(page / "index.html"))
    }
    assert asked == {"chatkit", "healthz", "page"}
    assert asked <= routed
