"""`diagnose()`: from a server or its source to a diagnosis, by way of a child process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..frames import source_line
from .facts import LOADING, STAGES, Facts
from .finding import BadInput, Diagnosis
from .nursery import shared
from .source import Source
from .surroundings import CHAT_COMPLETIONS
from .target import Target, find_target
from .verdict import judge

__all__ = ["diagnose"]

# Seconds of the child's own time (see Stopwatch) for all probes of one server; a healthy one takes less than one.
LIMIT = 10.0
# The same: after these only those probes are made that may find a fault.
ENOUGH = 1.8


def diagnose(server_or_source: Any, *, limit: float = LIMIT) -> Diagnosis:
    """Run a ChatKit server in virtual time against a set of scripts and faults, and say what is wrong with it.

    `server_or_source` is a path ("respond.py", or "respond.py:MyServer" where there are several), a source text, or a
    ChatKitServer class or instance (its file is run anew). The code runs in a child process, with a scripted model and
    a store that awaits in place of its own, without the network and for at most `limit` seconds; those in
    which a busy machine has no core for it do not count.

    Raises `BadInput` when there is no file, no Python, or no ChatKitServer in it.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        target = find_target(server_or_source, Path(folder))
        return judge(_examine(target, Path(folder) / "results", limit))


def _examine(target: Target, results: Path, limit: float) -> Facts:
    shared().start()
    folder, module = target.module
    words, scratch = results.with_name("words"), results.with_name("scratch")
    results.touch()
    words.touch()
    scratch.mkdir()
    source = Source(target.text)
    job = {
        "folder": folder,
        "module": module,
        "name": target.name,
        "results": str(results),
        "words": str(words),
        "scratch": str(scratch),
        "limit": limit,
        "skip": _not_needed(source),
        "enough": ENOUGH,
        "spare": _only_figures(source),
    }
    ending = shared().do(job)
    entries = [json.loads(line) for line in results.read_text("utf-8").splitlines() if _whole(line)]
    if ending.startswith("killed"):
        entries += _where(words.read_text("ascii", "replace"), target, _in_the_middle(entries))
    return _facts(target, entries, ending)


def _where(words: str, target: Target, stage: str) -> Iterator[list[Any]]:
    """Read in which line C code held the interpreter, so that no guard could tell."""
    from ..sandbox.lastwords import place_in

    file = str(target.path)
    if place := place_in(words, file):
        source = source_line(file, place.line)
        yield ["stuck", "holds", stage or "import", file, place.line, True, source]


def _turn(stuck: list[Any]) -> int:
    return STAGES.index(stuck[1])


def _in_the_middle(entries: list[list[Any]]) -> str:
    """The probe that began last and did not end; or "import", or "construction"; "" for none."""
    seen = [*LOADING] if ["end"] in entries else []
    seen += [entry[1] for entry in entries if entry[0] == "saw"]
    begun = [entry[1] for entry in entries if entry[0] == "stage" and entry[1] not in seen]
    return str(begun[-1]) if begun else ""


def _not_needed(source: Source) -> list[str]:
    """Probes that could show nothing in this source."""
    skip = []
    if source.tool_yield() is None:
        skip.append("tools")  # a tool is only called for a reason: it may do anything
    if source.break_line() is None:
        skip.append("long")
    return skip


def _only_figures(source: Source) -> list[str]:
    """Probes that would give a figure and no finding: left out where code that blocks has used up the time."""
    spare = ["close"]
    if source.timeout_round_yield() is None:
        spare.append("slow_reader")
    if source.wait_for_anext() is None:
        spare.append("silence")
    if source.broad_except() is None:
        spare.append("model_error")
    if source.mentions(*CHAT_COMPLETIONS) is None:
        spare.append("same_ids")
    return spare


def _whole(line: str) -> bool:
    """The last line may be cut off in the middle."""
    return line.startswith("[") and line.endswith("]")


def _facts(target: Target, entries: list[list[Any]], ending: str) -> Facts:
    saw = {entry[1]: entry[2] for entry in entries if entry[0] == "saw"}
    stuck = min((entry[1:] for entry in entries if entry[0] == "stuck"), key=_turn, default=None)
    if stuck:
        # What was made side by side with it counts where it would have come before it.
        saw = {name: saw[name] for name in saw if STAGES.index(name) < _turn(stuck)}
    for entry in entries:
        if entry[0] == "no_server":
            raise BadInput(f"{target.shown}: expected a ChatKitServer, but {entry[1]}.")
    named = next((entry[1:] for entry in entries if entry[0] == "class"), [target.name, ""])
    path, file = str(target.path), target.shown
    source = Source(target.text, named[0])
    if named[1] and Path(named[1]) != target.path:  # the class comes from another file
        path = file = str(named[1])
        source = Source(Path(named[1]).read_text(encoding="utf-8"), named[0])
    if ending == "exit 0" and not stuck and (["end"] not in entries or _in_the_middle(entries)):
        ending = "exit 0 in the middle"
    return Facts(
        saw,
        source,
        path,
        file,
        broken=next((tuple(entry[1:]) for entry in entries if entry[0] == "broken"), None),
        stuck=tuple(stuck) if stuck else None,
        ending=ending,
    )
