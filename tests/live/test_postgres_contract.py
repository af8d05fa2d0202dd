"""SQLStore keeps the whole contract of a store on a real PostgreSQL too: the same tests, told there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from tests import (
    test_store_contract,
    test_store_items,
    test_store_pages,
    test_store_users,
    test_store_writers,
)
from tests.live.postgres import Postgres
from tests.store_contract import Story, tell

pytestmark = pytest.mark.live

MODULES = (
    test_store_contract,
    test_store_items,
    test_store_pages,
    test_store_users,
    test_store_writers,
)
# Every test that takes any store, by either of these fixtures, takes this one; here they are the fixtures below.
TOLD = {
    name: test
    for module in MODULES
    for name, test in vars(module).items()
    if name.startswith("test_") and {"in_store", "kind"} & set(signature(test).parameters)
}
globals().update(TOLD)


@pytest.fixture(scope="module")
def kind(postgres: Postgres) -> str:
    postgres.sql("CREATE DATABASE contract")
    return postgres.url("contract")


@pytest.fixture
def in_store(kind: str, tmp_path: Path) -> Callable[[Story[Any]], Any]:
    return partial(tell, kind, tmp_path)


def test_all_of_the_contract_is_here() -> None:
    assert len(TOLD) > 30
    assert "test_a_thread_of_another_user_is_not_there" in TOLD
