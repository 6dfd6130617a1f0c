// Goal: a program with @grpc/grpc-js and the .proto files, knowing nothing of Connect, uses the service with gRPC's own means.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { anyUnpack, AnySchema, type Any } from "@bufbuild/protobuf/wkt";
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  status,
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
  type ErrorInfo,
} from "../../../src/gen/google/rpc/error_details_pb.ts";
import { benchImage, startFaultyGemini, type FaultyGemini } from "../../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../../support/gateway.ts";

const PROTO = join(import.meta.dirname, "../../../proto");
const MODEL = "gemini-3.8-flash";

interface Part {
  readonly kind?: string;
  readonly text?: string;
  readonly toolCall?: { readonly id: string; readonly name: string; readonly arguments: string };
  readonly media?: { readonly mimeType: string; readonly data: Buffer };
  readonly signature?: Buffer;
}

interface Answer {
  readonly model: string;
  readonly candidates: readonly { readonly parts: readonly Part[]; readonly finished: { readonly reason: string } }[];
  readonly usage: { readonly totalTokens: number };
}

interface Event extends Omit<Part, "media"> {
  readonly event: string;
  readonly part: number;
  readonly finished?: { readonly reason: string };
  readonly media?: { readonly mimeType: string; readonly data: Buffer; readonly last: boolean };
}

interface Batch {
  readonly events: readonly Event[];
}

type Callback<T> = (error: ServiceError | null, answer: T) => void;

/** The methods that grpc-js makes of the services' definitions. */
interface Stub {
  chat(request: object, metadata: Metadata, options: CallOptions, callback: Callback<Answer>): ClientUnaryCall;
  streamChat(request: object, metadata: Metadata, options?: CallOptions): ClientReadableStream<Batch>;
  check(request: object, callback: Callback<{ status: string }>): ClientUnaryCall;
  listModels(request: object, metadata: Metadata, callback: Callback<{ models: { id: string }[] }>): ClientUnaryCall;
  close(): void;
}

const definitions = loadPackageDefinition(
  loadSync(["gemini/chat/v1/chat.proto", "gemini/chat/v1/models.proto", "grpc/health/v1/health.proto"], {
    includeDirs: [PROTO],
    longs: Number,
    enums: String,
    oneofs: true,
    defaults: true,
  }),
);

function serviceNamed(path: string): ServiceClientConstructor {
  let found: unknown = definitions;
  for (const name of path.split(".")) found = (found as Record<string, unknown>)[name];
  return found as ServiceClientConstructor;
}

const open: Stub[] = [];

function connect(gateway: TestGateway, service: string): Stub {
  assert.ok(gateway.app.grpc);
  const stub = new (serviceNamed(service))(gateway.app.grpc, credentials.createInsecure()) as unknown as Stub;
  open.push(stub);
  return stub;
}

let gateway: TestGateway;
let chat: Stub;
before(async () => {
  gateway = await startGateway();
  chat = connect(gateway, "gemini.chat.v1.ChatService");
});
after(async () => {
  for (const stub of open) stub.close();
  await gateway[Symbol.asyncDispose]();
});

const licensed = (more: Readonly<Record<string, string>> = {}): Metadata => {
  const metadata = new Metadata();
  metadata.set("authorization", LICENCE);
  for (const [name, value] of Object.entries(more)) metadata.set(name, value);
  return metadata;
};

const ask = (text: string, more: object = {}): object => ({
  model: MODEL,
  messages: [{ role: "ROLE_USER", parts: [{ text }] }],
  ...more,
});

const textOf = (parts: readonly Part[]): string => parts.map(({ text }) => text ?? "").join("");

/** A unary call with all that it brings: the answer, headers and trailers. */
async function call(
  stub: Stub,
  request: object,
  metadata: Metadata = licensed(),
  options: CallOptions = {},
): Promise<{ answer: Answer; headers: Metadata }> {
  return await new Promise((resolve, reject) => {
    let headers = new Metadata();
    stub
      .chat(request, metadata, options, (error, answer) => (error ? reject(error) : resolve({ answer, headers })))
      .on("metadata", (received: Metadata) => {
        headers = received;
      });
  });
}

async function collect(stream: ClientReadableStream<Batch>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const batch of stream) events.push(...(batch as Batch).events);
  return events;
}

async function failureOf(promise: Promise<unknown>): Promise<ServiceError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Error && "code" in error, String(error));
    return error as ServiceError;
  }
  assert.fail("the call succeeded");
}

/** The details of google.rpc.Status { int32 code = 1; string message = 2; repeated Any details = 3; }. */
function detailsOf(error: ServiceError): Any[] {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  assert.ok(bytes instanceof Uint8Array);
  const reader = new BinaryReader(bytes);
  const details: Any[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) assert.equal(reader.int32(), error.code);
    else if (field === 2) assert.equal(reader.string(), error.details);
    else if (field === 3) details.push(fromBinary(AnySchema, reader.bytes()));
    else reader.skip(wireType);
  }
  return details;
}

