"""Lessons 04 and 05: the names of the front end that they look up, and the rows that they teach."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from tools.front_end import FrontEndError, callback, extract, main, members

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
CORE = """\
/** The options; not `streaming: boolean`. */
export type ChatKitOptions = {
  api: CustomApiConfig | HostedApiConfig;
  /** A title. */
  frameTitle?: string;
  onClientTool?: (call: { name: string; params: Record<string, unknown> }) => Promise<void> | void;
};
export type CustomApiConfig = { url: string; domainKey: string; };
export type HostedApiConfig = {
  getClientSecret: (current: string | null) => Promise<string>;
};
export interface OpenAIChatKit extends HTMLElement {
  // Changes the thread.
  setThreadId(threadId: string | null): Promise<void>;
  addEventListener<K extends keyof ChatKitEvents>(type: K, listener: Handler<K>): void;
  addEventListener(type: string): void;
}
export type ChatKitEvents = {
  'chatkit.ready': CustomEvent<void>;
  'chatkit.thread.load.end': CustomEvent<{ threadId: string }>;
};
"""
REACT = """\
declare const CHATKIT_METHOD_NAMES: readonly ["setThreadId"];
type ChatKitControl = { options: ChatKitOptions; };
"""


def package(folder: Path, name: str, version: str, types: str) -> Path:
    folder.mkdir()
    about = {"name": name, "version": version, "types": "./index.d.ts"}
    (folder / "package.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / "index.d.ts").write_text(types, encoding="utf-8")
    return folder


@pytest.fixture
def core(tmp_path: Path) -> Path:
    return package(tmp_path / "core", "@openai/chatkit", "1.0.0", CORE)


@pytest.fixture
def react(tmp_path: Path) -> Path:
    return package(tmp_path / "react", "@openai/chatkit-react", "1.0.1", REACT)


def test_the_names_of_the_front_end_are_read_from_its_types(core: Path, react: Path) -> None:
    found = extract(core, react)
    assert found["packages"] == {"@openai/chatkit": "1.0.0", "@openai/chatkit-react": "1.0.1"}
    assert found["options"] == {
        "api": "CustomApiConfig | HostedApiConfig",
        "frameTitle": "string",
        "onClientTool": "(call: { name: string; params: Record<string, unknown> }) => Promise<void> | void",
    }
    assert list(found["api"]["CustomApiConfig"]) == ["url", "domainKey"]
    assert found["api"]["HostedApiConfig"] == {
        "getClientSecret": "(current: string | null) => Promise<string>"
    }
    assert found["callbacks"] == {"onReady": "", "onThreadLoadEnd": "{ threadId: string }"}
    assert found["methods"] == {"setThreadId": "(threadId: string | null) => Promise<void>"}
    assert found["control"] == {"options": "ChatKitOptions"}


def test_of_overloads_the_first_counts() -> None:
    found = members(CORE, "OpenAIChatKit")
    assert found["addEventListener"] == "(type: K, listener: Handler<K>) => void"


def test_a_callback_is_named_as_the_package_names_it() -> None:
    assert callback("chatkit.response.start") == "onResponseStart"
    assert callback("chatkit.error") == "onError"


def test_a_type_that_is_gone_is_named() -> None:
    with pytest.raises(FrontEndError, match=r"expected a type ChatKitControl .* mend tools/front"):
        members(CORE, "ChatKitControl")
    with pytest.raises(FrontEndError, match="expected a closing brace"):
        members("type Half = { name: string;", "Half")


def test_a_folder_that_is_no_such_package_is_named(
    core: Path, react: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "names.json"
    assert main([str(tmp_path / "nothing"), str(react), str(target)]) == 1
    assert "expected an unpacked npm package" in capsys.readouterr().err
    assert main([str(core), str(core), str(target)]) == 1
    assert "Is it @openai/chatkit-react?" in capsys.readouterr().err
    assert main([str(core)]) == 2
    assert "expected three paths" in capsys.readouterr().err
    assert not target.exists()


def test_the_command_writes_the_file(core: Path, react: Path, tmp_path: Path) -> None:
    target = tmp_path / "data" / "names.json"
    assert main([str(core), str(react), str(target)]) == 0
    assert json.loads(target.read_text(encoding="utf-8")) == extract(core, react)


def test_the_file_that_the_lesson_reads_says_where_it_is_from_and_names_no_host() -> None:
    text = (NOTEBOOKS / "data" / "chatkit_front_end.json").read_text(encoding="utf-8")
    names = json.loads(text)
    assert names["packages"] == {"@openai/chatkit": "1.9.0", "@openai/chatkit-react": "1.6.1"}
    assert "tools.front_end" in names["made"]
    assert "://" not in text
    kinds = {"options", "api", "callbacks", "methods", "control"}
    assert all(names[kind] for kind in kinds)
    assert names.keys() == kinds | {"packages", "made"}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("04_chatkit_events", [*(f"A{n}" for n in range(18, 31)), "B10", "B11", "B12", "B15"]),
        ("05_respond", [f"B{n}" for n in (1, 2, 4, 5, 6, 7, 8, 9, 17, 18, 31, 32, 33)]),
    ],
)
def test_the_lesson_teaches_its_rows_of_the_ledger(name: str, rows: list[str]) -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    assert not set(rows) - tags
