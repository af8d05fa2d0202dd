"""The page's files: whole, safe and joined without a clash. What they do is shown in tests/browser."""

import re
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from lesson_kit.clock import run
from lesson_kit.link import Link
from lesson_kit.panel.joined import MODULES, PAGE, one_module, style
from lesson_kit.panel.widget import SUGGESTED
from lesson_kit.server import LessonServer
from lesson_kit.web import create_app

SCRIPTS = sorted({*PAGE.glob("*.js"), *MODULES})
HTML = (PAGE / "index.html").read_text(encoding="utf-8")


def code_of(path: Path) -> str:
    """A module without its comments, which may name what the code must not use."""
    return re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_reads_text_as_html_or_as_code(path: Path) -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc"
    assert re.findall(ways, code_of(path)) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_comes_from_elsewhere_or_asks_elsewhere(path: Path) -> None:
    addresses = set(re.findall(r"https?://[\w.]+", code_of(path)))
    assert addresses <= {"http://www.w3.org"}  # the name of SVG, which nobody loads


def test_the_page_has_no_script_or_style_of_its_own_so_that_its_policy_can_forbid_them() -> None:
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in HTML
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", HTML)
    assert 'setAttribute("style"' not in one_module()


def test_the_page_says_its_language_its_width_and_its_title() -> None:
    assert '<html lang="en">' in HTML
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in HTML
    assert re.search(r"<title>[^<]+</title>", HTML)


def test_the_page_suggests_the_same_questions_as_the_panel() -> None:
    source = (PAGE / "page.js").read_text(encoding="utf-8")
    found = re.search(r"const QUESTIONS = \[(.*?)\];", source, re.DOTALL)
    assert found
    assert re.findall(r'"([^"]+)"', found[1]) == list(SUGGESTED)


def test_the_joined_module_imports_nothing_and_exports_only_render() -> None:
    module = one_module()
    assert re.findall(r"^\s*import\b.*", module, re.MULTILINE) == []
    assert re.findall(r"^export .*", module, re.MULTILINE) == ["export default { render };"]


def test_no_two_joined_modules_use_the_same_name() -> None:
    names = re.findall(
        r"^(?:async )?(?:function\*?|class|const|let) (\w+)", one_module(), re.MULTILINE
    )
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_each_joined_module_imports_only_what_stands_before_it() -> None:
    known: set[str] = set()
    for path in MODULES:
        for imported in re.findall(
            r'^import .* from "[^"]*?([\w.]+)";', path.read_text(), re.MULTILINE
        ):
            assert imported in known, f"{path.name} imports {imported}, which is joined after it"
        known.add(path.name)


def test_the_style_names_only_our_own_classes() -> None:
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", style(PAGE / "panel.css"), flags=re.DOTALL)
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))
    assert {name for name in classes if not name.startswith("lk-")} == set()


def test_every_colour_that_a_sheet_takes_is_in_the_palette() -> None:
    there = set(re.findall(r"(--lk-[\w-]+):", style()))
    sheets = sorted(PAGE.parent.glob("*/*.css"))
    taken = {name for path in sheets for name in re.findall(r"var\((--lk[\w-]*)", style(path))}
    assert len(sheets) > 6
    assert taken == there


def test_everything_that_the_page_loads_is_served() -> None:
    async def main() -> None:
        app = create_app(LessonServer())
        async with httpx2.AsyncClient(transport=Link(app), base_url="http://page") as http:
            wanted = ["/"]
            for path in wanted:
                answer = await http.get(path)
                assert answer.status_code == 200, path
                links = re.findall(r'(?:href|src)="([^"]+)"', answer.text) if path == "/" else []
                links += re.findall(r'^import .* from "\./([^"]+)";', answer.text, re.MULTILINE)
                folder = "/" if path == "/" else "/page/"
                wanted += [folder + link for link in links if folder + link not in wanted]
            assert {"/page/page.js", "/page/view.js", "/page/sse.js", "/page/panel.css"} <= set(
                wanted
            )

    run(main())
