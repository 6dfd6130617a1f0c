// The client in process: streams are the service's own, the rest goes the way of Connect's client.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createContextKey, createContextValues, type HandlerContext } from "@connectrpc/connect";
import {
  ChatRequestSchema,
  ChatResponseSchema,
  StreamChatResponseSchema,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { ChatRequest } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { createLocalChatClient } from "../../src/rpc/local-client.ts";
import type { Implementations } from "../../src/rpc/services.ts";

const BATCH = create(StreamChatResponseSchema, {});
const wordKey = createContextKey("");

function clientOf(chat: Partial<Implementations["chat"]>): ReturnType<typeof createLocalChatClient> {
  return createLocalChatClient({ chat, models: {} } as Implementations);
}

describe("local client", () => {
  it("hands the request, the signal and the values of the call to a stream of the service", async () => {
    const told: [ChatRequest, HandlerContext][] = [];
    const client = clientOf({
      async *streamChat(request, context) {
        told.push([request, context]);
        yield BATCH;
      },
    });
    const { signal } = new AbortController();
    const contextValues = createContextValues().set(wordKey, "hello");
    const request = create(ChatRequestSchema, { model: "m" });
    const batches = await Array.fromAsync(client.streamChat(request, { signal, contextValues }));
    assert.equal(batches[0], BATCH);
    assert.equal(batches.length, 1);
    assert.equal(told[0]?.[0], request);
    assert.equal(told[0]?.[1].signal, signal);
    assert.equal(told[0]?.[1].values.get(wordKey), "hello");
  });

  it("makes a message of a request that is none yet", async () => {
    const models: string[] = [];
    const client = clientOf({
      async *streamChat(request) {
        models.push(request.$typeName, request.model);
        yield BATCH;
      },
    });
    await Array.fromAsync(client.streamChat({ model: "m" }));
    assert.deepEqual(models, ["gemini.chat.v1.ChatRequest", "m"]);
  });

  it("passes on what ends a stream", async () => {
    const failure = new ConnectError("no", Code.NotFound);
    const client = clientOf({
      async *streamChat() {
        yield BATCH;
        throw failure;
      },
    });
    const batches = client.streamChat({ model: "m" })[Symbol.asyncIterator]();
    assert.equal((await batches.next()).value, BATCH);
    await assert.rejects(batches.next(), failure);
  });

  it("calls what is no stream through Connect's client", async () => {
    const answer = create(ChatResponseSchema, { model: "m" });
    const client = clientOf({ chat: () => answer });
    assert.equal(await client.chat({ model: "m" }), answer);
  });
});
