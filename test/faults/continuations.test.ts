// Goal: an answer that Gemini breaks off at its own limit goes on inside itself, up to the caller's limit, at the price of all its calls.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import {
  ChatRequestSchema,
  ChatService,
  FinishReason,
  Modality,
  ModalityTokens_Kind,
  Role,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { foldEvents } from "../../src/chat/fold.ts";
import { assertErrorOf } from "../facade/openai-error.ts";
import {
  callChunk,
  errorAnswer,
  finishChunk,
  geminiErrors,
  jsonAnswer,
  partsChunk,
  pause,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  usageOf,
  type Answer,
  type Call,
  type ChunkOptions,
  type FaultyGemini,
  type JsonObject,
  type Step,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { openAi, readSse } from "./requests.ts";

const MODEL = "gemini-4-argon";
const TOKENS = ["first-continuation-token", "second-continuation-token", "third-continuation-token"] as const;

/** Chunk options of a call that was broken off. */
function brokenOff(hop: number, usage: JsonObject = usageOf(10 + hop, 20), candidate: JsonObject = {}): ChunkOptions {
  return { finishReason: "CONTINUATION", usage, candidate: { continuationToken: TOKENS[hop], ...candidate } };
}
const ended = (usage: JsonObject = usageOf(30, 5)): ChunkOptions => ({ finishReason: "STOP", usage });

/** The chunks of a call, as a stream or joined to one. */
function answerOf(streaming: boolean, chunks: readonly JsonObject[]): Answer {
  if (streaming) return streamAnswer(chunks);
  const last = chunks.at(-1) as { candidates: { content: JsonObject }[] };
  const parts = chunks.flatMap(
    (chunk) => (chunk as { candidates: { content: { parts: JsonObject[] } }[] }).candidates[0]?.content.parts ?? [],
  );
  return jsonAnswer({ ...last, candidates: [{ ...last.candidates[0], content: { role: "model", parts } }] });
}

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini({ models: [MODEL] });
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    GEMINI_API_KEYS: "a:key-aaaaaaaa,b:key-bbbbbbbb,c:key-cccccccc",
    LOG_LEVEL: "trace",
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
  for (const line of gateway.log) for (const token of TOKENS) assert.ok(!line.includes(token), line);
});

interface Asked {
  readonly response: Response;
  readonly text: string;
  readonly calls: readonly Call[];
}

/** Asks with these answers in order. */
async function ask(
  streaming: boolean,
  calls: readonly (readonly JsonObject[])[],
  facts: object = { max_tokens: 1_000 },
): Promise<Asked> {
  return askAnswered(
    streaming,
    calls.map((chunks) => answerOf(streaming, chunks)),
    facts,
  );
}

async function askAnswered(streaming: boolean, answers: readonly Answer[], facts: object): Promise<Asked> {
  const before = gemini.calls.length;
  gemini.script(answers);
  const options = streaming ? { stream_options: { include_usage: true } } : {};
  const response = await gateway.post(openAi(streaming, { model: MODEL, ...options, ...facts }));
  const text = await response.text();
  for (const token of TOKENS) assert.ok(!text.includes(token), "the token is internal");
  return { response, text, calls: gemini.calls.slice(before) };
}

interface Annotation {
  readonly url_citation: { readonly start_index: number; readonly end_index: number; readonly url: string };
}

/** What a client reads, alike in both modes. */
function read(streaming: boolean, text: string) {
  if (!streaming) {
    const { choices, usage } = JSON.parse(text);
    const [{ message, finish_reason: finish, native_finish_reason: native }] = choices;
    return { content: message.content, calls: message.tool_calls ?? [], finishes: [finish], native, usage, message };
  }
  const { content, finishReasons, done } = readSse(text);
  assert.ok(done);
  const chunks = text
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => JSON.parse(event.slice("data: ".length)));
  const choices = chunks.flatMap((chunk) => chunk.choices);
  return {
    content,
    calls: choices.flatMap(({ delta }) => delta.tool_calls ?? []),
    finishes: finishReasons,
    native: choices.map((choice) => choice.native_finish_reason).findLast((word) => word),
    usage: chunks.map(({ usage }) => usage).findLast((usage) => usage),
    message: choices.findLast(({ delta }) => delta.annotations)?.delta,
  };
}

