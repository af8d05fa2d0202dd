"""The dashboard: the figures of two scrapes, one drawing for page and file, and a loop that reads every second."""

from __future__ import annotations

import asyncio
from xml.etree import ElementTree

import httpx2
import pytest

from lesson_kit.clock import run
from lesson_kit.conversation import talk
from lesson_kit.dashboard import Dashboard, Figures
from lesson_kit.dashboard.drawing import draw, html
from lesson_kit.dashboard.figures import figures
from lesson_kit.dashboard.source import There, Unreadable, source_of
from lesson_kit.link import Link
from lesson_kit.metrics import Meter
from lesson_kit.scrape import Scrape
from lesson_kit.script import Script
from lesson_kit.server import LessonServer
from lesson_kit.web import create_app

PAGE = "http://127.0.0.1:8000/metrics"
TEN_A_SECOND = Script.say(["w"] * 30, thinking=2, gap=0.1, then_repeat=True)


def at(meter: Meter, t: float) -> Scrape:
    return Scrape.of_registry(meter.registry, t)


# --- the figures ---


def test_no_scrape_gives_no_figures_and_one_gives_totals_only() -> None:
    assert figures([]) == Figures()
    meter = Meter()
    meter.turn_started()
    one = figures([at(meter, 5)])
    assert (one.active, one.seconds, one.speed) == (1, 0.0, ())
    assert one.total["done"] == 0
    assert (one.failed_share, one.first_token_p50, one.deltas_per_second) == (None, None, None)


def test_figures_are_of_the_time_between_the_scrapes_and_totals_of_all_time() -> None:
    meter = Meter()
    for outcome in ("done", "error"):
        meter.turn_started()
        meter.turn_ended(outcome)
    old = at(meter, 0)
    for outcome in ("done", "done", "stopped", "timeout"):
        meter.turn_started()
        meter.first_token(0.3)
        meter.turn_ended(outcome)
    for _ in range(40):
        meter.model_delta(None)
    shown = figures([old, at(meter, 10)])
    assert shown.total == {
        **dict.fromkeys(shown.total, 0),
        "done": 3,
        "error": 1,
        "stopped": 1,
        "timeout": 1,
    }
    assert shown.ended == {**dict.fromkeys(shown.total, 0), "done": 2, "stopped": 1, "timeout": 1}
    assert shown.failed_share == 0.25
    assert shown.first_token_p50 == 0.375
    assert shown.speed == ((0.0, 4.0),)


# --- the drawing ---


def parsed(shown: Figures) -> ElementTree.Element:
    return ElementTree.fromstring(html(draw(shown, 60)))


def test_the_drawing_without_figures_says_so_and_is_well_formed() -> None:
    root = parsed(Figures())
    [image] = root.findall("svg")
    assert image.get("aria-label") == "Deltas per second: nothing yet."
    assert [value.text for value in root.findall(".//dd[@class='lkb-value']")] == ["0", *"––––"]


def test_the_picture_has_the_same_in_words_and_as_a_table() -> None:
    shown = Figures(
        seconds=3.0,
        total={"done": 9},
        ended={"done": 2},
        failed_share=0.0,
        first_token_p50=0.5,
        first_token_p95=1.25,
        speed=((-2.0, 4.0), (-1.0, 120.0), (0.0, 7.5)),
    )
    root = parsed(shown)
    values = [value.text for value in root.findall(".//dd[@class='lkb-value']")]
    assert values == ["0", "7.5", "0.50 s", "1.25 s", "0.0%"]
    [image] = root.findall("svg")
    assert image.get("role") == "img"
    assert image.get("aria-label") == "Deltas per second in the last 3 s: now 7.5, at most 120."
    cells = [[cell.text for cell in row] for row in root.iter("tr")]
    assert ["done", "2", "9"] in cells
    assert cells[-3:] == [["0.0 s", "7.5"], ["1.0 s", "120"], ["2.0 s", "4"]]
    line = root.find(".//polyline")
    assert line is not None
    assert line.get("points") == (
        "95.00,97.50 96.67,97.50 96.67,25.00 98.33,25.00 98.33,95.31 100.00,95.31"
    )


def test_a_text_is_never_markup() -> None:
    assert html(["p", {"title": '"><script>'}, "<b>"]) == (
        '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;</p>'
    )


# --- reading ---


