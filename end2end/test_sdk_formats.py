"""Every official Python SDK with models of every wire format, passed through or translated, plain and streamed.

The demo provider repeats what reached it, so that nothing can get lost on the way unseen. `with_key.mjs` puts the base
URL, the key and one model for each format into place.
"""

import base64
import json
import os

import anthropic
import langchain_openai
import openai
import pytest
from google import genai
from google.genai import types
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

URL = os.environ.get("KEYWRIGHT_URL", "")
KEY = os.environ.get("KEYWRIGHT_KEY", "")
HOMES = {"openai": "only-openai", "anthropic": "only-anthropic", "gemini": "only-gemini"}
CAP = 400
SHORT = "[long 12] Say hello"
TOLD = "Rain until Tuesday."
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
DESCRIPTION = "Tells what goes on in a city."
TOOLS = ["weather", "news"]


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


class OpenAI:
    def __init__(self):
        self.client = openai.OpenAI(api_key=KEY, base_url=f"{URL}/v1", max_retries=0)
        function = {"description": DESCRIPTION, "parameters": CITY}
        self.tools = [{"type": "function", "function": {"name": name, **function}} for name in TOOLS]

    def create(self, model, messages, **more):
        return self.client.chat.completions.create(
            model=model, messages=messages, max_completion_tokens=CAP, **more
        )

    def say(self, model, prompt, system=None, image=None):
        content = [{"type": "text", "text": prompt}]
        if image:
            content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}})
        messages = [{"role": "system", "content": system}] if system else []
        answer = self.create(model, [*messages, {"role": "user", "content": content}])
        return answer.choices[0].message.content, answer.usage.prompt_tokens, answer.usage.completion_tokens

    def stream(self, model, prompt):
        options = {"stream": True, "stream_options": {"include_usage": True}}
        chunks = list(self.create(model, [{"role": "user", "content": prompt}], **options))
        pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
        return [piece for piece in pieces if piece], chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens

    def use_tools(self, model, prompt):
        asked = [{"role": "user", "content": prompt}]
        message = self.create(model, asked, tools=self.tools).choices[0].message
        results = [{"role": "tool", "tool_call_id": call.id, "content": TOLD} for call in message.tool_calls]
        answer = self.create(model, [*asked, message, *results], tools=self.tools)
        calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]
        return calls, answer.choices[0].message.content

    def make(self, model, prompt):
        answer = self.client.chat.completions.parse(
            model=model, messages=[{"role": "user", "content": prompt}], response_format=Person
        )
        return answer.choices[0].message.parsed


class Anthropic:
    def __init__(self):
        self.client = anthropic.Anthropic(api_key=KEY, base_url=URL, max_retries=0)
        self.tools = [{"name": name, "description": DESCRIPTION, "input_schema": CITY} for name in TOOLS]

    def create(self, model, messages, **more):
        return self.client.messages.create(model=model, messages=messages, max_tokens=CAP, **more)

    def say(self, model, prompt, system=None, image=None):
        content = [{"type": "text", "text": prompt}]
        if image:
            source = {"type": "base64", "media_type": "image/png", "data": image}
            content.append({"type": "image", "source": source})
        more = {"system": system} if system else {}
        answer = self.create(model, [{"role": "user", "content": content}], **more)
        return answer.content[0].text, answer.usage.input_tokens, answer.usage.output_tokens

    def stream(self, model, prompt):
        messages = [{"role": "user", "content": prompt}]
        with self.client.messages.stream(model=model, max_tokens=CAP, messages=messages) as stream:
            pieces = list(stream.text_stream)
            usage = stream.get_final_message().usage
        return pieces, usage.input_tokens, usage.output_tokens

    def use_tools(self, model, prompt):
        asked = {"role": "user", "content": prompt}
        first = self.create(model, [asked], tools=self.tools)
        called = [block for block in first.content if block.type == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": block.id, "content": TOLD} for block in called]
        turns = [asked, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
        answer = self.create(model, turns, tools=self.tools)
        return [(block.name, block.input) for block in called], answer.content[0].text

    def make(self, model, prompt):
        messages = [{"role": "user", "content": prompt}]
        answer = self.client.messages.parse(model=model, max_tokens=CAP, messages=messages, output_format=Person)
        return answer.parsed_output


class Google:
    def __init__(self):
        self.client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=URL))
        self.tools = [
            types.Tool(
                function_declarations=[
                    types.FunctionDeclaration(name=name, description=DESCRIPTION, parameters_json_schema=CITY)
                    for name in TOOLS
                ]
            )
        ]

    def generate(self, model, contents, **more):
        config = types.GenerateContentConfig(max_output_tokens=CAP, **more)
        return self.client.models.generate_content(model=model, contents=contents, config=config)

    def say(self, model, prompt, system=None, image=None):
        parts = [types.Part.from_text(text=prompt)]
        if image:
            parts.append(types.Part.from_bytes(data=base64.b64decode(image), mime_type="image/png"))
        answer = self.generate(model, [types.Content(role="user", parts=parts)], system_instruction=system)
        usage = answer.usage_metadata
        return answer.text, usage.prompt_token_count, usage.candidates_token_count

    def stream(self, model, prompt):
        chunks = list(self.client.models.generate_content_stream(model=model, contents=prompt))
        usage = chunks[-1].usage_metadata
        pieces = [chunk.text for chunk in chunks if chunk.text]
        return pieces, usage.prompt_token_count, usage.candidates_token_count

    def use_tools(self, model, prompt):
        asked = types.Content(role="user", parts=[types.Part.from_text(text=prompt)])
        calling = types.AutomaticFunctionCallingConfig(disable=True)
        first = self.generate(model, [asked], tools=self.tools, automatic_function_calling=calling)
        results = [
            types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": TOLD}))
            for call in first.function_calls
        ]
        turns = [asked, first.candidates[0].content, types.Content(role="user", parts=results)]
        answer = self.generate(model, turns, tools=self.tools, automatic_function_calling=calling)
        return [(call.name, call.args) for call in first.function_calls], answer.text

    def make(self, model, prompt):
        return self.generate(model, prompt, response_mime_type="application/json", response_schema=Person).parsed


