"""What a store says when a database server does not let it in: the reason, the next step, and never the password."""

from __future__ import annotations

import logging

import pytest

from lesson_kit.store import SQLStore, StoreError
from tests.live.postgres import Postgres

pytestmark = pytest.mark.live


async def refusal(url: str, caplog: pytest.LogCaptureFixture) -> str:
    with caplog.at_level(logging.DEBUG), pytest.raises(StoreError) as caught:
        async with SQLStore(url):
            pass
    seen = f"{caught.value!r} {caught.value.__cause__!r} {SQLStore(url)!r} {caplog.text}"
    assert "sesame" not in seen
    return str(caught.value)


async def test_a_wrong_password_is_named_and_not_shown(
    postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    postgres.sql("DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'tulip'")
    wrong = postgres.url("postgres", user="locked", password="sesame")
    said = await refusal(wrong, caplog)
    assert "locked:***@/postgres" in said
    assert "did not accept the password. Correct the user or the password in the URL" in said
    in_query = f"{postgres.url('postgres', user='locked')}&password=sesame"
    assert "did not accept the password" in await refusal(in_query, caplog)


async def test_a_user_without_the_right_to_make_tables_is_told(
    postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    postgres.sql("DROP ROLE IF EXISTS locked; CREATE ROLE locked LOGIN PASSWORD 'sesame'")
    said = await refusal(postgres.url("postgres", user="locked", password="sesame"), caplog)
    assert "may not do this (permission denied for schema public)" in said


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("/postgres", "/nowhere"), "there is no such database as .* Make it with createdb"),
        (("//lesson", "//stranger"), 'did not let this user in .role "stranger" does not exist'),
        (("host=", "host=/nowhere"), "cannot reach the database .* No such file or directory"),
    ],
)
async def test_what_is_wrong_with_a_url_is_named(
    postgres: Postgres,
    change: tuple[str, str],
    expected: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(StoreError, match=expected):
        async with SQLStore(postgres.url("postgres").replace(*change)):
            pass
