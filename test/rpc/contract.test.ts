// Goal: one contract over all transports: the same calls give the same answers, failures, cancellation and deadlines everywhere.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Client } from "@connectrpc/connect";
import { createFold } from "../../src/chat/fold.ts";
import {
  ChatRequestSchema,
  ChatService,
  Role,
  ToolChoice_Mode,
  type ChatRequest,
  type ChatResponse,
  type StreamChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../../src/gen/gemini/chat/v1/models_pb.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";

const MODEL = "gemini-3.8-flash";

function ask(text: string, facts: MessageInitShape<typeof ChatRequestSchema> = {}): ChatRequest {
  return create(ChatRequestSchema, {
    model: MODEL,
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: text } }] }],
    ...facts,
  });
}

const weather: MessageInitShape<typeof ChatRequestSchema> = {
  tools: [
    {
      kind: {
        case: "function",
        value: {
          name: "get_weather",
          description: "Weather of a city",
          parametersJsonSchema: JSON.stringify({
            type: "object",
            properties: { city: { type: "string" } },
            required: ["city"],
          }),
        },
      },
    },
  ],
  toolChoice: { mode: ToolChoice_Mode.REQUIRED },
};

function fold(batches: readonly StreamChatResponse[]): ChatResponse {
  const answer = createFold();
  for (const { events } of batches) for (const event of events) answer.add(event);
  return answer.finish();
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

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const text = (parts: { kind: { case?: string | undefined; value?: unknown } }[]) =>
  parts.map(({ kind }) => (kind.case === "text" ? String(kind.value) : "")).join("");

const gateway: { current?: TestGateway } = {};
before(async () => {
  gateway.current = await startGateway();
});
after(() => gateway.current?.[Symbol.asyncDispose]());

const NAMES = [
  "local",
  "gRPC over HTTP/2",
  "Connect over HTTP/2",
  "Connect over HTTP/1.1",
  "Connect with JSON",
  "gRPC-Web",
];

for (const name of NAMES) {
  describe(`over ${name}`, () => {
    let chat: Client<typeof ChatService>;
    let models: Client<typeof ModelService>;
    // In process our own code makes the messages and has checked the licence.
    const onWire = (title: string, run: () => Promise<void>): void => {
      if (name !== "local") test(title, run);
    };
    before(() => {
      assert.ok(gateway.current);
      const found = transportsOf(gateway.current).find((candidate) => candidate.name === name);
      assert.ok(found);
      chat = createClient(ChatService, found.transport);
      models = createClient(ModelService, found.transport);
    });

    test("Chat answers with text, a finish, usage and the model", async () => {
      const answer = await chat.chat(ask("Grüße, 世界 🌍"));
      assert.match(text(answer.candidates[0]?.parts ?? []), /世界 🌍/);
      assert.equal(answer.candidates[0]?.finished?.nativeReason, "STOP");
      assert.equal(answer.model, MODEL);
      assert.ok((answer.usage?.totalTokens ?? 0) > 0);
    });

    test("StreamChat sends the same answer in several events, Started first and Usage last", async () => {
      const batches = await collect(chat.streamChat(ask("Tell me something long enough to come in pieces.")));
      const events = batches.flatMap((batch) => batch.events);
      assert.equal(events[0]?.event.case, "started");
      assert.equal(events.at(-1)?.event.case, "usage");
      assert.ok(events.filter(({ event }) => event.case === "text").length > 1);
      const whole = await chat.chat(ask("Tell me something long enough to come in pieces."));
      assert.equal(text(fold(batches).candidates[0]?.parts ?? []), text(whole.candidates[0]?.parts ?? []));
    });

    test("a tool loop keeps ids and signatures and ends with an answer", async () => {
      const asked = ask("What is the weather in Paris?", weather);
      const first = await chat.chat(asked);
      const parts = first.candidates[0]?.parts ?? [];
      const call = parts.find(({ kind }) => kind.case === "toolCall");
      assert.equal(call?.kind.case, "toolCall");
      assert.match(call.kind.value.id, /^call_[A-Za-z0-9]{12}_/);
      assert.ok(call.signature.length > 0);
      const result = { toolCallId: call.kind.value.id, name: "get_weather", content: '{"temperature":18}' };
      const second = await chat.chat({
        ...asked,
        toolChoice: undefined,
        messages: [
          ...asked.messages,
          create(ChatRequestSchema, { messages: [{ role: Role.ASSISTANT, parts }] }).messages[0],
          create(ChatRequestSchema, {
            messages: [{ role: Role.TOOL, parts: [{ kind: { case: "toolResult", value: result } }] }],
          }).messages[0],
        ].filter((message) => message !== undefined),
      });
      assert.match(text(second.candidates[0]?.parts ?? []), /18/);
      assert.deepEqual(second.warnings, []);
    });

    test("CountTokens counts", async () => {
      const { totalTokens } = await chat.countTokens({ chatRequest: ask("one two three four five") });
      assert.ok(totalTokens > 3);
    });

    test("ListModels pages through what GetModel tells", async () => {
      const firstPage = await models.listModels({ pageSize: 2 });
      assert.equal(firstPage.models.length, 2);
      const secondPage = await models.listModels({ pageSize: 2, pageToken: firstPage.nextPageToken });
      assert.ok((secondPage.models[0]?.id ?? "") > (firstPage.models[1]?.id ?? ""));
      const { model } = await models.getModel({ id: MODEL });
      assert.deepEqual(model?.thinking?.levels.length, 3);
    });

    test("an unknown model is NOT_FOUND with a reason", async () => {
      const asked = ask("hi", { model: "gemini-nope" });
      for (const call of [() => chat.chat(asked), () => collect(chat.streamChat(asked))]) {
        const error = await failureOf(call());
        assert.equal(error.code, Code.NotFound);
        assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "MODEL_NOT_FOUND");
        assert.equal(error.findDetails(ErrorInfoSchema)[0]?.domain, "gemini-gateway");
      }
    });

    onWire("what breaks a rule of the contract names its field", async () => {
      const error = await failureOf(chat.chat(ask("hi", { sampling: { temperature: 3 } })));
      assert.equal(error.code, Code.InvalidArgument);
      const [violation] = error.findDetails(BadRequestSchema)[0]?.fieldViolations ?? [];
      assert.equal(violation?.field, "sampling.temperature");
    });

    onWire("a wrong licence is UNAUTHENTICATED", async () => {
      const headers = { authorization: "wrong-licence-0000000" };
      for (const call of [
        () => chat.chat(ask("hi"), { headers }),
        () => collect(chat.streamChat(ask("hi"), { headers })),
      ]) {
        const error = await failureOf(call());
        assert.equal(error.code, Code.Unauthenticated);
        assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "INVALID_API_KEY");
      }
    });

    onWire("what could not be honoured stands in the answer and is a response header, whole and streamed", async () => {
      const asked = ask("hi", { model: "gemini-2.0-flash" });
      const headers: (string | null)[] = [];
      const onHeader = (header: Headers): void => void headers.push(header.get("x-gateway-warnings"));
      const { warnings } = await chat.chat(asked, { onHeader });
      const batches = await collect(chat.streamChat(asked, { onHeader }));
      const started = batches[0]?.events[0]?.event;
      assert.equal(started?.case, "started");
      assert.deepEqual(
        warnings.map(({ code }) => code),
        started.value.warnings.map(({ code }) => code),
      );
      assert.deepEqual(headers, ["model_aliased:model", "model_aliased:model"]);
    });

    onWire("a failure has the headers of an answer: the request id, the model, and whether to come back", async () => {
      const headers = { "x-request-id": "my-request-2" };
      const { metadata } = await failureOf(chat.chat(ask("hi", { model: "gemini-nope" }), { headers }));
      assert.equal(metadata.get("x-request-id"), "my-request-2");
      assert.equal(metadata.get("x-gateway-model"), "gemini-nope");
      assert.equal(metadata.get("x-should-retry"), "false");
      const refused = await failureOf(
        chat.chat(ask("hi"), { headers: { ...headers, authorization: "wrong-licence-0000000" } }),
      );
      assert.equal(refused.metadata.get("x-request-id"), "my-request-2");
    });

    onWire("the model that is called is a response header", async () => {
      let model: string | null = null;
      let requestId: string | null = null;
      const onHeader = (header: Headers): void => {
        model = header.get("x-gateway-model");
        requestId = header.get("x-request-id");
      };
      await chat.chat(ask("hi", { model: "gemini-2.0-flash" }), {
        headers: { "x-request-id": "my-request-1" },
        onHeader,
      });
      assert.equal(model, "gemini-2.5-flash-lite");
      assert.equal(requestId, "my-request-1");
    });
  });
}
