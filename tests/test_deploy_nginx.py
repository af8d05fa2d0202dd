"""nginx's settings in deploy/nginx: what they must say, and that nginx understands them."""

from __future__ import annotations

import re

import pytest

from tests.deploying import DEPLOY, longest_silence, text_of
from tools.nginx import HOW_TO_GET, find_nginx, nginx

TEMPLATES = sorted((DEPLOY / "nginx").glob("*.conf.template"))


def directives(name: str) -> list[str]:
    text = text_of(DEPLOY / "nginx" / f"{name}.conf.template")
    bare = re.sub(r"(?<!\S)#.*", "", text)
    return [" ".join(part.split()) for part in re.split(r"[;{}](?=\s)", bare) if part.strip()]


def test_streaming_hands_over_at_once_on_connections_that_stay() -> None:
    found = directives("streaming")
    assert {
        *("proxy_buffering off", "gzip off", "proxy_http_version 1.1", "keepalive 16"),
        *('proxy_set_header Connection ""', "proxy_next_upstream off"),
    } <= set(found)


def test_it_waits_between_two_reads_for_longer_than_the_server_is_ever_silent() -> None:
    [seconds] = re.findall(r"proxy_read_timeout (\d+)s", "\n".join(directives("streaming")))
    assert int(seconds) > longest_silence()


def test_the_bad_example_collects_and_does_not_listen() -> None:
    assert {"proxy_buffering on", "proxy_ignore_headers X-Accel-Buffering"} <= set(
        directives("buffering")
    )


def test_http2_is_switched_on_by_its_own_directive() -> None:
    assert {"listen 443 ssl", "http2 on"} <= set(directives("tls"))


def test_every_place_to_fill_in_is_known() -> None:
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
def test_nginx_understands_it(template: str) -> None:
    with nginx(template, "127.0.0.1:1") as address:
        assert address.startswith("http://127.0.0.1:")
