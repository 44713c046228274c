"""The official Python SDKs against the gateway, as their documentation shows.

Nothing is set but the base URL and the key, which `with_key.mjs` puts into the environment.
"""

import os

import anthropic
import openai
import pytest

LARGE, SMALL, EMBEDDING = "demo-large", "demo-small", "demo-embedding"
HELLO = [{"role": "user", "content": "Say hello"}]
URL = os.environ.get("KEYWRIGHT_URL", "")
KEY = os.environ.get("KEYWRIGHT_KEY", "")


@pytest.fixture(scope="module")
def openai_client():
    assert URL and KEY, "start this through with_key.mjs (./check sdk_python)"
    with openai.OpenAI(api_key=KEY, base_url=f"{URL}/v1", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def anthropic_client():
    assert URL and KEY, "start this through with_key.mjs (./check sdk_python)"
    with anthropic.Anthropic(api_key=KEY, base_url=URL, max_retries=0) as client:
        yield client


def test_openai_chat(openai_client):
    answer = openai_client.chat.completions.create(model=LARGE, messages=HELLO)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id


def test_openai_chat_streamed(openai_client):
    chunks = list(openai_client.chat.completions.create(model=LARGE, messages=HELLO, stream=True))
    assert len(chunks) > 2
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert all(c.usage is None for c in chunks)


def test_openai_chat_streamed_with_usage(openai_client):
    options = {"include_usage": True}
    chunks = list(
        openai_client.chat.completions.create(model=LARGE, messages=HELLO, stream=True, stream_options=options)
    )
    assert chunks[-1].usage.completion_tokens > 0


def test_openai_stored_responses(openai_client):
    responses = openai_client.responses
    first = responses.create(model=LARGE, input="Say hello")
    second = responses.create(model=LARGE, input="And again", previous_response_id=first.id)
    assert "I remember 1 turn before this one" in second.output_text
    assert responses.retrieve(first.id, include=["message.output_text.logprobs"]).output_text == first.output_text
    assert [item.content[0].text for item in responses.input_items.list(first.id, limit=5)] == ["Say hello"]
    responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        responses.retrieve(first.id)


def test_openai_response(openai_client):
    answer = openai_client.responses.create(model=LARGE, input="Say hello")
    assert answer.status == "completed"
    assert answer.output_text
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


def test_openai_response_streamed(openai_client):
    events = list(openai_client.responses.create(model=LARGE, input="Say hello", stream=True))
    text = [e.delta for e in events if e.type == "response.output_text.delta"]
    assert len(text) > 1
    assert events[-1].type == "response.completed"
    assert "".join(text) == events[-1].response.output_text


def test_openai_embeddings(openai_client):
    # The SDK asks for base64 by itself and decodes it.
    answer = openai_client.embeddings.create(model=EMBEDDING, input=["one", "two"])
    assert len(answer.data) == 2
    assert all(isinstance(x, float) for x in answer.data[0].embedding)
    floats = openai_client.embeddings.create(model=EMBEDDING, input="one", encoding_format="float")
    assert floats.data[0].embedding == pytest.approx(answer.data[0].embedding, rel=1e-5)


def test_openai_models(openai_client):
    names = {model.id for model in openai_client.models.list()}
    assert {LARGE, SMALL, EMBEDDING} <= names
    assert openai_client.models.retrieve(SMALL).id == SMALL


def test_openai_denials(openai_client):
    with pytest.raises(openai.NotFoundError) as refused:
        openai_client.chat.completions.create(model="no-such-model", messages=HELLO)
    assert refused.value.code == "model_not_found"
    assert refused.value.request_id
    with pytest.raises(openai.AuthenticationError):
        openai_client.with_options(api_key="kwr_nobody").models.list()


def test_anthropic_message(anthropic_client):
    answer = anthropic_client.messages.create(model=LARGE, max_tokens=64, messages=HELLO)
    assert answer.type == "message"
    assert answer.content[0].text
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


def test_anthropic_message_streamed(anthropic_client):
    with anthropic_client.messages.stream(model=LARGE, max_tokens=64, messages=HELLO) as stream:
        pieces = list(stream.text_stream)
        whole = stream.get_final_message()
    assert len(pieces) > 1
    assert "".join(pieces) == whole.content[0].text
    assert whole.usage.output_tokens > 0


def test_anthropic_count_tokens(anthropic_client):
    assert anthropic_client.messages.count_tokens(model=LARGE, messages=HELLO).input_tokens > 0


def test_anthropic_denials(anthropic_client):
    with pytest.raises(anthropic.NotFoundError):
        anthropic_client.messages.create(model="no-such-model", max_tokens=8, messages=HELLO)
    with pytest.raises(anthropic.AuthenticationError):
        anthropic_client.with_options(api_key="kwr_nobody").models.list()
