"""What is known about a server when it is judged: what the probes saw, and its source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .causes import MENDS
from .finding import Finding
from .source import Source

__all__ = ["FIRST", "LOADING", "STAGES", "Facts"]

# Before there is a server to ask.
LOADING = ("import", "construction")
# The probes that measure what an answer costs, then the others.
FIRST = ("answer", "blocks")
OTHERS = (
    *("leave", "interrupt", "leave_own_store", "silence", "slow_reader", "same_ids"),
    *("model_error", "close", "tools", "long"),
)
# What is done with a server, in turn.
STAGES = ("start", *LOADING, *FIRST, *OTHERS)


@dataclass(frozen=True)
class Facts:
    """`saw` holds each probe's figures, {} for one that did not come to its end. `path` is the file as it was run,
    `file` what findings call it.
    """

    saw: dict[str, dict[str, Any]]
    source: Source
    path: str
    file: str
    broken: tuple[str, dict[str, Any]] | None = None  # stage, error: the code could not be run
    stuck: tuple[Any, ...] | None = None  # why, stage, file, line, own, source
    ending: str = "exit 0"
    errors: list[dict[str, Any]] = field(default_factory=list)

    def probe(self, name: str) -> dict[str, Any]:
        figures = self.saw.get(name, {})
        return {} if "lost" in figures else figures

    def first(self) -> dict[str, Any]:
        """What the client saw of the first answer."""
        first: dict[str, Any] = self.probe("answer").get("first", {})
        return first

    def answered(self) -> bool:
        """Tell whether the plain first question got a whole message."""
        first = self.first()
        return bool(first.get("done")) and not first.get("errors") and first["ended"] == "end"

    def logged(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.probe("answer").get("logged", [])
        return found

    def finding(
        self, cause: str, line: int | None, evidence: str, file: str | None = None
    ) -> Finding:
        """Make a finding; without a line of its own it stands at `respond`."""
        where = self.shown(file) if file else self.file
        return Finding(cause, where, line or self.source.respond, evidence, MENDS[cause])

    def shown(self, file: str) -> str:
        return self.file if file == self.path else file
