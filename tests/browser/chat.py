"""The chat as a person meets it, on the plain page and in the notebook panel alike."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

LIMIT = 180_000  # milliseconds; two noisy cores
expect.set_options(timeout=LIMIT)


class Chat:
    """Finds things by role and name, as a screen reader does, and not by class."""

    def __init__(self, page: Page, within: Locator | None = None) -> None:
        self.page = page
        root = within or page.locator("body")
        self.log = root.get_by_role("log")
        self.status = root.get_by_role("status")
        self.input = root.get_by_label("Your question")
        self.send = root.get_by_role("button", name="Send")
        self.stop = root.get_by_role("button", name="Stop", exact=True)
        self.again = root.get_by_role("button", name="Ask again")
        self.messages = self.log.get_by_role("article")

    def ask(self, question: str) -> None:
        self.input.fill(question)
        self.send.click()

    def message(self, number: int) -> Locator:
        """The message at this place, questions and answers counted from 0."""
        return self.messages.nth(number)

    def text(self, number: int) -> str:
        """What was said in a message, without the lines about it."""
        return self.message(number).locator(".lk-text").inner_text()

    def watch_it_grow(self, number: int, times: int = 3) -> None:
        """Wait until the message has grown several times while it streams."""
        text = self.message(number).locator(".lk-text")
        expect(text).not_to_have_text("")
        for _ in range(times):
            before = text.inner_text()
            self.page.wait_for_function(
                "([node, length]) => node.innerText.length > length",
                arg=[text.element_handle(), len(before)],
                timeout=LIMIT,
            )
            assert text.inner_text().startswith(before)
        expect(self.status).to_have_text("Answering...")