function infoOf(error: ServiceError): ErrorInfo {
  const info = detailsOf(error)
    .map((detail) => anyUnpack(detail, ErrorInfoSchema))
    .find(Boolean);
  assert.equal(info?.domain, "gemini-gateway");
  return info;
}

describe("calls", () => {
  test("Chat answers, and the headers tell the request id and the model", async () => {
    const { answer, headers } = await call(chat, ask("Hello!"), licensed({ "x-request-id": "request-of-grpc-js" }));
    assert.match(textOf(answer.candidates[0]?.parts ?? []), /Hello!/);
    assert.equal(answer.candidates[0]?.finished.reason, "FINISH_REASON_STOP");
    assert.ok(answer.usage.totalTokens > 0);
    assert.deepEqual(headers.get("x-request-id"), ["request-of-grpc-js"]);
    assert.deepEqual(headers.get("x-gateway-model"), [MODEL]);
  });

  test("StreamChat brings Started first, text in pieces, Finished and Usage last", async () => {
    const stream = chat.streamChat(ask("Tell me something that takes a few words."), licensed());
    const headers = new Promise<Metadata>((resolve) => stream.once("metadata", resolve));
    const events = await collect(stream);
    assert.equal(events[0]?.event, "started");
    assert.deepEqual(
      events.slice(-2).map(({ event }) => event),
      ["finished", "usage"],
    );
    assert.ok(events.filter(({ event }) => event === "text").length > 1);
    assert.match(textOf(events), /Tell me something/);
    assert.deepEqual((await headers).get("x-gateway-model"), [MODEL]);
  });

  test("a tool loop goes on with the bytes of the signature as they came", async () => {
    const tools = [
      {
        function: {
          name: "get_weather",
          parametersJsonSchema: '{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}',
        },
      },
    ];
    const first = (await call(chat, ask("The weather in Paris?", { tools }))).answer.candidates[0]?.parts ?? [];
    const [part] = first.filter(({ toolCall }) => toolCall);
    assert.ok(part?.toolCall && part.signature && part.signature.length > 100);
    assert.deepEqual(JSON.parse(part.toolCall.arguments), { city: "Paris" });
    const result = { toolCallId: part.toolCall.id, name: "get_weather", content: '{"celsius":18}' };
    const messages = [
      { role: "ROLE_USER", parts: [{ text: "The weather in Paris?" }] },
      { role: "ROLE_ASSISTANT", parts: first },
      { role: "ROLE_TOOL", parts: [{ toolResult: result }] },
    ];
    const { answer } = await call(chat, { model: MODEL, messages, tools });
    assert.match(textOf(answer.candidates[0]?.parts ?? []), /get_weather: {"celsius":18}/);
  });

  test("models are listed", async () => {
    const models = connect(gateway, "gemini.chat.v1.ModelService");
    const ids = await new Promise<string[]>((resolve, reject) => {
      models.listModels({ pageSize: 1000 }, licensed(), (error, list) =>
        error ? reject(error) : resolve(list.models.map(({ id }) => id)),
      );
    });
    assert.ok(ids.includes(MODEL));
  });

  test("health tells SERVING without a licence, for the whole and for each service", async () => {
    const health = connect(gateway, "grpc.health.v1.Health");
    for (const service of ["", "gemini.chat.v1.ChatService"]) {
      const answer = await new Promise<string>((resolve, reject) => {
        health.check({ service }, (error, answered) => (error ? reject(error) : resolve(answered.status)));
      });
      assert.equal(answer, "SERVING");
    }
  });
});

describe("ends", () => {
  test("a deadline ends the call with DEADLINE_EXCEEDED", async () => {
    const options = { deadline: Date.now() + 300 };
    const error = await failureOf(call(chat, ask("[[emulator:delay=20000]]"), licensed(), options));
    assert.equal(error.code, status.DEADLINE_EXCEEDED);
    const stream = chat.streamChat(ask("[[emulator:delay=20000]]"), licensed(), { deadline: Date.now() + 300 });
    assert.equal((await failureOf(collect(stream))).code, status.DEADLINE_EXCEEDED);
  });

  test("cancelling a stream half-way ends the call of Gemini", async () => {
    await using gemini = await startFaultyGemini();
    await using slow = await startGateway({ GEMINI_BASE_URL: gemini.origin });
    const stream = connect(slow, "gemini.chat.v1.ChatService").streamChat(
      ask("Hello!", { model: "bench-s200e-wait50" }),
      licensed(),
    );
    const failure = failureOf(
      (async () => {
        for await (const batch of stream) if ((batch as Batch).events.some(({ text }) => text)) stream.cancel();
      })(),
    );
    assert.equal((await failure).code, status.CANCELLED);
    const [upstreamCall] = await gemini.waitForCalls(1);
    assert.equal(await upstreamCall?.whenEnded(), "client-closed");
  });
});

