"""What a Python program with the openai package does with the gateway: BASE_URL LICENCE PICTURE_URL."""
import asyncio
import base64
import json
import sys

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from scenarios import play

BASE_URL, LICENCE, PICTURE_URL = sys.argv[1:]
MODEL = "gemini-3.8-flash"
client = OpenAI(base_url=BASE_URL, api_key=LICENCE, max_retries=0)


def user(text):
    return [{"role": "user", "content": text}]


def chat():
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=user("Hello!"))
    answer = raw.parse()
    return {
        "content": answer.choices[0].message.content,
        "finish": answer.choices[0].finish_reason,
        "total_tokens": answer.usage.total_tokens,
        "request_id": answer._request_id,
        "called": raw.headers["x-gateway-model"],
    }


def stream():
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=user("Hello, stream!"), stream=True, stream_options={"include_usage": True}
        )
    )
    return {
        "content": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
        "finishes": [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason],
        "usages": [chunk.usage is not None for chunk in chunks].count(True),
        "total_tokens": chunks[-1].usage.total_tokens,
    }


def async_stream():
    async def collect():
        async with AsyncOpenAI(base_url=BASE_URL, api_key=LICENCE) as asynchronous:
            chunks = await asynchronous.chat.completions.create(model=MODEL, messages=user("Hello, async!"), stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])

    return {"content": asyncio.run(collect())}


def stream_helper():
    body = {"model": MODEL, "messages": user("Hello, helper!"), "reasoning_effort": "low"}
    deltas = []
    with client.chat.completions.stream(**body) as events:
        for event in events:
            if event.type == "content.delta":
                deltas.append(event.delta)
    message = events.get_final_completion().choices[0].message
    return {"role": message.role, "deltas": "".join(deltas), "content": message.content, "thoughts": message.reasoning_content}


WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": WEATHER}} for name in ("get_weather", "get_time")]
QUESTION = user("Use get_weather and get_time for Paris.")


def results(calls):
    return [
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"of": call.function.name})} for call in reversed(calls)
    ]


def tool_loop():
    first = client.chat.completions.create(model=MODEL, messages=QUESTION, tools=TOOLS).choices[0]
    calls = first.message.tool_calls
    last = client.chat.completions.create(model=MODEL, messages=[*QUESTION, first.message, *results(calls)], tools=TOOLS)
    return {
        "finish": first.finish_reason,
        "calls": [[call.function.name, json.loads(call.function.arguments)] for call in calls],
        "content": last.choices[0].message.content,
    }


def streamed_tool_loop_without_extras():
    with client.chat.completions.stream(model=MODEL, messages=QUESTION, tools=TOOLS) as events:
        calls = events.get_final_completion().choices[0].message.tool_calls
    known = [
        {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
        for call in calls
    ]
    messages = [*QUESTION, {"role": "assistant", "content": None, "tool_calls": known}, *results(calls)]
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=messages, tools=TOOLS)
    return {"content": raw.parse().choices[0].message.content, "warnings": raw.headers.get("x-gateway-warnings")}


def whole(messages):
    return client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message


def streamed(messages):
    with client.chat.completions.stream(model=MODEL, messages=messages, tools=TOOLS) as events:
        return events.get_final_completion().choices[0].message


def as_known(message):
    """What programs keep that copy only the fields they know."""
    called = [call.model_dump(include={"id": True, "type": True, "function": {"name", "arguments"}}) for call in message.tool_calls]
    return {"role": "assistant", "content": message.content, "tool_calls": called}


def loops_of_two_steps():
    """Each way to ask with each way to send back."""

    def loop(ask, send_back):
        messages, asked = user("Use get_weather and get_time for Paris, one after the other."), []
        while (message := ask(messages)).tool_calls:
            asked.append([call.function.name for call in message.tool_calls])
            messages = [*messages, send_back(message), *results(message.tool_calls)]
        return {"asked": asked, "content": message.content}

    return {"seen": [loop(ask, send_back) for ask in (whole, streamed) for send_back in (lambda message: message, as_known)]}


