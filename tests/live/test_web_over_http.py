"""The web app on real sockets: refusals arrive whole, deltas at once, and leaving stops."""

from __future__ import annotations

import httpx2
import pytest

from lesson_kit.web import Guard, create_app
from tests.asking import JSON, create, refused, upload
from tests.live.hosts import Host, on_hypercorn, on_uvicorn
from tests.talker import Talker

pytestmark = pytest.mark.live


@pytest.mark.parametrize("host", [on_uvicorn, on_hypercorn])
async def test_refusals_reach_a_real_client_whole(host: Host) -> None:
    async with host(create_app(Talker(), guard=Guard(body_limit=100_000))) as address:
        async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
            refused(await http.post("/chatkit", json={"type": "x"}), 400, "unknown operation")
            refused(await http.get("/chatkit"), 405, "GET /chatkit")
            refused(await http.post("/chatkit", content=b"{}"), 415, "content type")
            # Not in thousands of chunks: read in 10 s they must be, on a busy machine too.
            for content in (b"x" * 5_000_000, upload(5_000_000, piece=50_000)):
                refused(
                    await http.post("/chatkit", content=content, headers=JSON), 413, "the body has"
                )
            assert (await http.get("/healthz")).status_code == 200


@pytest.mark.parametrize("host", [on_uvicorn, on_hypercorn])
async def test_each_delta_reaches_a_real_client_when_it_is_made(host: Host) -> None:
    server = Talker(gap=0.05)
    async with host(create_app(server)) as address:
        async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
            async with http.stream("POST", "/chatkit", json=create()) as response:
                lines = response.aiter_lines()
                ahead = [server.made async for line in lines if "text_delta" in line]
    assert len(ahead) == 10
    assert ahead[0] < 10  # the first came before the last was made


@pytest.mark.parametrize("host", [on_uvicorn, on_hypercorn])
async def test_a_real_client_that_leaves_stops_plain_chatkit_and_keeps_the_partial(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    server = Talker([f"delta{number} " for number in range(200)], gap=0.05, latency=0.02)
    async with host(create_app(server)) as address:
        async with httpx2.AsyncClient(base_url=address, trust_env=False) as http:
            async with http.stream("POST", "/chatkit", json=create()) as response:
                async for line in response.aiter_lines():
                    if '"delta":"delta3 "' in line:
                        break
        thread = (await server.store.load_threads(1, None, "asc", None)).data[0]
        _, partial, note = await server.texts_once(3, thread.id)
        assert server.made < 100  # it would have gone on for ten seconds
    assert partial.startswith("delta0 delta1 delta2 delta3 ")
    assert note == "sdk_hidden_context"
    assert [r for r in caplog.records if r.levelname not in ("INFO", "DEBUG")] == []
