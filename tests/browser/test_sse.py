"""Bytes to events, in the browser's own decoder."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import loaded

pytestmark = pytest.mark.browser

STREAM = (
    ': a comment\n\ndata: {"n": 1}\n\n'
    'event: x\ndata: {"text": "héllo 🌍 世界"}\n\n'
    'data: {"a":\ndata:  2}\r\n\r\n'
    'data: {"last": true}\n\ndata: {"half": '
)
EVENTS = ['{"n": 1}', '{"text": "héllo 🌍 世界"}', '{"a":\n 2}', '{"last": true}']

DECODE = """async ([bytes, size]) => {
  const { EventDecoder } = await import("/sse.js");
  const decoder = new EventDecoder();
  const found = [];
  for (let at = 0; at < bytes.length; at += size) {
    found.push(...decoder.feed(new Uint8Array(bytes.slice(at, at + size))));
  }
  return found;
}"""


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 10_000])
def test_events_are_the_same_however_the_bytes_are_cut(view: Page, size: int) -> None:
    assert loaded(view).evaluate(DECODE, [list(STREAM.encode()), size]) == EVENTS