for (const streaming of [false, true]) {
  describe(streaming ? "a stream" : "JSON", () => {
    test("goes on to its natural end: one answer, one text, the same body with the token, the same key, all usage", async () => {
      const { text, calls } = await ask(streaming, [
        [textChunk("One, "), textChunk("two, ", brokenOff(0))],
        [textChunk("three, ", brokenOff(1))],
        [textChunk("four."), finishChunk("STOP", ended())],
      ]);
      const answer = read(streaming, text);
      assert.equal(answer.content, "One, two, three, four.");
      assert.deepEqual([answer.finishes, answer.native], [["stop"], "STOP"]);
      const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = answer.usage;
      assert.deepEqual([prompt, completion, total], [10 + 11 + 30, 20 + 20 + 5, 96]);
      const [first, ...more] = calls.map((call) => call.json() as JsonObject);
      assert.equal(first?.["continuationToken"], undefined);
      assert.deepEqual(more, [
        { ...first, continuationToken: TOKENS[0] },
        { ...first, continuationToken: TOKENS[1] },
      ]);
      assert.equal(new Set(calls.map(({ key }) => key)).size, 1);
    });

    test("ends with length when the caller's limit is reached", async () => {
      const { text, calls } = await ask(
        streaming,
        [[textChunk("One, ", brokenOff(0))], [textChunk("two, ", brokenOff(1))], [textChunk("never", ended())]],
        { max_tokens: 40 },
      );
      const answer = read(streaming, text);
      assert.deepEqual([answer.content, answer.finishes, answer.native], ["One, two, ", ["length"], "CONTINUATION"]);
      assert.equal(answer.usage.completion_tokens, 40);
      assert.equal(calls.length, 2);
    });

    test("takes one call, and ends with length, when the caller set no limit", async () => {
      const { text, calls } = await ask(streaming, [[textChunk("One, ", brokenOff(0))], [textChunk("never")]], {});
      const answer = read(streaming, text);
      assert.deepEqual([answer.content, answer.finishes, answer.usage.completion_tokens], ["One, ", ["length"], 20]);
      assert.equal(calls.length, 1);
    });

    test("ends with length when a call brought nothing, instead of asking for ever", async () => {
      const { text, calls } = await ask(streaming, [
        [textChunk("One, ", brokenOff(0))],
        [partsChunk([], brokenOff(1, usageOf(10, 0)))],
      ]);
      assert.deepEqual([read(streaming, text).finishes, calls.length], [["length"], 2]);
    });

    test("goes on into a tool call", async () => {
      const { text } = await ask(
        streaming,
        [[textChunk("I look. ", brokenOff(0))], [callChunk("f", { a: 1 }, { id: "g1" }, ended())]],
        { max_tokens: 1_000, tools: [{ type: "function", function: { name: "f" } }] },
      );
      const answer = read(streaming, text);
      assert.deepEqual([answer.content, answer.finishes], ["I look. ", ["tool_calls"]]);
      assert.deepEqual(
        answer.calls.map((call: { function: { name: string } }) => call.function.name),
        ["f"],
      );
    });

    test("has its sources where they are in the whole answer", async () => {
      const grounded = (uri: string, word: string): JsonObject => ({
        groundingMetadata: {
          groundingChunks: [{ web: { uri, title: uri } }],
          groundingSupports: [
            { segment: { startIndex: 0, endIndex: word.length, text: word }, groundingChunkIndices: [0] },
          ],
        },
      });
      const { text } = await ask(streaming, [
        [textChunk("Oslo 🌧 ", brokenOff(0, usageOf(10, 20), grounded("https://a.example", "Oslo")))],
        [textChunk("Bergen ☀", { ...ended(), candidate: grounded("https://b.example", "Bergen") })],
      ]);
      const { content, message } = read(streaming, text);
      const cited = message.annotations.map(
        ({ url_citation: { start_index: start, end_index: end, url } }: Annotation) => [content.slice(start, end), url],
      );
      assert.deepEqual(cited, [
        ["Oslo", "https://a.example"],
        ["Bergen", "https://b.example"],
      ]);
    });

    test("tries a call that goes on again as long as nothing of it was told, on another project where it must", async () => {
      const { text, calls } = await askAnswered(
        streaming,
        [
          answerOf(streaming, [textChunk("One, ", brokenOff(0))]),
          errorAnswer(geminiErrors.sharedCapacity),
          answerOf(streaming, [textChunk("two.", ended())]),
        ],
        { max_tokens: 1_000 },
      );
      const answer = read(streaming, text);
      assert.deepEqual([answer.content, answer.finishes], ["One, two.", ["stop"]]);
      const [first, failed, last] = calls;
      assert.equal(first?.key, failed?.key, "pinned as long as possible");
      assert.notEqual(failed?.key, last?.key);
      assert.deepEqual(failed?.json(), last?.json());
    });

    test("does not take an end with nothing for a mistake when it comes after content", async () => {
      const { text, calls } = await ask(streaming, [[textChunk("One.", brokenOff(0))], [finishChunk("STOP", ended())]]);
      assert.deepEqual([read(streaming, text).content, calls.length], ["One.", 2]);
    });

    test("goes on in each of several answers", async () => {
      gemini.script((call) => {
        const goesOn = (call.json() as JsonObject)["continuationToken"] !== undefined;
        return answerOf(streaming, [goesOn ? textChunk("two.", ended()) : textChunk("One, ", brokenOff(0))]);
      });
      const options = streaming ? { stream_options: { include_usage: true } } : {};
      const response = await gateway.post(openAi(streaming, { model: MODEL, n: 2, max_tokens: 1_000, ...options }));
      const text = await response.text();
      assert.equal(text.split("two.").length - 1, 2);
      const usage = streaming ? read(true, text).usage : JSON.parse(text).usage;
      assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [2 * (10 + 30), 2 * (20 + 5)]);
    });
  });
}

