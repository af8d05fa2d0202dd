"""What an answer's markdown may become, and what it never may."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import loaded

pytestmark = pytest.mark.browser

RENDER = """async (text) => {
  const { renderMarkdown } = await import("/markdown.js");
  const root = document.getElementById("root");
  root.replaceChildren(renderMarkdown(text));
  const nodes = [...root.querySelectorAll("*")];
  return {
    html: root.innerHTML,
    text: root.textContent,
    tags: nodes.map((node) => node.localName),
    attributes: nodes.flatMap((node) => [...node.attributes].map(({ name, value }) => `${name}=${value}`)),
  };
}"""


def render(view: Page, text: str) -> dict[str, Any]:
    found: dict[str, Any] = loaded(view).evaluate(RENDER, text)
    return found


A = '<a href="https://x.org/a_b" target="_blank" rel="noopener noreferrer">'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("one\ntwo\n\nthree", "<p>one\ntwo</p><p>three</p>"),
        ("**bold** and *it*", "<p><strong>bold</strong> and <em>it</em></p>"),
        ("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"),
        ("`x < y` and ``a ` b``", "<p><code>x &lt; y</code> and <code>a ` b</code></p>"),
        ("snake_case_name, 2 * 3 * 4, __init__.py", "<p>snake_case_name, 2 * 3 * 4, __init__.py</p>"),
        (r"\*not\* a `\n`", r"<p>*not* a <code>\n</code></p>"),
        ("[t](https://x.org/a_b)", f"<p>{A}t</a></p>"),
        ("- a\n- b\n  - c\n- d", "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("in\n1990. Then", "<p>in\n1990. Then</p>"),
        ("## Head ##\ntext", '<p class="lk-heading">Head</p><p>text</p>'),
        ("> said\n> so", "<blockquote><p>said\nso</p></blockquote>"),
        ("```py\na < b\n\n*c*\n```\nd", '<pre tabindex="0"><code>a &lt; b\n\n*c*</code></pre><p>d</p>'),
        ("```\nnever closed", '<pre tabindex="0"><code>never closed</code></pre>'),
        ("---", "<hr>"),
        ("a **never closed", "<p>a **never closed</p>"),
    ],
)  # fmt: skip
def test_markdown_becomes_the_few_elements_that_an_answer_needs(
    view: Page, text: str, html: str
) -> None:
    assert render(view, text)["html"] == html


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<scr" + "ipt>window.hacked = 1</scr" + "ipt>",
    "<img src=x onerror='window.hacked = 1'>",
    "[x](javascript:window.hacked=1)",
    "[x](JaVaScRiPt:window.hacked=1)",
    "[x](\tjavascript:window.hacked=1)",
    "[x](data:text/html,<script>window.hacked=1</script>)",
    "[x](//evil.example)",
    "[x](/chatkit)",
    '[x](https://x.org/"onmouseover="window.hacked=1)',
    "[<img src=x onerror=window.hacked=1>](https://x.org)",
    "**<svg onload=window.hacked=1>**",
    "```\n</code></pre><script>window.hacked=1</script>\n```",
    "`<iframe srcdoc='<script>parent.hacked=1</script>'>`",
    "&lt;script&gt; &#60;script&#62;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_answer_stays_text(view: Page, text: str) -> None:
    found = render(view, text)
    assert set(found["tags"]) <= {"p", "strong", "a", "code", "pre"}
    for attribute in found["attributes"]:
        name, _, value = attribute.partition("=")
        assert name in {"href", "target", "rel", "tabindex"}
        assert name != "href" or value.startswith("https://x.org")
    assert view.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "piece", ["[", "*", "_", "`", "**a", "[a](", "> ", "- ", "\\", "*_", "``` "]
)
def test_a_hundred_thousand_marks_are_read_to_the_end(view: Page, piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert render(view, text)["html"]