def test_it_reads_a_server_every_second_of_the_loops_clock() -> None:
    async def main() -> tuple[Dashboard, list[int]]:
        server = LessonServer(model=TEN_A_SECOND.model())
        active = []
        with Dashboard(server) as dashboard:
            asking = asyncio.create_task(talk(server, "Hi"))
            await asyncio.sleep(4.5)
            active.append(dashboard.figures.active)
            await asking
            await asyncio.sleep(1)
            active.append(dashboard.figures.active)
        return dashboard, active

    dashboard, active = run(main())
    assert active == [1, 0]
    shown = dashboard.figures
    assert shown.ended["done"] == 1
    assert [round(speed) for _, speed in shown.speed][2:4] == [10, 10]
    assert sum(speed for _, speed in shown.speed) == pytest.approx(30)
    assert shown.first_token_p50 is not None
    assert not dashboard.watching


def test_only_the_window_is_kept() -> None:
    async def main() -> Figures:
        with Dashboard(Meter(), period=1, window=5) as dashboard:
            await asyncio.sleep(60.5)
        return dashboard.figures

    shown = run(main())
    assert 4 < shown.seconds <= 5
    assert len(shown.speed) == 5


def test_what_happened_since_the_last_second_is_shown_when_it_is_stopped() -> None:
    async def main() -> Figures:
        meter = Meter()
        with Dashboard(meter) as dashboard:
            await asyncio.sleep(1.5)
            meter.turn_started()
            meter.turn_ended("done")
        return dashboard.figures

    assert run(main()).ended["done"] == 1


def test_it_reads_a_metrics_page_over_http() -> None:
    async def main() -> Figures:
        server = LessonServer(model=TEN_A_SECOND.model())
        dashboard = Dashboard(PAGE)
        dashboard._source = There(PAGE, transport=Link(create_app(server)))
        with dashboard:
            await talk(server, "Hi")
            await asyncio.sleep(1)
        await asyncio.sleep(0.1)  # the connection is closed by the task
        return dashboard.figures

    assert run(main()).ended["done"] == 1


class Broken(httpx2.AsyncBaseTransport):
    """A connection that fails as told."""

    def __init__(self, answer: httpx2.Response | Exception) -> None:
        self.answer = answer

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx2.ConnectError("refused"), "ConnectError"),
        (httpx2.Response(503), "status 503"),
        (httpx2.Response(200, text="<html>hello</html>"), "it is no metrics page"),
    ],
    ids=["no server", "503", "a web page"],
)
def test_what_cannot_be_read_is_said_without_the_secrets_of_the_address(
    answer: httpx2.Response | Exception, why: str
) -> None:
    page = There("http://me:secret@127.0.0.1:9/metrics?token=secret", Broken(answer))
    with pytest.raises(Unreadable) as caught:
        run(page.scrape())
    assert str(caught.value).startswith(f"Cannot read http://127.0.0.1:9/metrics: {why}.")


def test_a_token_is_sent_and_a_missing_one_is_asked_for() -> None:
    class Guarded(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            right = request.headers.get("Authorization") == "Bearer open sesame"
            return httpx2.Response(200, text="# nothing\n") if right else httpx2.Response(401)

    assert run(There(PAGE, Guarded(), token="open sesame").scrape()).samples == {}
    with pytest.raises(Unreadable, match=r"asks for a token, and none came\. Give it"):
        run(There(PAGE, Guarded()).scrape())
    with pytest.raises(Unreadable, match="asks for a token, and another one than this") as caught:
        run(There(PAGE, Guarded(), token="wrong").scrape())
    assert "wrong" not in str(caught.value)


def test_it_goes_on_where_the_server_comes_back() -> None:
    class Comes(Broken):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if asyncio.get_running_loop().time() < 3:
                raise httpx2.ConnectError("refused")
            return httpx2.Response(200, text="# nothing\n")

    async def main() -> list[str]:
        dashboard = Dashboard(PAGE)
        dashboard._source = There(PAGE, Comes(httpx2.Response(500)))
        with dashboard:
            await asyncio.sleep(1.5)
            told = [dashboard.status]
            await asyncio.sleep(3)
            return [*told, dashboard.status]

    before, after = run(main())
    assert before.startswith("Cannot read http://127.0.0.1:8000/metrics: ConnectError")
    assert after == ""


def test_a_server_a_meter_and_an_address_can_be_read_and_nothing_else() -> None:
    server = LessonServer(model=TEN_A_SECOND.model())
    for source in (server, server.meter, PAGE):
        assert source_of(source)
    with pytest.raises(TypeError, match=r"expected a server with a meter, .* but got int"):
        Dashboard(7)
    with pytest.raises(ValueError, match="expected the address of a metrics page"):
        Dashboard("file:///etc/passwd")


@pytest.mark.parametrize("options", [{"period": 0}, {"period": 5, "window": 2}, {"window": 10**6}])
def test_a_period_or_window_that_is_none_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected a period"):
        Dashboard(Meter(), **options)