describe("a call that goes on and fails for good", () => {
  test("fails a JSON answer, for a part of one would be taken for the whole", async () => {
    const answers = [answerOf(false, [textChunk("One, ", brokenOff(0))]), errorAnswer(geminiErrors.invalidArgument)];
    const { response, text } = await askAnswered(false, answers, { max_tokens: 1_000 });
    await assertErrorOf(new Response(text, response), { status: 400, code: "upstream_invalid_argument" });
  });

  test("ends a stream with an error event, also when it had told something and was cut", async () => {
    const cuts: readonly (readonly (JsonObject | Step)[])[] = [[textChunk("two, "), "reset"], [textChunk("two, ")]];
    for (const cut of cuts) {
      const answers = [streamAnswer([textChunk("One, ", brokenOff(0))]), streamAnswer(cut)];
      const { text, calls } = await askAnswered(true, answers, { max_tokens: 1_000 });
      const { content, error, done, finishReasons } = readSse(text);
      assert.deepEqual(
        [content, error?.code, done, finishReasons],
        ["One, two, ", "upstream_stream_truncated", false, []],
      );
      assert.equal(calls.length, 2);
    }
  });
});

for (const streaming of [false, true]) {
  test(`a caller of ${streaming ? "a stream" : "a JSON answer"} who leaves while a call that goes on is awaited closes it, and is told of once`, async () => {
    const before = gemini.calls.length;
    const logged = gateway.log.length;
    gemini.script([answerOf(streaming, [textChunk("one ", brokenOff(0))]), ["stall"]]);
    const controller = new AbortController();
    const asked = gateway.post(openAi(streaming, { model: MODEL, max_tokens: 1_000 }), {}, controller.signal);
    const text = asked.then((response) => response.text()).catch((error: Error) => error.name);
    await gemini.waitForCalls(before + 2);
    controller.abort();
    assert.equal(await gemini.calls.at(-1)?.whenEnded(), "client-closed");
    assert.equal(await text, "AbortError");
    const told = (kind: string): string[] =>
      gateway.log
        .slice(logged)
        .map((line) => JSON.parse(line) as Record<string, string>)
        .filter(({ msg }) => msg === kind)
        .map(({ outcome = "" }) => outcome);
    for (let tries = 0; tries < 400 && told("call finished").length === 0; tries++) await sleep(5);
    assert.deepEqual(told("attempt finished"), ["OK", "CANCELLED"]);
    assert.deepEqual(told("call finished"), ["CANCELLED"]);
    assert.equal(gemini.calls.length, before + 2);
  });
}

