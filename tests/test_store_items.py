"""Every kind of thread item that ChatKit knows comes back equal from every store."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, get_args

import pytest
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageItem,
    ClientToolCallItem,
    CustomSummary,
    CustomTask,
    DurationSummary,
    EndOfTurnItem,
    EntitySource,
    FileAttachment,
    FileSource,
    GeneratedImage,
    GeneratedImageItem,
    HiddenContextItem,
    ImageAttachment,
    InferenceOptions,
    SDKHiddenContextItem,
    SearchTask,
    StructuredInputAnswer,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
    TaskItem,
    ThoughtTask,
    ThreadItem,
    ToolChoice,
    URLSource,
    UserMessageItem,
    UserMessageTagContent,
    UserMessageTextContent,
    WidgetItem,
    Workflow,
    WorkflowItem,
)
from chatkit.widgets import Card, Markdown
from pydantic import AnyUrl

from lesson_kit import clock

from .store_contract import KINDS, NOON, opened, thread

SHARED: dict[str, Any] = {"id": "item", "thread_id": "thr", "created_at": NOON}
URL = URLSource(title="Site", url="https://example.org", attribution="Example")


def a_widget() -> Card:
    with warnings.catch_warnings():
        # ChatKit discourages its own widget classes; what they build is what templates build too.
        warnings.simplefilter("ignore", DeprecationWarning)
        return Card(children=[Markdown(value="**hi**", id="md")], size="sm")


ITEMS: list[ThreadItem] = [
    UserMessageItem(
        **SHARED,
        content=[
            UserMessageTextContent(text="What is 'first token'? \x00 \u2028 🎉"),
            UserMessageTagContent(id="tag", text="@doc", data={"page": 3}, interactive=True),
        ],
        attachments=[
            FileAttachment(id="f", name="a.txt", mime_type="text/plain", metadata={"k": [1]}),
            ImageAttachment(
                id="i",
                name="a.png",
                mime_type="image/png",
                preview_url=AnyUrl("https://example.org/p"),
            ),
        ],
        quoted_text="quoted",
        inference_options=InferenceOptions(tool_choice=ToolChoice(id="search"), model="small"),
    ),
    AssistantMessageItem(
        **SHARED,
        content=[
            AssistantMessageContent(
                text="see here",
                annotations=[
                    Annotation(source=URL, index=3),
                    Annotation(source=FileSource(title="F", filename="f.pdf")),
                    Annotation(source=EntitySource(title="E", id="e", data={"n": None})),
                ],
            ),
            AssistantMessageContent(text=""),
        ],
    ),
    ClientToolCallItem(
        **SHARED,
        status="completed",
        call_id="call",
        name="pick",
        arguments={"deep": {"list": [1, 2.5, None, True]}},
        output=[{"ok": False}],
    ),
    WidgetItem(**SHARED, widget=a_widget(), copy_text="hi"),
    GeneratedImageItem(**SHARED, image=GeneratedImage(id="g", url="https://example.org/g.png")),
    StructuredInputItem(
        **SHARED,
        status="answered",
        inputs=[
            StructuredInputMultipleChoice(
                id="q1",
                question="Which?",
                options=[StructuredInputMultipleChoiceOption(value="a")],
                answer=StructuredInputAnswer(values=["a"]),
            ),
            StructuredInputFreeform(id="q2", question="Why?", description="short"),
        ],
    ),
    TaskItem(**SHARED, task=CustomTask(title="t", content="c", status_indicator="loading")),
    WorkflowItem(
        **SHARED,
        workflow=Workflow(
            type="reasoning",
            tasks=[ThoughtTask(content="hm"), SearchTask(queries=["q"], sources=[URL])],
            summary=DurationSummary(duration=3),
        ),
    ),
    WorkflowItem(
        **SHARED,
        workflow=Workflow(type="custom", tasks=[], summary=CustomSummary(title="s"), expanded=True),
    ),
    HiddenContextItem(**SHARED, content={"any": ["thing", 1, None]}),
    SDKHiddenContextItem(**SHARED, content="The user cancelled the stream."),
    EndOfTurnItem(**SHARED),
]


def test_the_list_has_every_kind_that_the_sdk_has() -> None:
    union = get_args(ThreadItem)[0]
    assert {type(item) for item in ITEMS} == set(get_args(union))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_kind_of_item_comes_back_equal(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(kind, tmp_path) as store:
            await store.save_thread(thread(), None)
            for item in ITEMS:
                await store.save_item("thr", item, None)
                loaded = await store.load_item("thr", "item", None)
                assert type(loaded) is type(item)
                assert loaded == item
                page = await store.load_thread_items("thr", None, 9, "desc", None)
                assert page.data == [item]

    clock.run(main())
