"""The environment chooses the model; a wrong choice is one clear line that never shows the key."""

from collections.abc import Mapping
from typing import Any

import httpx2
import openai
import pytest
from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner

from lesson_kit.clock import run
from lesson_kit.model import ModelChoice, ModelChoiceError, choose_model
from lesson_kit.retry import FinishedChatModel
from lesson_kit.script import Reply, Script, ScriptModel
from lesson_kit.server import LessonServer
from lesson_kit.upstream import Trouble, Upstream
from tests.conversation import Conversation, deltas

from .driving import QUIET

KEY = "sk-very-secret-123"


def client_of(choice: ModelChoice) -> openai.AsyncOpenAI:
    model = choice.model
    assert isinstance(model, OpenAIResponsesModel | OpenAIChatCompletionsModel)
    return model._client


@pytest.mark.parametrize("value", [None, "", "offline", " Offline "])
def test_without_a_choice_the_offline_tutor_speaks(value: str | None) -> None:
    choice = choose_model({} if value is None else {"LESSON_KIT_MODEL": value})
    assert choice.name == "offline"
    assert isinstance(choice.model, ScriptModel)


def test_the_tutor_of_a_server_keeps_no_record() -> None:
    async def main() -> str:
        result = await Runner.run(
            Agent(name="t", model=model), "What is a delta?", run_config=QUIET
        )
        return str(result.final_output)

    model: Any = choose_model({}).model
    assert "A delta is one small piece" in run(main())
    assert (model.asked, model.made) == ([], [])


def test_the_process_environment_is_read_when_nothing_else_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LESSON_KIT_MODEL", "openai/gpt-5")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert choose_model().name == "openai/gpt-5"


@pytest.mark.parametrize(
    ("value", "name", "kind"),
    [
        ("openai/gpt-5", "openai/gpt-5", OpenAIResponsesModel),
        ("OpenAI/ gpt-5 ", "openai/gpt-5", OpenAIResponsesModel),
        ("openai-chat/llama3:8b", "openai-chat/llama3:8b", FinishedChatModel),
        ("openai-chat/meta/task-3", "openai-chat/meta/task-3", FinishedChatModel),
    ],
)
def test_a_provider_and_a_name_make_that_model(value: str, name: str, kind: type) -> None:
    choice = choose_model({"LESSON_KIT_MODEL": value, "OPENAI_API_KEY": f" {KEY}\n"})
    assert choice.name == name
    assert type(choice.model) is kind
    assert choice.model.model == name.partition("/")[2]  # type: ignore[attr-defined]
    assert client_of(choice).api_key == KEY
    assert str(client_of(choice).base_url) == "https://api.openai.com/v1/"


def test_the_base_url_is_taken_from_the_same_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere/v1")
    env = {"LESSON_KIT_MODEL": "openai/m", "OPENAI_API_KEY": KEY}
    assert str(client_of(choose_model(env)).base_url) == "https://api.openai.com/v1/"
    env["OPENAI_BASE_URL"] = "http://127.0.0.1:11434/v1"
    assert str(client_of(choose_model(env)).base_url) == "http://127.0.0.1:11434/v1/"


OPENAI = {"LESSON_KIT_MODEL": "openai/gpt-5", "OPENAI_API_KEY": KEY}


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"LESSON_KIT_MODEL": "gpt-5"}, "but 'gpt-5' came. Put the provider first, such as openai/gpt-5"),
        ({"LESSON_KIT_MODEL": "anthropic/x"}, "'anthropic/x' came. For any server of that kind, write openai-chat"),
        ({"LESSON_KIT_MODEL": "offline/tutor"}, "expected offline, openai/<name> or openai-chat/<name>"),
        ({"LESSON_KIT_MODEL": "/gpt-5"}, "'/gpt-5' came"),
        ({"LESSON_KIT_MODEL": "openai/"}, "Write the model's name after openai/, without spaces"),
        ({"LESSON_KIT_MODEL": "openai/ "}, "Write the model's name after openai/"),
        ({"LESSON_KIT_MODEL": "openai"}, "Write the model's name after openai/"),
        ({"LESSON_KIT_MODEL": "openai-chat/a b"}, "'openai-chat/a b' came. Write the model's name"),
        ({"LESSON_KIT_MODEL": "openai/gpt\n5"}, "Write the model's name"),
        ({"LESSON_KIT_MODEL": "x" * 500}, "xxx...' came"),
        ({"LESSON_KIT_MODEL": KEY}, r"something that looks like a key \(not shown\) came"),
        ({"LESSON_KIT_MODEL": f"openai/{KEY}"}, "looks like a key .* Put the key into OPENAI_API_KEY"),
        ({**OPENAI, "LESSON_KIT_FALLBACK_MODEL": f"openai-chat/{KEY}"}, "LESSON_KIT_FALLBACK_MODEL: .* looks like a key"),
        ({**OPENAI, "LESSON_KIT_FALLBACK_MODEL": "gpt-5"}, "LESSON_KIT_FALLBACK_MODEL: expected offline, openai/<name>"),
        ({"LESSON_KIT_FALLBACK_MODEL": "openai/gpt-5"}, "the offline tutor answers. Name that model in LESSON_KIT_MODEL"),
        ({"LESSON_KIT_MODEL": "openai/gpt-5"}, "OPENAI_API_KEY: expected the key .*, but it is not set. Set it"),
        ({**OPENAI, "OPENAI_API_KEY": " \n"}, "but it is not set"),
        ({**OPENAI, "OPENAI_API_KEY": f"{KEY} {KEY}"}, "without spaces, but it has other characters"),
        ({**OPENAI, "OPENAI_API_KEY": f"{KEY}\n{KEY}"}, "Copy the key again"),
        ({**OPENAI, "OPENAI_API_KEY": f"{KEY}é"}, "Copy the key again"),
        ({**OPENAI, "OPENAI_BASE_URL": "localhost:8000/v1"}, "expected an address such as http://.*'localhost:8000/v1' came"),
        ({**OPENAI, "OPENAI_BASE_URL": "ftp://host/v1"}, "'ftp://host/v1' came. Mend it, or unset it"),
        ({**OPENAI, "OPENAI_BASE_URL": "http://"}, "'http://' came"),
        ({**OPENAI, "OPENAI_BASE_URL": "http://host:99999/"}, "99999"),
        ({**OPENAI, "OPENAI_BASE_URL": "http://[::1/v1"}, "OPENAI_BASE_URL: expected an address"),
        ({**OPENAI, "OPENAI_BASE_URL": "http://my host/v1"}, "'http://my host/v1' came"),
        ({**OPENAI, "OPENAI_BASE_URL": KEY}, "looks like a key"),
        ({**OPENAI, "OPENAI_BASE_URL": f"ftp://me:{KEY}@host"}, "looks like a key"),
        ({**OPENAI, "OPENAI_BASE_URL": "ftp://me:hunter2@host"}, "'ftp://...@host' came"),
    ],
)  # fmt: skip
def test_a_wrong_choice_is_one_clear_line(env: Mapping[str, str], words: str) -> None:
    with pytest.raises(ModelChoiceError, match=words) as raised:
        choose_model(env)
    message = str(raised.value)
    assert "\n" not in message
    assert "secret" not in message
    assert "hunter2" not in message


