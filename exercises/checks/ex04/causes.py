"""The causes that are to be named, and the evidence for each."""

from __future__ import annotations

from lesson_kit.grader import Miss
from lesson_kit.scene import Seen

CAUSES = {
    "ServerA": "closed_generator",
    "ServerB": "never_done",
    "ServerC": "forgotten_yield",
    "ServerD": "held_back",
    "ServerE": "blocking_call",
    "ServerF": "swallowed_error",
}
# What the evidence says of each, for somebody whose guess it does not fit.
EVIDENCE = {
    "ServerA": "the user saw 8 of 24 words, none is kept, and the model made all 24",
    "ServerB": "the user saw all 24 words, and none is kept",
    "ServerC": "the model made 24 words, and not one left the server",
    "ServerD": "all words came and are kept, but in lumps, and the model spoke evenly",
    "ServerE": "alone it looks healthy, but a user of another server waits while it works",
    "ServerF": "the model made 24 words, and an answer without any word is kept",
}
ASK_YOURSELF = {
    "ServerA": "Who ends the answer, and does anybody send the last event then?",
    "ServerB": "Which event makes ChatKit save a message?",
    "ServerC": "Who reads the events, and passes them on?",
    "ServerD": "Where do the words wait between the model and the user?",
    "ServerE": "Which line waits without an await?",
    "ServerF": "What happens in this server when its own code makes an error?",
}


def answered(seen: Seen) -> dict[str, str] | Miss:
    """The causes that were named, in plain spelling; a Miss where there is no dictionary."""
    given = seen.returned
    if not isinstance(given, dict) or not given:
        return Miss(
            expected='A dictionary such as {"ServerA": "never_done", "ServerB": ...}.',
            seen=f"causes() gave {given!r:.60}."
            if seen.called.gave == "value"
            else "causes() is no plain function.",
            next_step="Return a dictionary with the names of the six servers and a cause for each.",
        )
    return {str(key).strip(): str(value).strip().lower() for key, value in given.items()}


def right_ones(given: dict[str, str]) -> list[str]:
    return [server for server, cause in CAUSES.items() if given.get(server) == cause]


def not_yet(given: dict[str, str], expected: str) -> Miss:
    """Point at the first server whose cause is missing or wrong, by its evidence, not by its answer."""
    right = right_ones(given)
    server = next(one for one in CAUSES if one not in right)
    told = f"{server} is called {given[server]!r}" if server in given else f"{server} is not in it"
    if given.get(server) in ("", "..."):
        told = f"{server} has no cause yet"
    return Miss(
        expected=expected,
        seen=f"{len(right)} of 6 are right. {told}, but the evidence says: {EVIDENCE[server]}.",
        next_step=f"Look at {server} again. {ASK_YOURSELF[server]}",
    )
