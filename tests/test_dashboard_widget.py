"""The dashboard as a widget: started, stopped, and read without a kernel."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from typing import Any

import pytest

from lesson_kit.clock import run
from lesson_kit.dashboard import Dashboard, Figures
from lesson_kit.dashboard.drawing import draw, html
from lesson_kit.dashboard.widget import HERE, MODULES
from lesson_kit.metrics import Meter
from lesson_kit.panel.joined import join

WIDGET = join(MODULES)


def test_start_and_stop_may_be_called_twice_from_the_page_and_from_threads() -> None:
    async def main() -> Dashboard:
        dashboard = Dashboard(Meter())
        for kind in ("start", "start", "what?"):
            thread = threading.Thread(
                target=dashboard._handle_custom_msg, args=({"kind": kind}, [])
            )
            thread.start()
            thread.join()
        await asyncio.sleep(0.5)
        assert dashboard.watching
        thread = threading.Thread(target=dashboard.stop)
        thread.start()
        thread.join()
        await asyncio.sleep(0.5)
        assert not dashboard.watching
        dashboard.stop()
        assert len(asyncio.all_tasks()) == 1  # nothing is left behind
        return dashboard

    run(main())


def test_a_run_that_is_over_cannot_be_started_by_a_button_but_anew_by_a_cell() -> None:
    async def main() -> Dashboard:
        with Dashboard(Meter()) as dashboard:
            await asyncio.sleep(3.5)
        return dashboard

    dashboard = run(main())
    assert not dashboard.live
    assert dashboard.figures.seconds == 3.5

    async def notebook() -> None:
        dashboard.start()
        assert dashboard.live
        assert dashboard.figures.seconds == 0  # the times of another clock are gone
        dashboard.stop()

    asyncio.run(notebook())


def test_without_a_loop_it_says_where_to_start_it() -> None:
    dashboard = Dashboard(Meter())
    with pytest.raises(RuntimeError, match="in a notebook cell"):
        dashboard.start()
    dashboard.stop()


def test_a_reader_without_a_kernel_sees_the_picture() -> None:
    async def main() -> Dashboard:
        dashboard = Dashboard(Meter())
        await dashboard.scrape()
        return dashboard

    bundle, _ = run(main())._repr_mimebundle_() or ({}, {})
    assert bundle["text/plain"] == "<dashboard>"
    assert "<svg" in bundle["text/html"]
    assert '<th scope="row">refused</th>' in bundle["text/html"]


def test_the_page_and_the_file_draw_the_same_tree() -> None:
    async def main() -> tuple[Any, Figures]:
        dashboard = Dashboard(Meter())
        shown = await dashboard.scrape()
        return dashboard.picture, shown

    picture, shown = run(main())
    assert html(picture) == html(draw(shown, 60))


def test_the_joined_module_is_whole_and_reads_no_text_as_html() -> None:
    assert re.findall(r"^\s*import\b.*", WIDGET, re.MULTILINE) == []
    assert re.findall(r"^export .*", WIDGET, re.MULTILINE) == ["export default { render };"]
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", WIDGET, re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert "innerHTML" not in WIDGET


def test_the_style_touches_only_the_dashboard() -> None:
    style = (HERE / "dashboard.css").read_text(encoding="utf-8")
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", re.sub(r"\{[^{}]*\}", "", style)))
    assert {name for name in classes if not name.startswith("lkb-")} == set()
