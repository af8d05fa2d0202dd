"""The walls round a guest: which ones to put up, in words."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["NOT_ISOLATED", "Walls"]

NOT_ISOLATED = "not isolated"


@dataclass(frozen=True)
class Walls:
    """Which walls to put up; each only where the system allows it. The process of its own is always there.

    `rlimits` bound memory, files and processes. `namespaces` leave the guest no network, no other process and a small
    disk of its own. `landlock` shows it Python's folders and its own scratch folder. `seccomp` takes away the system
    calls that start processes, open sockets or reach out of the process.
    """

    rlimits: bool = True
    namespaces: bool = True
    landlock: bool = True
    seccomp: bool = True

    @classmethod
    def none(cls) -> Walls:
        """No wall at all: for tests, and for systems that know none."""
        return cls(rlimits=False, namespaces=False, landlock=False, seccomp=False)

    @classmethod
    def of(cls, names: list[str]) -> Walls:
        """Only those walls."""
        return cls(**{field.name: field.name in names for field in fields(cls)})

    @property
    def names(self) -> list[str]:
        """The names of the walls that are to stand."""
        return [field.name for field in fields(self) if getattr(self, field.name)]

    def __str__(self) -> str:
        return ", ".join(self.names) or NOT_ISOLATED
