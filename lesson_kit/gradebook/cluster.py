"""Workers on a Dask cluster (the extra `dask`): the same tasks, the same records."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from .grading import Executors, NoWorkers

__all__ = ["Cluster", "cluster"]

# Seconds to wait for the scheduler's first word.
_PATIENCE = 10
P = ParamSpec("P")
T = TypeVar("T")


def cluster(address: str) -> tuple[Executors, int]:
    """Connect to a scheduler; gives what makes executors there, and how many tasks the cluster runs at once (0: none yet).

    Raises `ImportError` where the extra is not installed, `NoWorkers` where no scheduler answers.
    """
    first = _client(address)
    waiting = [first]

    def make() -> Executor:
        return Cluster(waiting.pop() if waiting else _client(address))

    return make, sum(first.nthreads().values())


def _client(address: str) -> Any:
    distributed = importlib.import_module("distributed")
    try:
        return distributed.Client(address, timeout=_PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise NoWorkers(f"no Dask scheduler answers at {address} ({error})") from None


class Cluster(Executor):
    """An executor on a client of distributed. Dask's own knows no `cancel_futures`, and submits to a scheduler that has gone."""

    def __init__(self, client: Any) -> None:
        self._client = client
        # Not pure: a submission that is tried again is graded again.
        self._executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **named: P.kwargs) -> Future[T]:
        if self._client.status != "running":
            raise NoWorkers("the Dask scheduler has gone")
        made: Future[T] = self._executor.submit(fn, *args, **named)
        return made

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._client.status == "running":
            self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()
