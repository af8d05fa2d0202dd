"""The programs beside Python that some tests need: found, or installed where Debian has them."""

import os
import sys
from pathlib import Path

import pytest

from tools import programs
from tools.programs import (
    PROGRAMS,
    Program,
    commands,
    environment,
    install,
    is_debian,
    main,
    may_install,
)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ID=debian\n", True),
        ('ID=raspbian\nID_LIKE="debian"\n', True),
        ("ID=ubuntu\nID_LIKE=debian\n", False),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', False),
        ("ID=fedora\n", False),
        ("", False),
    ],
)
def test_programs_are_installed_only_where_debian_packages_them(
    release: str, expected: bool
) -> None:
    assert is_debian(release) is expected
    assert may_install(release, is_root=True, has_apt=True) is expected
    assert not may_install(release, is_root=False, has_apt=True)


@pytest.mark.live
def test_apt_stops_at_the_first_failure(capfd: pytest.CaptureFixture[str]) -> None:
    good, bad = [sys.executable, "-c", "pass"], [sys.executable, "-c", "raise SystemExit(1)"]
    assert install([good, good], os.environ)
    assert not install([bad, good], os.environ)
    assert capfd.readouterr().out.count(sys.executable) == 3


def test_all_that_is_missing_comes_in_one_run_of_apt() -> None:
    update, get = commands(PROGRAMS)
    assert update == ["apt-get", "update"]
    assert get[:4] == ["apt-get", "install", "-y", "--no-install-recommends"]
    assert get[4:] == ["chromium", "nginx-light", "postgresql"]


def test_apt_asks_nothing_and_starts_no_service() -> None:
    env = environment({"PATH": "/bin", "RUNLEVEL": "5"})
    assert env == {"PATH": "/bin", "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}


def program(name: str, is_there: bool) -> Program:
    return Program(name, f"{name}-package", lambda: is_there, f"{name} tests")


def test_nothing_is_said_where_nothing_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([program("this", True), program("that", True)]) == 0
    assert capsys.readouterr().out == ""


def test_a_program_that_cannot_be_had_is_a_line_and_no_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[list[str]] = []
    monkeypatch.setattr(programs, "may_install", lambda *_, **__: True)
    monkeypatch.setattr(programs, "install", lambda lines, env: bool(tried.extend(lines)))
    assert main([program("this", True), program("that", False), program("other", False)]) == 0
    told = capsys.readouterr()
    assert tried[1][4:] == ["that-package", "other-package"]
    assert "that failed (offline?)" in told.err
    assert told.out.splitlines()[1:] == [
        "that tests will be skipped: no that found (Debian: apt-get install that-package)",
        "other tests will be skipped: no other found (Debian: apt-get install other-package)",
    ]


def test_the_newest_whole_postgres_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "POSTGRES", tmp_path)
    monkeypatch.setattr(programs.shutil, "which", lambda name: None)
    assert programs.find_postgres() is None
    for version in ("9.6", "15", "17", "18beta1"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for name in ("initdb", "postgres", "psql"):
            (folder / name).touch()
    assert programs.find_postgres() == tmp_path / "18beta1" / "bin"
    (tmp_path / "18beta1" / "bin" / "psql").unlink()
    assert programs.find_postgres() == tmp_path / "17" / "bin"