test("Chat and the folded StreamChat say the same, and kinds of tokens are summed as well", async () => {
  const grpc = transportsOf(gateway).find(({ name }) => name === "gRPC over HTTP/2");
  assert.ok(grpc);
  const client = createClient(ChatService, grpc.transport);
  const request = create(ChatRequestSchema, {
    model: MODEL,
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: "hi" } }] }],
    sampling: { maxOutputTokens: 1_000 },
  });
  const script = (): void =>
    gemini.script((call) => {
      const goesOn = (call.json() as JsonObject)["continuationToken"] !== undefined;
      const chunks = goesOn ? [textChunk("two.", ended())] : [textChunk("One, ", brokenOff(0, usageOf(10, 20, 7)))];
      return answerOf(call.streaming, chunks);
    });
  script();
  const whole = await client.chat(request);
  script();
  const streamed = await foldEvents(client.streamChat(request));
  assert.deepEqual(streamed, whole);
  assert.equal(whole.candidates[0]?.finished?.reason, FinishReason.STOP);
  const { usage } = whole;
  assert.deepEqual([usage?.promptTokens, usage?.completionTokens, usage?.thoughtTokens], [40, 32, 7]);
  const [prompt] = usage?.modalityTokens ?? [];
  assert.deepEqual([prompt?.kind, prompt?.modality, prompt?.tokens], [ModalityTokens_Kind.PROMPT, Modality.TEXT, 40]);
});

describe("time", () => {
  const slow = (streaming: boolean, chunk: JsonObject): Answer => [pause(700), ...answerOf(streaming, [chunk])];
  const answers = (streaming: boolean): Answer[] => [
    slow(streaming, textChunk("One, ", brokenOff(0))),
    slow(streaming, textChunk("two, ", brokenOff(1))),
    slow(streaming, textChunk("three.", ended())),
  ];

  test("of the configuration begins anew with each call that goes on", async () => {
    await using limited = await startGateway({
      GEMINI_BASE_URL: gemini.origin,
      REQUEST_TIMEOUT_MS: "1500",
      STREAM_TIMEOUT_MS: "1500",
    });
    for (const streaming of [false, true]) {
      gemini.script(answers(streaming));
      const response = await limited.post(openAi(streaming, { model: MODEL, max_tokens: 1_000 }));
      const { content } = read(streaming, await response.text());
      assert.equal(content, "One, two, three.");
    }
  });

  test("of the caller does not", async () => {
    gemini.script(answers(true));
    const startedMs = performance.now();
    const response = await gateway.post(openAi(true, { model: MODEL, max_tokens: 1_000 }), {
      "x-request-timeout": "1.2",
    });
    const { content, error } = readSse(await response.text());
    assert.deepEqual([content, error?.code], ["One, ", "timeout"]);
    assert.ok(performance.now() - startedMs < 3_000);
  });
});

test("the emulator, which judges every body, sees nothing wrong with it and gives the answer of a single call", async () => {
  await using emulated = await startGateway({ LOG_LEVEL: "debug" });
  const ask = async (trigger: string, streaming: boolean) => {
    const before = emulated.log.length;
    const messages = [{ role: "user", content: `Hello${trigger}` }];
    const response = await emulated.post(openAi(streaming, { model: MODEL, max_tokens: 100_000, messages }));
    const answer = read(streaming, await response.text());
    const calls = emulated.log.slice(before).filter((line) => line.includes("attempt finished")).length;
    return { ...answer, calls };
  };
  for (const streaming of [false, true]) {
    const single = await ask("", streaming);
    assert.equal(single.calls, 1);
    for (const trigger of [" [[emulator:CONTINUATION]]", " [[emulator:hop=20]]", " [[emulator:hop=2]]"]) {
      const answer = await ask(trigger, streaming);
      assert.ok(answer.calls > 1, trigger);
      assert.deepEqual([answer.content, answer.finishes], [single.content, ["stop"]], trigger);
    }
  }
});
