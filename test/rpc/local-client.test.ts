// The client in process: chats are the service's own, the rest goes the way of Connect's client.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createContextKey, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { Failure } from "../../src/chat/failures.ts";
import {
  ChatRequestSchema,
  ChatResponseSchema,
  CountTokensResponseSchema,
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

  it("hands over a whole chat, its answer and its failure as they are", async () => {
    const answer = create(ChatResponseSchema, { model: "m" });
    const told: [ChatRequest, HandlerContext][] = [];
    const client = clientOf({
      chat(request, context) {
        told.push([request, context]);
        return answer;
      },
    });
    const { signal } = new AbortController();
    const contextValues = createContextValues().set(wordKey, "hello");
    assert.equal(await client.chat({ model: "m" }, { signal, contextValues }), answer);
    assert.equal(told[0]?.[0].$typeName, "gemini.chat.v1.ChatRequest");
    assert.equal(told[0]?.[1].signal, signal);
    assert.equal(told[0]?.[1].values.get(wordKey), "hello");
    const failure = new Failure("NOT_FOUND", "no");
    await assert.rejects(clientOf({ chat: () => Promise.reject(failure) }).chat({ model: "m" }), failure);
  });

  it("counts tokens through Connect's client", async () => {
    const count = create(CountTokensResponseSchema, { totalTokens: 7 });
    const client = clientOf({ countTokens: () => count });
    assert.equal(await client.countTokens({}), count);
  });
});