@tool
def weather(city: str, days: int) -> str:
    """Tells the weather of the next days in a city."""
    return TOLD


@tool
def news(city: str, days: int) -> str:
    """Tells the news of a city."""
    return TOLD


class LangChain:
    def chat(self, model):
        return langchain_openai.ChatOpenAI(
            model=model, api_key=KEY, base_url=f"{URL}/v1", max_retries=0, max_completion_tokens=CAP, stream_usage=True
        )

    def say(self, model, prompt, system=None, image=None):
        content = [{"type": "text", "text": prompt}]
        if image:
            content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}})
        messages = [SystemMessage(system)] if system else []
        answer = self.chat(model).invoke([*messages, HumanMessage(content)])
        return answer.text, answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]

    def stream(self, model, prompt):
        chunks = list(self.chat(model).stream(prompt))
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        pieces = [chunk.text for chunk in chunks if chunk.text]
        return pieces, whole.usage_metadata["input_tokens"], whole.usage_metadata["output_tokens"]

    def use_tools(self, model, prompt):
        chat = self.chat(model).bind_tools([weather, news])
        first = chat.invoke([HumanMessage(prompt)])
        results = [ToolMessage(TOLD, tool_call_id=call["id"]) for call in first.tool_calls]
        answer = chat.invoke([HumanMessage(prompt), first, *results])
        return [(call["name"], call["args"]) for call in first.tool_calls], answer.text

    def make(self, model, prompt):
        return self.chat(model).with_structured_output(Person, method="json_schema").invoke(prompt)


SDKS = {"openai": OpenAI, "anthropic": Anthropic, "google-genai": Google, "langchain-openai": LangChain}


FORMATS = {"openai": "openai", "anthropic": "anthropic", "google-genai": "gemini", "langchain-openai": "openai"}
PAIRS = [(name, home) for name in SDKS for home in HOMES]


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request):
    assert URL and KEY, "start this through with_key.mjs (./check sdk_python)"
    return request.param


@pytest.fixture
def sdk(pair):
    return SDKS[pair[0]]()


@pytest.fixture
def model(pair):
    return HOMES[pair[1]]


def test_an_answer_and_a_stream_say_the_same(sdk, model):
    text, read, written = sdk.say(model, SHORT)
    assert text == "You wrote: “[long 12] Say hello”. I am demo-large, the demonstration model"
    assert read > 0 and written == 12
    pieces, *usage = sdk.stream(model, SHORT)
    assert len(pieces) > 3
    assert "".join(pieces) == text
    assert usage == [read, written]


def test_the_system_prompt_and_a_picture_arrive(sdk, model):
    told, *_ = sdk.say(model, "[system]", system="Be brief and kind.")
    assert told.startswith("I was told: “Be brief and kind.”.")
    shown, *_ = sdk.say(model, "What is this?", image=PNG)
    assert "I was shown 1 image." in shown


@pytest.mark.parametrize("prompt, names", [("[tool]", TOOLS[:1]), ("[tools]", TOOLS)])
def test_tools_are_called_and_their_answers_taken(sdk, model, prompt, names):
    calls, text = sdk.use_tools(model, prompt)
    assert calls == [(name, {"city": "demo", "days": 1}) for name in names]
    assert text.startswith(f"The tool answered: “{TOLD}")


def test_structured_output_has_the_structure(sdk, model):
    assert sdk.make(model, "Invent somebody.") == Person(name="demo", age=1, tags=["demo"])