describe("failures", () => {
  test("a missing or unknown licence is UNAUTHENTICATED with its reason", async () => {
    for (const metadata of [new Metadata(), licensed({ authorization: "an-unknown-licence-of-nobody" })]) {
      const error = await failureOf(call(chat, ask("Hello!"), metadata));
      assert.equal(error.code, status.UNAUTHENTICATED);
      assert.equal(infoOf(error).reason, "INVALID_API_KEY");
    }
  });

  test("an unknown model is NOT_FOUND", async () => {
    const error = await failureOf(call(chat, ask("Hello!", { model: "gemini-9-unheard-of" })));
    assert.equal(error.code, status.NOT_FOUND);
    assert.equal(infoOf(error).reason, "MODEL_NOT_FOUND");
  });

  test("a field out of its range is INVALID_ARGUMENT and named by BadRequest, on both methods", async () => {
    const request = ask("Hello!", { sampling: { temperature: 7 } });
    for (const send of [() => call(chat, request), () => collect(chat.streamChat(request, licensed()))]) {
      const error = await failureOf(send());
      assert.equal(error.code, status.INVALID_ARGUMENT);
      const violations = detailsOf(error).flatMap(
        (detail) => anyUnpack(detail, BadRequestSchema)?.fieldViolations ?? [],
      );
      assert.deepEqual(
        violations.map(({ field }) => field),
        ["sampling.temperature"],
      );
    }
  });

  test("what Gemini says about quota arrives as RESOURCE_EXHAUSTED with RetryInfo", async () => {
    const error = await failureOf(call(chat, ask("[[emulator:429]]")));
    assert.equal(error.code, status.RESOURCE_EXHAUSTED);
    assert.equal(infoOf(error).reason, "RATE_LIMIT_EXCEEDED");
    const [wait] = detailsOf(error).flatMap((detail) => anyUnpack(detail, RetryInfoSchema)?.retryDelay ?? []);
    assert.ok(wait && wait.seconds > 0n && wait.seconds <= 7n);
  });

  for (const trigger of ["stream-error", "cut"]) {
    test(`a stream that fails half-way (${trigger}) ends with a status other than OK`, async () => {
      const stream = chat.streamChat(ask(`Hello! [[emulator:${trigger}]]`), licensed());
      const events: Event[] = [];
      const error = await failureOf(
        (async () => {
          for await (const batch of stream) events.push(...(batch as Batch).events);
        })(),
      );
      assert.equal(error.code, status.UNAVAILABLE);
      assert.match(textOf(events), /^You said/);
      assert.ok(!events.some(({ event }) => event === "finished"));
    });
  }
});

describe("a picture of 8 MB, with grpc-js's own limit of 4 MB a message", () => {
  let gemini: FaultyGemini;
  let drawing: TestGateway;
  before(async () => {
    gemini = await startFaultyGemini();
    drawing = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  });
  after(async () => {
    await drawing[Symbol.asyncDispose]();
    await gemini.close();
  });
  const request = ask("Draw.", { model: "bench-media-out-8mb" });

  test("StreamChat sends it in pieces that join to the same bytes", async () => {
    const stub = connect(drawing, "gemini.chat.v1.ChatService");
    const events = await collect(stub.streamChat(request, licensed()));
    const pieces = events.filter(({ event }) => event === "media");
    assert.ok(pieces.length > 4);
    assert.equal(new Set(pieces.map(({ part }) => part)).size, 1);
    assert.deepEqual(
      pieces.map(({ media }) => media?.last),
      pieces.map((_, index) => index === pieces.length - 1),
    );
    const joined = Buffer.concat(pieces.map(({ media }) => media?.data ?? Buffer.alloc(0)));
    assert.ok(joined.equals(Buffer.from(benchImage(8), "base64")));
  });

  test("Chat is too large until the client raises its limit, as the contract says", async () => {
    const stub = connect(drawing, "gemini.chat.v1.ChatService");
    assert.equal((await failureOf(call(stub, request))).code, status.RESOURCE_EXHAUSTED);
    assert.ok(drawing.app.grpc);
    const roomy = new (serviceNamed("gemini.chat.v1.ChatService"))(drawing.app.grpc, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    }) as unknown as Stub;
    open.push(roomy);
    const { answer } = await call(roomy, request);
    const [picture] = answer.candidates[0]?.parts.filter(({ media }) => media) ?? [];
    assert.ok(picture?.media?.data.equals(Buffer.from(benchImage(8), "base64")));
  });
});