def vision():
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": PICTURE_URL}}]
    return {"content": client.chat.completions.create(model=MODEL, messages=user(content)).choices[0].message.content}


class Place(BaseModel):
    city: str
    population: int
    districts: list[str]


def parsed():
    answer = client.chat.completions.parse(model=MODEL, messages=user("Berlin"), response_format=Place)
    return answer.choices[0].message.parsed.model_dump()


def parsed_in_a_stream():
    with client.chat.completions.stream(model=MODEL, messages=user("Berlin"), response_format=Place) as events:
        return events.get_final_completion().choices[0].message.parsed.model_dump()


def parsed_call():
    tool = openai.pydantic_function_tool(Place, name="save_place")
    answer = client.chat.completions.parse(model=MODEL, messages=user("Save Berlin"), tools=[tool])
    return answer.choices[0].message.tool_calls[0].function.parsed_arguments.model_dump()


def images_in_a_stream():
    body = {"model": "gemini-3.1-flash-image", "messages": user("Draw two pictures of a cat.")}
    with client.chat.completions.stream(**body, extra_body={"modalities": ["text", "image"]}) as events:
        message = events.get_final_completion().choices[0].message
    return {"starts": [image["image_url"]["url"][:22] for image in message.images]}


def speech_in_a_stream():
    body = {"model": "gemini-3.8-flash-tts", "messages": user("Say: good morning!"), "modalities": ["text", "audio"]}
    with client.chat.completions.stream(**body, audio={"voice": "alloy", "format": "pcm16"}) as events:
        samples = base64.b64decode(events.get_final_completion().choices[0].message.audio.data)
    whole = client.chat.completions.create(**body, audio={"voice": "alloy", "format": "wav"})
    wave = base64.b64decode(whole.choices[0].message.audio.data)
    return {"bytes": len(samples), "equal": wave[44:] == samples}


def code_and_sources_in_a_stream():
    tools = [{"type": "function", "function": {"name": name}} for name in ("codeExecution", "googleSearch")]
    with client.chat.completions.stream(model=MODEL, messages=user("日本 🎉: what is 17 * 3?"), tools=tools) as events:
        message = events.get_final_completion().choices[0].message
    return {
        "content": message.content,
        "parts": [sorted(part)[0] for part in message.extra_content["google"]["parts"]],
        "annotations": len(message.annotations),
    }


def failures():
    def met(model, text, api_key=LICENCE, **more):
        try:
            client.with_options(api_key=api_key).chat.completions.create(model=model, messages=user(text), **more)
        except openai.APIStatusError as error:
            return [type(error).__name__, error.status_code, error.code, error.param]

    return {
        "licence": met(MODEL, "Hello!", api_key="an-unknown-licence-of-nobody"),
        "model": met("gemini-9-unheard-of", "Hello!"),
        "value": met(MODEL, "Hello!", temperature=7),
        "quota": met(MODEL, "[[emulator:429=day]]"),
        "overload": met(MODEL, "[[emulator:503]]", stream=True),
    }


def failure_half_way():
    said = []
    try:
        for chunk in client.chat.completions.create(model=MODEL, messages=user("Hi [[emulator:stream-error]]"), stream=True):
            said.append(chunk.choices[0].delta.content or "")
    except openai.APIError as error:
        return {"content": "".join(said), "error": type(error).__name__, "code": error.code}


def models():
    return {"ids": [model.id for model in client.models.list()], "one": client.models.retrieve(MODEL).id}


play(
    [
        chat,
        stream,
        async_stream,
        stream_helper,
        tool_loop,
        streamed_tool_loop_without_extras,
        loops_of_two_steps,
        vision,
        parsed,
        parsed_in_a_stream,
        parsed_call,
        images_in_a_stream,
        speech_in_a_stream,
        code_and_sources_in_a_stream,
        failures,
        failure_half_way,
        models,
    ]
)
