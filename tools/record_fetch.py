"""Records what a real Chromium sends for the options of `fetch`, for lesson 16: `python -m tools.record_fetch`."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lesson_kit.chromium import HOW_TO_GET, find_chromium

__all__ = ["FILE", "OPTIONS", "record"]

FILE = Path("notebooks/data/fetch_options.json")
OPTIONS: dict[str, dict[str, str]] = {
    "no option": {},
    "priority: 'high'": {"priority": "high"},
    "cache: 'no-store'": {"cache": "no-store"},
}
# What could have to do with compression, caches or order; the other headers name this browser and this machine.
HEADERS = ("accept-encoding", "cache-control", "pragma", "priority")


class _Listener(BaseHTTPRequestHandler):
    seen: list[dict[str, str]] = []  # noqa: RUF012  # one list for all requests, on purpose

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        sent = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append({name: sent[name] for name in HEADERS if name in sent})
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def record(page: Any) -> dict[str, dict[str, str]]:
    """POST with each option from a page of Playwright; return the headers that came, by option."""
    _Listener.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        for options in OPTIONS.values():
            page.evaluate(
                "options => fetch('/', {method: 'POST', body: '{}', ...options}).then(r => r.text())",
                options,
            )
    finally:
        server.shutdown()
        server.server_close()
    return dict(zip(OPTIONS, _Listener.seen, strict=True))


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print(HOW_TO_GET, file=sys.stderr)
        return 2
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        found = record(browser.new_page())
        browser.close()
    FILE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"{FILE}: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
