"""What a Python program with grpcio does with the service: ADDRESS LICENCE ADDRESS_OF_BIG_PICTURES, stubs on the path."""
import asyncio
import hashlib
import json
import sys

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gemini.chat.v1 import chat_pb2, chat_pb2_grpc, models_pb2, models_pb2_grpc
from scenarios import play

ADDRESS, LICENCE, DRAWING = sys.argv[1:]
MODEL = "gemini-3.8-flash"
LICENSED = [("authorization", LICENCE), ("x-request-id", "request-of-python")]
channel = grpc.insecure_channel(ADDRESS)
stub = chat_pb2_grpc.ChatServiceStub(channel)


def ask(text, model=MODEL, **more):
    part = chat_pb2.Part(text=text)
    return chat_pb2.ChatRequest(model=model, messages=[chat_pb2.Message(role="ROLE_USER", parts=[part])], **more)


def text_of(parts):
    return "".join(part.text for part in parts)


def chat():
    answer, call = stub.Chat.with_call(ask("Hello!"), metadata=LICENSED)
    headers = dict(call.initial_metadata())
    return {
        "content": text_of(answer.candidates[0].parts),
        "reason": chat_pb2.FinishReason.Name(answer.candidates[0].finished.reason),
        "request_id": headers["x-request-id"],
        "called": headers["x-gateway-model"],
    }


def stream():
    events = [event for batch in stub.StreamChat(ask("Hello, stream!"), metadata=LICENSED) for event in batch.events]
    kinds = [event.WhichOneof("event") for event in events]
    return {"content": text_of(events), "texts": kinds.count("text"), "first": kinds[0], "last": kinds[-2:]}


def compressed():
    answer = stub.Chat(ask("Hello, gzip! " * 50), metadata=LICENSED, compression=grpc.Compression.Gzip)
    return {"content": text_of(answer.candidates[0].parts)}


def async_stream():
    async def collect():
        async with grpc.aio.insecure_channel(ADDRESS) as asynchronous:
            batches = chat_pb2_grpc.ChatServiceStub(asynchronous).StreamChat(ask("Hello, async!"), metadata=LICENSED)
            return "".join([text_of(batch.events) async for batch in batches])

    return {"content": asyncio.run(collect())}


def tool_loop():
    schema = json.dumps({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
    tools = [chat_pb2.Tool(function=chat_pb2.FunctionTool(name="get_weather", parameters_json_schema=schema))]
    request = ask("The weather in Paris?", tools=tools)
    answer = stub.Chat(request, metadata=LICENSED)
    parts = answer.candidates[0].parts
    call = next(part.tool_call for part in parts if part.HasField("tool_call"))
    result = chat_pb2.ToolResult(tool_call_id=call.id, name=call.name, content='{"celsius":18}')
    request.messages.append(chat_pb2.Message(role="ROLE_ASSISTANT", parts=parts))
    request.messages.append(chat_pb2.Message(role="ROLE_TOOL", parts=[chat_pb2.Part(tool_result=result)]))
    last = stub.Chat(request, metadata=LICENSED)
    return {
        "name": call.name,
        "arguments": json.loads(call.arguments),
        "content": text_of(last.candidates[0].parts),
        "warnings": [warning.code for warning in last.warnings],
    }


def big_picture_in_pieces():
    """The channel has grpcio's own limit of 4 MB a message."""
    drawing = chat_pb2_grpc.ChatServiceStub(grpc.insecure_channel(DRAWING))
    request = ask("Draw.", model="bench-media-out-8mb")
    pieces = [
        event.media.data
        for batch in drawing.StreamChat(request, metadata=LICENSED)
        for event in batch.events
        if event.HasField("media")
    ]
    picture = b"".join(pieces)
    return {"pieces": len(pieces), "bytes": len(picture), "sha256": hashlib.sha256(picture).hexdigest()}


def met(request, metadata=LICENSED, streamed=False, **more):
    try:
        if streamed:
            list(stub.StreamChat(request, metadata=metadata, **more))
        else:
            stub.Chat(request, metadata=metadata, **more)
    except grpc.RpcError as error:
        return error


def failures():
    errors = {
        "licence": met(ask("Hello!"), metadata=[]),
        "model": met(ask("Hello!", model="gemini-9-unheard-of")),
        "value": met(ask("Hello!", sampling=chat_pb2.Sampling(temperature=7)), streamed=True),
        "quota": met(ask("[[emulator:429]]")),
        "deadline": met(ask("[[emulator:delay=20000]]"), timeout=0.3),
        "half-way": met(ask("Hello! [[emulator:stream-error]]"), streamed=True),
    }
    return {name: error.code().name for name, error in errors.items()}


def details():
    def of(error, detail):
        status = rpc_status.from_call(error)
        assert status.message == error.details(), (status.message, error.details())
        for packed in status.details:
            if packed.Unpack(detail):
                return detail

    info = of(met(ask("Hello!", model="gemini-9-unheard-of")), error_details_pb2.ErrorInfo())
    bad = of(met(ask("Hello!", sampling=chat_pb2.Sampling(temperature=7))), error_details_pb2.BadRequest())
    return {
        "reason": info.reason,
        "domain": info.domain,
        "fields": [violation.field for violation in bad.field_violations],
        "retry_seconds": of(met(ask("[[emulator:429]]")), error_details_pb2.RetryInfo()).retry_delay.seconds,
    }


def cancel():
    batches = stub.StreamChat(ask("[[emulator:words=5000]]"), metadata=LICENSED)
    next(batches)
    batches.cancel()
    try:
        list(batches)
    except grpc.RpcError as error:
        return {"code": error.code().name}


def models():
    models_stub = models_pb2_grpc.ModelServiceStub(channel)
    page = models_stub.ListModels(models_pb2.ListModelsRequest(page_size=1000), metadata=LICENSED)
    return {"ids": [model.id for model in page.models]}


play([chat, stream, compressed, async_stream, tool_loop, big_picture_in_pieces, failures, details, cancel, models])
