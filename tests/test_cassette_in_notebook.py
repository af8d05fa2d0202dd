"""A cassette recorded and replayed in a notebook, in a real kernel whose own loop is running."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.notebooks

RECORD = """
from lesson_kit import Cassette, LessonServer, Script, run, talk

cassette = Cassette()
live = cassette.recording(Script.say("One small piece after another.", thinking=0.4).model())
[first] = run(talk(LessonServer(model=live), "What is a delta?"))
cassette.save("session.jsonl")
"""
REPLAY = """
[again] = run(talk(LessonServer(model=Cassette.load("session.jsonl").script().model()), "What is a delta?"))
print(again.text, again.normalised().to_jsonl() == first.normalised().to_jsonl())
"""


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_session_is_recorded_and_replayed(tmp_path: object) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in (RECORD, REPLAY)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    assert notebook.cells[1].outputs[0].text == "One small piece after another. True\n"
