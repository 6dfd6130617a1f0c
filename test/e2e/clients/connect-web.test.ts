// Goal: a web page reaches the service with @connectrpc/connect-web, in Connect and gRPC-Web, under a browser's cross-origin rules.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Client, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import OpenAI from "openai";
import { ChatRequestSchema, ChatService, Role, type ChatRequest } from "../../../src/gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../../../src/gen/gemini/chat/v1/models_pb.ts";
import { ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.ts";
import { LICENCE, type TestGateway } from "../../support/gateway.ts";
import { startInformedGateway } from "./informed-gateway.ts";
import { browserFetch } from "./browser-fetch.ts";
import { collect, connect, MODEL, textOf, user } from "./openai-sdk.ts";

const PAGE = "https://app.example";

let gateway: TestGateway;
before(async () => {
  gateway = await startInformedGateway({ CORS_ORIGINS: PAGE });
});
after(() => gateway[Symbol.asyncDispose]());

const licensed: Interceptor = (next) => (request) => {
  request.header.set("authorization", LICENCE);
  return next(request);
};

function ask(text: string, more: MessageInitShape<typeof ChatRequestSchema> = {}): ChatRequest {
  return create(ChatRequestSchema, {
    model: MODEL,
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: text } }] }],
    ...more,
  });
}

async function failureOf(promise: Promise<unknown>): Promise<ConnectError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ConnectError, String(error));
    return error;
  }
  assert.fail("the call succeeded");
}

const protocols = {
  "Connect with JSON": () => createConnectTransport({ ...page(), useBinaryFormat: false }),
  "Connect with binary": () => createConnectTransport({ ...page(), useBinaryFormat: true }),
  "gRPC-Web": () => createGrpcWebTransport(page()),
};
const page = () => ({ baseUrl: gateway.app.http, interceptors: [licensed], fetch: browserFetch(PAGE) });

for (const [name, transportOf] of Object.entries(protocols)) {
  describe(name, () => {
    let chat: Client<typeof ChatService>;
    before(() => {
      chat = createClient(ChatService, transportOf());
    });

    const streamed = async (text: string, onText?: () => void, signal?: AbortSignal): Promise<string> => {
      let said = "";
      for await (const { events } of chat.streamChat(ask(text), { ...(signal && { signal }) })) {
        for (const { event } of events) {
          if (event.case !== "text") continue;
          said += event.value;
          onText?.();
        }
      }
      return said;
    };

    test("a whole answer and a stream say the same, in several pieces", async () => {
      let pieces = 0;
      const said = await streamed("Hello from a page, 世界!", () => (pieces += 1));
      const { candidates, usage } = await chat.chat(ask("Hello from a page, 世界!"));
      const parts = candidates[0]?.parts ?? [];
      assert.equal(parts.map(({ kind }) => (kind.case === "text" ? kind.value : "")).join(""), said);
      assert.match(said, /Hello from a page, 世界!/);
      assert.ok(pieces > 1);
      assert.ok((usage?.totalTokens ?? 0) > 0);
    });

    test("the page may read the model, the request id and the warnings", async () => {
      let header = new Headers();
      await chat.chat(ask("Hello!", { model: "gemini-2.0-flash" }), { onHeader: (received) => (header = received) });
      assert.match(header.get("x-gateway-model") ?? "", /^gemini-/);
      assert.equal(header.get("x-gateway-warnings"), "model_aliased:model");
      assert.ok(header.get("x-request-id"));
    });

    test("a failure has its code, its words and its reason, whole and streamed", async () => {
      const request = ask("Hello!", { model: "gemini-9-unheard-of" });
      for (const send of [() => chat.chat(request), () => Array.fromAsync(chat.streamChat(request))]) {
        const error = await failureOf(send());
        assert.equal(error.code, Code.NotFound);
        assert.match(error.rawMessage, /gemini-9-unheard-of is not found/);
        assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "MODEL_NOT_FOUND");
      }
    });

    test("a stream that fails half-way rejects after its words", async () => {
      let pieces = 0;
      const error = await failureOf(streamed("Hello! [[emulator:stream-error]]", () => (pieces += 1)));
      assert.equal(error.code, Code.Unavailable);
      assert.ok(pieces > 0);
    });

    test("timeouts and aborts end the call", async () => {
      const slow = ask("[[emulator:delay=20000]]");
      assert.equal((await failureOf(chat.chat(slow, { timeoutMs: 300 }))).code, Code.DeadlineExceeded);
      const leaving = new AbortController();
      const left = streamed("[[emulator:words=3000]]", () => leaving.abort(), leaving.signal);
      assert.equal((await failureOf(left)).code, Code.Canceled);
    });

    test("models are listed", async () => {
      const { models } = await createClient(ModelService, transportOf()).listModels({ pageSize: 1000 });
      assert.ok(models.some(({ id }) => id === MODEL));
    });
  });
}

describe("the page's origin", () => {
  test("another origin gets nothing to read", async () => {
    const transport = createConnectTransport({ ...page(), fetch: browserFetch("https://elsewhere.example") });
    const error = await failureOf(createClient(ChatService, transport).chat(ask("Hello!")));
    assert.match(error.message, /does not allow the origin/);
  });

  test("the openai SDK runs in the page too", async () => {
    const openai = connect(gateway, { dangerouslyAllowBrowser: true, fetch: browserFetch(PAGE) });
    const { data, request_id: id } = await openai.chat.completions
      .create({ model: MODEL, messages: user("Hello!"), stream: true })
      .withResponse();
    assert.ok(id);
    assert.match(textOf(await collect(data)), /Hello!/);
    const stranger = connect(gateway, { apiKey: "unknown-licence-of-nobody", fetch: browserFetch(PAGE) });
    await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  });
});