def test_a_proxy_that_the_client_cannot_use_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://me:hunter2@proxy:70")
    with pytest.raises(ModelChoiceError, match=r"could not be made .* Check HTTP_PROXY") as raised:
        choose_model(OPENAI)
    assert "hunter2" not in str(raised.value)


def test_the_repr_hides_the_key() -> None:
    choice = choose_model(OPENAI)
    assert repr(choice) == "ModelChoice(name='openai/gpt-5')"
    assert "secret" not in repr(vars(choice))


def test_a_real_model_reads_events_that_a_script_also_makes() -> None:
    """The choice works end to end against a fake server, and the key travels in its header only."""
    seen: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(401, json={"error": {"message": "Incorrect API key provided."}})

    async def main() -> None:
        choice = choose_model({**OPENAI, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})
        client = client_of(choice)
        await client._client.aclose()
        client._client = httpx2.AsyncClient(
            transport=httpx2.MockTransport(respond), base_url=client.base_url
        )
        try:
            await Runner.run(Agent(name="t", model=choice.model), "Hi", run_config=QUIET)
        finally:
            await client.close()

    with pytest.raises(openai.AuthenticationError) as raised:
        run(main())
    assert KEY not in str(raised.value)
    assert str(seen[0].url) == "http://127.0.0.1:9/v1/responses"
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_server_names_the_model_of_an_agent_of_your_own() -> None:
    scripted = Agent[None](name="Own", model=Script.say("Hi").model())
    assert LessonServer(agent=scripted).model_name == "ScriptModel"
    assert LessonServer(agent=Agent[None](name="Own", model="gpt-5")).model_name == "gpt-5"


class Chosen:
    """Stands where a script stands: the models that the environment names, wired to an upstream in this process."""

    def __init__(self, env: Mapping[str, str], upstream: Upstream, monkeypatch: pytest.MonkeyPatch):
        def wire(key: str, base_url: str, **options: Any) -> openai.AsyncOpenAI:
            return upstream.client(api_key=key, **options)

        monkeypatch.setattr("lesson_kit.model._client", wire)
        self.choice = choose_model(env)

    def model(self) -> Any:
        return self.choice.model


BOTH = {**OPENAI, "LESSON_KIT_FALLBACK_MODEL": "openai-chat/llama3"}


@pytest.mark.parametrize(
    ("trouble", "at"),
    [(Trouble(503), 0.0), (Trouble(429, retry_after=60), 0.0), (Trouble(stall_at=0), 7.0)],
)
def test_the_fallback_model_is_asked_once_when_the_first_says_no_word(
    trouble: Trouble,
    at: float,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> tuple[str, list[tuple[float, str]]]:
        upstream = Upstream(Script(*[Reply("Here I am.")] * 2), [trouble])
        chat = Conversation(Chosen(BOTH, upstream, monkeypatch))  # type: ignore[arg-type]
        said = "".join(deltas(await chat.ask("Hi")))
        await chat.server.drain()
        return said, [(asked.t, asked.model) for asked in upstream.requests]

    assert run(main()) == ("Here I am.", [(0.0, "gpt-5"), (at, "llama3")])
    (line,) = [r.getMessage() for r in caplog.records if r.name == "lesson_kit.model"]
    assert line.startswith("openai/gpt-5 failed: ")
    assert line.endswith(". openai-chat/llama3 is asked.")
    assert KEY not in line


def test_a_fallback_is_named_and_may_be_the_tutor() -> None:
    assert choose_model(BOTH).name == "openai/gpt-5, else openai-chat/llama3"
    tutor = {**OPENAI, "LESSON_KIT_FALLBACK_MODEL": " Offline"}
    assert choose_model(tutor).name == "openai/gpt-5, else offline"


def test_without_a_fallback_the_client_asks_again_by_itself() -> None:
    assert client_of(choose_model(OPENAI)).max_retries == 2
