"""A cassette: what a model said, call by call, kept to be said again.

cassette = Cassette()
server = LessonServer(model=cassette.recording(model))
run(talk(server, "Why stream?"))
cassette.save("why.jsonl")

again = LessonServer(model=Cassette.load("why.jsonl").script().model())
"""

from __future__ import annotations

import os
from pathlib import Path

from agents.models.interface import Model

from ..recording import write_whole
from ..script import Script
from .lines import read_lines, write_lines
from .listen import Listener
from .replay import reply
from .take import Take

__all__ = ["Cassette"]


class Cassette:
    """The takes of one session, in the order in which the calls began.

    Two cassettes are equal when their takes are. What is written holds no key that looks like one, and the prompts
    only where `recording(..., keep_input=True)` asked for them; the cassette in memory keeps what it heard.
    """

    __hash__ = None  # type: ignore[assignment]  # it grows, so it cannot be a key

    def __init__(self) -> None:
        self._takes: list[Take] = []

    def recording(self, model: Model, *, keep_input: bool = False) -> Model:
        """Wrap a model, offline or real: it answers as before, and this cassette notes each call.

        Give the wrapped model to an agent or to a `LessonServer`. Times are seconds of the running loop's clock. One
        cassette can note several models. Raises `TypeError` for what is no model.
        """
        if not isinstance(model, Model):
            raise TypeError(
                f"expected a model, such as Script.say('Hello').model(), but got {type(model).__name__}. "
                "For a model by name, take choose_model(...).model from lesson_kit.model."
            )
        return Listener(model, self._takes, keep_input=keep_input)

    @property
    def takes(self) -> list[Take]:
        """A copy of the list of takes."""
        return list(self._takes)

    @property
    def left_out(self) -> list[str]:
        """Kinds of output that were heard and that a script cannot say, such as "web_search_call"."""
        return sorted({kind for take in self._takes for kind in take.left_out})

    def script(self) -> Script:
        """Make the script that says it all again: one reply for each call, in the same order.

        What comes out near but not the same is told in `lesson_kit.cassette.replay`. Raises `ValueError` for a
        cassette without a call.
        """
        if not self._takes:
            raise ValueError(
                "expected a cassette with at least one call, but nothing was recorded. Give the model of "
                "cassette.recording(model) to the agent or the server, and ask it something."
            )
        return Script(*map(reply, self._takes))

    def __len__(self) -> int:
        return len(self._takes)

    def __eq__(self, other: object) -> bool:
        return self._takes == other._takes if isinstance(other, Cassette) else NotImplemented

    def __repr__(self) -> str:
        endings = ", ".join(take.ending for take in self._takes)
        return f"<Cassette: {len(self)} calls{': ' if endings else ''}{endings}>"

    # --- on disk ---

    def to_jsonl(self) -> str:
        """The text of this cassette, one JSON object a line (see `lesson_kit.cassette.lines`)."""
        return "".join(f"{line}\n" for line in write_lines(self._takes))

    @classmethod
    def from_jsonl(cls, data: bytes | str) -> Cassette:
        """Read what `to_jsonl` wrote; raises `CassetteError` with the line, what was expected and what came."""
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        cassette = cls()
        cassette._takes = read_lines(raw)
        return cassette

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the cassette to a file, whole or not at all."""
        write_whole(path, self.to_jsonl())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Cassette:
        """Read a file that `save` wrote; raises `CassetteError` as `from_jsonl` does, `OSError` as `open` does."""
        return cls.from_jsonl(Path(path).read_bytes())
