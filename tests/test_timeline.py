"""The timeline reads in any theme, says everything in words too, and lets no answer break out."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from lesson_kit.recording import Moment, Recording, timeline
from lesson_kit.recording.marks import COLOURS, GROUNDS, glyph
from lesson_kit.recording.outcome import OUTCOMES
from lesson_kit.recording.plain import cut, one_line, plain, seconds

from .wire import added, delta, done, error, progress, streamed, user

if TYPE_CHECKING:
    from playwright.sync_api import Page

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "</title></svg></td></details><script>hacked=1</script><img src=x onerror=hacked=1> ]]> \" ' & "
    "\x1b[2J \x00 \u202egnp.exe\u2066 \u200f \ud800 \uffff -->"
)


class Reader(HTMLParser):
    """Collects tags and texts, as a browser would meet them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += f"{data}\n"


def picture(html: str) -> ElementTree.Element:
    """The drawing, parsed as strictly as XML is."""
    return ElementTree.fromstring(html[html.index("<svg xmlns") : html.index("</svg></div>") + 6])


def turns() -> dict[str, Recording]:
    """One recording per outcome, with every kind of mark among them."""
    stalled = Recording([(0, user("q")), (0.5, added()), (0.6, delta("Wait"))])
    stalled.end(6, "cut")
    failed = Recording([(0, progress("Searching")), (1, delta("So")), (1.5, error("Busy"))])
    failed.end(1.5)
    stopped = Recording((n // 4, delta("x ")) for n in range(12))
    stopped.end(2.5, "stopped")
    broken = Recording([(0, user("q"))])
    broken.end(0.1, "cut")
    opened = Recording([(0, user("q")), (1, delta("Hel"))])
    return {
        "done": streamed(["A", " b", " c"]), "stopped": stopped, "error": failed,
        "stalled": stalled, "cut": broken, "open": opened, "empty": Recording(),
    }  # fmt: skip


def test_each_outcome_is_drawn_with_its_shape_and_its_word() -> None:
    for name, recording in turns().items():
        html = recording._repr_html_()
        drawn = picture(html)
        words = [element.text for element in drawn.iter(f"{SVG}text")]
        assert f"{recording.outcome} {seconds(recording.duration)}" in words, name
        shapes = [element.get("d") for element in drawn.iter(f"{SVG}path")]
        shape = ElementTree.fromstring(glyph(recording.outcome)).get("d")
        assert shape in shapes


def test_no_two_shapes_are_alike() -> None:
    names = [*COLOURS, *OUTCOMES]
    assert len({ElementTree.fromstring(glyph(name)).get("d") for name in names}) == len(names)


def test_the_marks_of_a_turn_are_in_the_picture_and_in_the_legend() -> None:
    html = timeline(turns())._repr_html_()
    drawn = picture(html)
    words = [element.text for element in drawn.iter(f"{SVG}text")]
    assert {"Searching", "stall 5.4 s", "×4", "first token 1 s"} <= set(words)
    legend = Reader(html[html.index("lk-legend") :]).words
    for name in ("progress line", "first token", "text delta", "burst", "stall"):
        assert name in legend


def test_an_answer_that_came_whole_is_not_called_a_first_token() -> None:
    words = picture(Recording([(3, done("All at once"))])._repr_html_()).iter(f"{SVG}text")
    assert "whole text 3 s" in [element.text for element in words]


def test_the_picture_has_a_role_a_title_and_a_description() -> None:
    drawn = picture(timeline({"first": streamed(["a", "b"])})._repr_html_())
    assert drawn.get("role") == "img"
    title, desc = drawn[0], drawn[1]
    assert (title.tag, desc.tag) == (f"{SVG}title", f"{SVG}desc")
    assert (title.get("id"), desc.get("id")) == (
        drawn.get("aria-labelledby"),
        drawn.get("aria-describedby"),
    )
    assert title.text == "Timeline of first"
    assert desc.text == "first: first token after 1 s, 2 deltas, 0 stalls, done after 1.05 s."


def test_ids_are_the_same_on_every_run_and_differ_between_pictures() -> None:
    one, two = streamed(["a"]), streamed(["a", "b"])
    assert one._repr_html_() == streamed(["a"])._repr_html_()
    ids = [re.findall(r' id="([^"]+)"', recording._repr_html_()) for recording in (one, two)]
    assert len({*ids[0], *ids[1]}) == 4


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", COLOURS.values())
@pytest.mark.parametrize("ground", GROUNDS)
def test_every_mark_stands_out_on_light_and_dark_grounds(colour: str, ground: str) -> None:
    assert contrast(colour, ground) >= 3


def test_only_the_marks_have_colours_of_their_own() -> None:
    html = timeline(turns())._repr_html_()
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", html)) == set(COLOURS.values())


# --- in words ---


def test_a_front_end_that_strips_styles_and_drawings_shows_no_heap_of_words() -> None:
    # So JupyterLab shows the outputs of a notebook that it does not trust: `hidden` stays, SVG leaves its words behind.
    html = streamed(["a", "b"])._repr_html_()
    style, rest = html.split("</style>")
    shown = re.sub(
        r'<(div|p) class="lk-[a-z]+" hidden="hidden">.*?</\1>', "", rest, flags=re.DOTALL
    )
    assert "<svg" in rest
    assert "<svg" not in shown
    text = "".join(Reader(shown).words.split("\n"))
    assert text.startswith(
        "first token 1 s deltas 2 gaps median 50 ms, longest 50 msRun this cell to see the drawing."
    )
    for name in ("plot", "legend"):
        assert re.search(rf"\.lk-{name} {{ display: (block|flex) !important", style)
    assert ".lk-untrusted { display: none; }" in style


def table_rows(recording: Recording) -> list[list[str]]:
    html = recording._repr_html_()
    table = html[html.index("<tbody>") : html.index("</tbody>") + 8].replace(' dir="auto"', "")
    return [["".join(cell.itertext()) for cell in row] for row in ElementTree.fromstring(table)]


def test_the_table_says_what_happened_when() -> None:
    recording = streamed(["Hello", " world"])
    assert table_rows(recording) == [
        ["0 s", "item done", "user: Why?"],
        ["0 s", "progress line", "Thinking..."],
        ["1 s", "item added", "assistant message"],
        ["1 s to 1.05 s", "2 × text delta", "Hello world"],
        ["1.05 s", "item done", "assistant: Hello world"],
        ["1.05 s", "end: done", ""],
    ]


def test_a_stall_splits_the_deltas_in_the_table() -> None:
    rows = table_rows(Recording([(1, delta("a")), (1.1, delta("b")), (4, delta("c"))]))
    assert [row[:2] for row in rows] == [
        ["1 s to 1.1 s", "2 × text delta"], ["4 s", "text delta"], ["4 s", "not ended yet"],
    ]  # fmt: skip


def test_a_long_table_shows_both_ends_and_says_what_is_left_out() -> None:
    rows = table_rows(Recording((n, progress(f"step {n}")) for n in range(500)))
    assert len(rows) == 40
    assert rows[0][2] == "step 0"
    assert rows[20] == ["…", "462 events in 462 rows left out", ""]
    assert rows[-2][2] == "step 499"


def test_events_of_unknown_kinds_have_their_row() -> None:
    odd = [(0, {"type": "thread.branched"}), (1, {"n": 1}), (2, {"type": "thread.item.updated"})]
    assert [row[1] for row in table_rows(Recording(odd))] == [
        "thread.branched", "event without a type", "update", "not ended yet",
    ]  # fmt: skip


def test_the_comparison_is_a_table_as_text() -> None:
    whole = Recording([(3, done("All"))])
    whole.end(3)
    shown = timeline({"blocking": whole, "streaming": streamed(["a", "b"]), "nothing": Recording()})
    assert str(shown) == (
        "name       first token  last token  deltas  longest gap  outcome\n"
        "blocking   3 s          3 s         0       none         done 3 s\n"
        "streaming  1 s          1.05 s      2       50 ms        done 1.05 s\n"
        "nothing    never        never       0       none         open 0 s"
    )
    assert repr(shown) == "<Timeline of 3 recording(s)>"


def test_all_tracks_share_one_axis() -> None:
    short, long = Recording([(1, delta("a"))]), Recording([(4, delta("a"))])
    drawn = picture(timeline({"short": short, "long": long})._repr_html_())
    flags = [line.get("x1") for line in drawn.iter(f"{SVG}line") if line.get("stroke-width") == "2"]
    assert flags == ["25%", "100%"]


def test_what_is_no_mapping_of_recordings_is_refused() -> None:
    with pytest.raises(TypeError, match="names with recordings"):
        timeline([Recording()])  # type: ignore[arg-type]


def test_no_recordings_give_an_empty_picture() -> None:
    assert picture(timeline({})._repr_html_()).get("role") == "img"


# --- hostile answers ---


def hostile() -> Iterator[Moment]:
    events = [
        user(HOSTILE), progress(HOSTILE, HOSTILE), delta(HOSTILE, HOSTILE), done(HOSTILE, HOSTILE),
        error(HOSTILE), {"type": HOSTILE}, {"type": "notice", "title": HOSTILE, "message": HOSTILE},
        {"type": "client_effect", "name": HOSTILE},
        {"type": "thread.updated", "thread": {"id": HOSTILE, "title": HOSTILE}},
        {"type": "thread.item.added", "item": {"id": "x", "type": HOSTILE}},
        {"type": "thread.item.updated", "item_id": "x", "update": {"type": HOSTILE}},
    ]  # fmt: skip
    return (Moment(n * 3.0, event) for n, event in enumerate(events))


def test_no_answer_breaks_out_of_the_picture_or_the_tables() -> None:
    html = timeline({HOSTILE: Recording(hostile())})._repr_html_()
    reader = Reader(html)
    assert not {"script", "img"} & set(reader.tags)
    acting = ("on", "href", "src", "style", "xlink")
    assert not [name for name, _ in reader.attributes if name.startswith(acting)]
    assert "]]>" not in html
    assert all(character.isprintable() or character == "\n" for character in html)
    html.encode()
    picture(html)  # still well formed


def test_plain_text_shows_what_would_act() -> None:
    assert plain("a\x1b\u202e\ud800b\r\n\tc") == "a\ufffd\ufffd\ufffdb\n\tc"
    assert one_line("a \n\t b\u2028c") == "a b c"
    assert plain("שלום 👩‍💻 é") == "שלום 👩‍💻 é"  # joiners and letters stay


def test_a_cut_says_how_much_is_missing() -> None:
    assert cut("x" * 30, 10) == "x" * 10 + "… (+20 characters)"
    assert cut("x" * 26, 10) == "x" * 26  # the remark would take as much room


@pytest.mark.parametrize(
    ("t", "told"),
    [(0, "0 s"), (1e-9, "<1 µs"), (17e-6, "0.017 ms"), (0.0123, "12.3 ms"), (0.05, "50 ms"),
     (0.9994, "999 ms"), (0.9995, "1 s"), (1, "1 s"), (1.05, "1.05 s"), (12.346, "12.35 s"), (3600, "3600 s")],
)  # fmt: skip
def test_times_read_easily(t: float, told: str) -> None:
    assert seconds(t) == told


# --- in a real browser ---

LABELS = "document.querySelectorAll('.lk-plot svg > text').length"
OUTSIDE = """() => {
  const frame = document.querySelector('.lk-plot').getBoundingClientRect();
  return [...document.querySelectorAll('.lk-plot svg > text')]
    .filter(text => text.closest('svg').getAttribute('overflow') === 'visible')
    .filter(text => { const box = text.getBoundingClientRect();
                      return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1); })
    .map(text => text.textContent);
}"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [400, 800])
def test_every_label_is_inside_the_picture_and_no_answer_runs(page: "Page", width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.set_content(f"<!doctype html><body>{timeline(turns())._repr_html_()}")
    assert page.evaluate(LABELS) > 20
    assert page.evaluate(OUTSIDE) == []
    assert page.get_by_role("img", name="Timeline of done, stopped").is_visible()
    page.set_content(
        f"<!doctype html><body>{timeline({HOSTILE: Recording(hostile())})._repr_html_()}"
    )
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator(".lk-chart script, .lk-chart img, body > :not(.lk-chart)").count() == 0
