"""How JupyterLab is started: the call, the port, the notes; no Jupyter runs here."""

import os
import socket
from pathlib import Path

import pytest

from lesson_kit.lab import (
    FIRST_NOTEBOOK,
    LabError,
    choose_port,
    find_root,
    has_display,
    lab_command,
    lab_environment,
    notes,
    port_is_free,
)

ROOT = Path("/a folder/with spaces")


def command(**changes: object) -> list[str]:
    options = {"port": 8888, "browser": True, "is_root": False, **changes}
    return lab_command(ROOT, FIRST_NOTEBOOK, **options)  # type: ignore[arg-type]


def test_the_printed_address_leads_to_the_notebook() -> None:
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in command()


def test_a_folder_with_spaces_stays_one_argument() -> None:
    assert f"--ServerApp.root_dir={ROOT}" in command()
    called = lab_command(ROOT, "my notes/a.ipynb", port=0, browser=True, is_root=False)
    assert "--LabApp.default_url=/lab/tree/my%20notes/a.ipynb" in called


def test_root_gets_allow_root_and_nobody_else() -> None:
    assert "--allow-root" in command(is_root=True)
    assert "--allow-root" not in command()


def test_the_token_stays_on() -> None:
    assert not [part for part in command(is_root=True) if "token" in part or "password" in part]


def test_without_a_browser_jupyter_is_told() -> None:
    assert "--no-browser" in command(browser=False)
    assert "--no-browser" not in command()


def test_other_options_go_to_jupyter_last() -> None:
    assert command(extra=["--ServerApp.ip=127.0.0.1"])[-1] == "--ServerApp.ip=127.0.0.1"


def test_the_own_settings_of_a_user_stay_before_ours() -> None:
    first, ours = lab_environment({"JUPYTER_CONFIG_PATH": "/own"})["JUPYTER_CONFIG_PATH"].split(
        os.pathsep
    )
    assert first == "/own"
    assert (Path(ours) / "labconfig" / "page_config.json").is_file()


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"BROWSER": "open-remote"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_window_opens_only_where_there_is_a_display(
    platform: str, env: dict[str, str], expected: bool
) -> None:
    assert has_display(env, platform) is expected


def test_a_taken_port_gives_the_next_free_one() -> None:
    assert choose_port(8888, lambda port: port == 8890) == 8890
    assert choose_port(0, lambda port: False) == 0


def test_fifty_taken_ports_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(LabError, match="--port 0"):
        choose_port(8888, lambda port: False)
    with pytest.raises(LabError, match="free port from 65535"):
        choose_port(65535, lambda port: False)


def test_a_missing_notebook_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="found none") as caught:
        find_root("no.ipynb", [tmp_path])
    assert str(tmp_path) in str(caught.value)


def test_the_workbook_is_found_from_another_folder(tmp_path: Path) -> None:
    home = Path(__file__).parent.parent
    assert find_root("pyproject.toml", [tmp_path, home]) == home


def test_root_a_missing_display_and_another_port_get_one_line_each() -> None:
    told = notes(is_root=True, display=False, browser=True, wanted=8888, port=8889)
    assert [line.split(":")[0] for line in told] == [
        "Running as root",
        "No display here",
        "Port 8888 is taken",
    ]
    assert notes(is_root=False, display=False, browser=False, wanted=1, port=1) == []


@pytest.mark.live
def test_a_port_with_a_server_is_not_free(free_port: int) -> None:
    assert port_is_free(free_port)
    with socket.create_server(("127.0.0.1", free_port)):
        assert not port_is_free(free_port)
