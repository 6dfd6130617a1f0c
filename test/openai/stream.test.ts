// The stream: the exact text of its events, their order, and a real openai client that reads them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import OpenAI from "openai";
import { lazyData } from "../../src/chat/bytes.ts";
import { Failure } from "../../src/chat/failures.ts";
import { warning } from "../../src/chat/warnings.ts";
import { FinishReason, MediaChunkSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { toChatCompletion } from "../../src/openai/response.ts";
import type { Delivery } from "../../src/openai/intent.ts";
import { createChunkStream, KEEP_ALIVE_COMMENT, streamErrorText } from "../../src/openai/stream.ts";
import { anyCuts, anyResponse, batch, delivery, identity, stop, toBatches, type EventInit } from "./answers.ts";
import { foldChunks, readChunks, type Json } from "./sse-fold.ts";

const text = (value: string, part = 0): EventInit => ({ part, event: { case: "text", value } });
const call = (id: string, part = 0): EventInit => ({
  part,
  event: { case: "toolCall", value: { id, name: "f", arguments: '{"a":1}' } },
});
const noWarnings = { warnings: [] };

function open(options: Partial<Delivery> = {}, warnings = noWarnings.warnings as ReturnType<typeof warning>[]) {
  return createChunkStream({ ...delivery, includeUsage: false, ...options }, identity, { warnings });
}

/** SSE text of events that come in one batch each, with the end. */
function streamOf(events: readonly EventInit[], options: Partial<Delivery> = {}): string {
  const stream = open(options);
  return events.map((event) => stream.push(batch(event))).join("") + stream.end();
}

const HEAD =
  'data: {"id":"chatcmpl-test","object":"chat.completion.chunk","created":1790000000,"model":"gemini-3.8-flash","choices":[';

test("a text answer is exactly these events", () => {
  assert.equal(
    streamOf([text("Hel"), text('lo "you"\n'), stop]),
    `${HEAD}{"index":0,"delta":{"role":"assistant","refusal":null,"content":"Hel"},"logprobs":null,"finish_reason":null}]}\n\n` +
      `${HEAD}{"index":0,"delta":{"content":"lo \\"you\\"\\n"},"logprobs":null,"finish_reason":null}]}\n\n` +
      `${HEAD}{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop","native_finish_reason":"STOP"}]}\n\n` +
      "data: [DONE]\n\n",
  );
});

test("with include_usage every chunk has the member and a last one without choices the value", () => {
  const usage: EventInit = {
    event: { case: "usage", value: { promptTokens: 3, completionTokens: 2, totalTokens: 5 } },
  };
  const chunks = readChunks(streamOf([text("a"), text("b"), stop, usage], { includeUsage: true }));
  assert.deepEqual(
    chunks.map((chunk) => chunk.usage?.total_tokens ?? chunk.usage),
    [null, null, null, 5],
  );
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(
    readChunks(streamOf([text("a"), stop, usage])).every((chunk) => !("usage" in chunk)),
    "unasked usage breaks clients",
  );
});

test("thoughts are sent under both names and never as content", () => {
  const chunks = readChunks(
    streamOf([
      { event: { case: "thought", value: "a" } },
      { event: { case: "thought", value: "b" } },
      text("c", 1),
      stop,
    ]),
  );
  assert.deepEqual(
    chunks.map(({ choices }) => choices[0].delta),
    [
      { role: "assistant", content: null, refusal: null, reasoning_content: "a", reasoning: "a" },
      { reasoning_content: "b", reasoning: "b" },
      { content: "c" },
      {},
    ],
  );
});

test("a call is one delta with all its arguments and its signature, and finishes with tool_calls", () => {
  const chunks = readChunks(
    streamOf([{ ...call("call_1"), signature: Buffer.from("sig") }, call("call_2", 1), text("", 2), stop]),
  );
  const { choices } = foldChunks(chunks);
  assert.equal(choices[0].message.content, null);
  assert.deepEqual(chunks[0].choices[0].delta.tool_calls, [
    {
      index: 0,
      id: "call_1",
      type: "function",
      function: { name: "f", arguments: '{"a":1}' },
      extra_content: { google: { thought_signature: "c2ln" } },
    },
  ]);
  assert.deepEqual(chunks[1].choices[0].delta.tool_calls[0].index, 1);
  assert.equal(choices[0].finish_reason, "tool_calls");
});

test("calls of custom tools are answered in kind", () => {
  const customTools = new Set(["sql", "loose"]);
  const called = (id: string, name: string, args: string) =>
    ({ event: { case: "toolCall", value: { id, name, arguments: args } } }) as const;
  const events = [
    { part: 0, ...called("call_1", "sql", '{"input":"SELECT 1"}') },
    { part: 1, ...called("call_2", "f", '{"input":"SELECT 1"}') },
    { part: 2, ...called("call_3", "loose", '{"query":1}') },
  ];
  const { choices } = foldChunks(readChunks(streamOf([...events, stop], { customTools })));
  assert.equal(choices[0].finish_reason, "tool_calls");
  assert.deepEqual(choices[0].message.tool_calls, [
    { id: "call_1", type: "custom", custom: { name: "sql", input: "SELECT 1" } },
    { id: "call_2", type: "function", function: { name: "f", arguments: '{"input":"SELECT 1"}' } },
    { id: "call_3", type: "custom", custom: { name: "loose", input: '{"query":1}' } },
  ]);
});

test("old functions are answered in kind", () => {
  const { choices } = foldChunks(readChunks(streamOf([call("call_1"), stop], { legacyFunctions: true })));
  assert.deepEqual(choices[0].message.function_call, { name: "f", arguments: '{"a":1}' });
  assert.equal(choices[0].finish_reason, "function_call");
});

test("one image is one delta, in content, in the list, or in both", () => {
  const pieces = ["ab", "cd"].map((piece, index): EventInit => ({
    event: {
      case: "media",
      value: { mimeType: "image/png", source: { case: "data", value: Buffer.from(piece) }, last: index === 1 },
    },
  }));
  const deltas = readChunks(
    streamOf([text("x"), ...pieces.map((piece) => ({ ...piece, part: 1 })), stop], { images: "both" }),
  );
  const url = "data:image/png;base64,YWJjZA==";
  assert.deepEqual(deltas[1].choices[0].delta, {
    content: `![image](${url})`,
    images: [{ type: "image_url", index: 0, image_url: { url } }],
  });
  assert.equal(deltas.length, 3);
});

test("base64 text passes through undecoded", () => {
  const source = lazyData("AAAA");
  Object.defineProperty(source, "value", { get: () => assert.fail("decoded") });
  const value = { ...create(MediaChunkSchema, { mimeType: "image/png", last: true }), source };
  const events = batch(text("")).events.map((event) => ({ ...event, event: { case: "media", value } as const }));
  assert.match(open().push({ $typeName: "gemini.chat.v1.StreamChatResponse", events }), /base64,AAAA\)/);
});

test("sound comes as pieces that can be joined, its expiry once and alone", () => {
  const sound = ["\u0000".repeat(44), "abcdefg", "hi"].map((piece, index): EventInit => ({
    event: {
      case: "media",
      value: { mimeType: "audio/wav", source: { case: "data", value: Buffer.from(piece) }, last: index === 2 },
    },
  }));
  const chunks = readChunks(streamOf([...sound, stop], { audio: "message" }));
  const pieces = chunks.flatMap(({ choices }) => choices[0].delta.audio?.data ?? []);
  for (const piece of pieces.slice(0, -1)) assert.equal(Buffer.from(piece, "base64").length % 6, 0);
  const { choices } = foldChunks(chunks);
  assert.equal(Buffer.from(choices[0].message.audio.data, "base64").toString(), `${"\u0000".repeat(44)}abcdefghi`);
  assert.equal(choices[0].message.audio.id, "audio_test");
  assert.deepEqual(chunks.at(-2).choices[0].delta, { audio: { expires_at: identity.created } });
  assert.equal(choices[0].message.content, null);
});

test("several answers interleave, each with its own role, calls and finish", () => {
  const of = (candidate: number, event: EventInit): EventInit => ({ ...event, candidate });
  const chunks = readChunks(
    streamOf([of(1, text("b")), of(0, text("a")), of(1, call("call_1", 1)), of(0, stop), of(1, stop)]),
  );
  assert.deepEqual(
    chunks.map(({ choices }) => choices[0].index),
    [1, 0, 1, 0, 1],
  );
  const { choices } = foldChunks(chunks);
  assert.deepEqual(
    choices.map(({ message, finish_reason }: Json) => [message.content, finish_reason]),
    [
      ["a", "stop"],
      ["b", "tool_calls"],
    ],
  );
});

test("the finish waits for the end, and an answer without one is a failure", () => {
  const stream = open();
  assert.equal(readChunks(stream.push(batch(text("a"), stop)), false).length, 1);
  assert.match(stream.end(), /"finish_reason":"stop".*\[DONE\]/s);
  for (const events of [[], [text("a")], [{ ...stop, candidate: 1 }, text("a")], [{ ...stop, candidate: 1 }]]) {
    const unfinished = open();
    unfinished.push(batch(...events));
    assert.throws(
      () => unfinished.end(),
      (error) => error instanceof Failure && error.reason === "UPSTREAM_STREAM_TRUNCATED",
    );
  }
});

test("known warnings come with the first chunk under OpenAI's names, later ones with the last finish", () => {
  const stream = open({}, [warning("parameter_unknown", "foo", "edge")]);
  const started = stream.push(
    batch({
      event: {
        case: "started",
        value: { serviceTier: 3, warnings: [warning("sampling_ignored", "sampling.temperature", "s")] },
      },
    }),
  );
  assert.equal(started, "", "an answer that says nothing yet is no chunk");
  const late: EventInit = {
    event: { case: "warning", value: warning("service_tier_adjusted", "service_tier", "late") },
  };
  const usage: EventInit = { event: { case: "usage", value: { serviceTier: 1 } } };
  const chunks = readChunks(stream.push(batch(text("a"), late, text("b"), stop, usage)) + stream.end());
  assert.deepEqual(
    chunks.map((chunk) => chunk.warnings?.map(({ param }: Json) => param)),
    [["foo", "temperature"], undefined, ["service_tier"]],
  );
  assert.deepEqual(
    chunks.map((chunk) => chunk.service_tier),
    ["priority", undefined, "default"],
  );
});

test("log probabilities follow their text when they were asked for", () => {
  const token = { token: "é", logprob: -0.5, top: [{ token: "e", logprob: -2 }] };
  const events = [text("é"), { event: { case: "logprobs", value: { tokens: [token] } } } as EventInit, stop];
  const chunks = readChunks(streamOf(events, { logprobs: true }));
  assert.deepEqual(chunks[1].choices[0].logprobs, {
    content: [
      { token: "é", logprob: -0.5, bytes: [195, 169], top_logprobs: [{ token: "e", logprob: -2, bytes: [101] }] },
    ],
    refusal: null,
  });
  assert.ok(readChunks(streamOf(events)).every(({ choices }) => choices[0].logprobs === null));
});

test("what is only known at the end stands on the finish, and annotations in one chunk before it", () => {
  const chunks = readChunks(
    streamOf([
      text("é Paris"),
      {
        event: {
          case: "citation",
          value: { part: 0, startByte: 3, endByte: 8, uri: "https://a.example/", title: "A" },
        },
      },
      { event: { case: "grounding", value: { queries: ["q"] } } },
      { event: { case: "urlContext", value: { url: "https://b.example/", status: 1 } } },
      { event: { case: "safetyRatings", value: { ratings: [{ category: 1, probability: "LOW" }] } } },
      { part: 1, event: { case: "text", value: "" }, signature: Buffer.from("sig") },
      { event: { case: "finished", value: { reason: FinishReason.STOP, nativeReason: "STOP", message: "because" } } },
    ]),
  );
  assert.deepEqual(chunks[1].choices[0].delta.annotations, [
    { type: "url_citation", url_citation: { start_index: 2, end_index: 7, url: "https://a.example/", title: "A" } },
  ]);
  assert.deepEqual(chunks[2].choices[0], {
    index: 0,
    delta: { extra_content: { google: { thought_signature: "c2ln" } } },
    logprobs: null,
    finish_reason: "stop",
    native_finish_reason: "STOP",
    finish_message: "because",
    safety_ratings: [{ category: "HARM_CATEGORY_HARASSMENT", probability: "LOW" }],
    grounding_metadata: { webSearchQueries: ["q"] },
    url_context_metadata: {
      urlMetadata: [{ retrievedUrl: "https://b.example/", urlRetrievalStatus: "URL_RETRIEVAL_STATUS_SUCCESS" }],
    },
  });
});

test("the parts that OpenAI cannot say stand once on the finish", () => {
  const code: EventInit = { part: 1, event: { case: "executableCode", value: { language: "PYTHON", code: "1" } } };
  const chunks = readChunks(streamOf([text("a"), text("b"), code, stop]));
  assert.deepEqual(chunks.at(-1).choices[0].delta.extra_content.google.parts, [
    { text: "ab" },
    { executableCode: { language: "PYTHON", code: "1" } },
  ]);
});

test("keep-alive and errors are what SSE parsers expect", () => {
  assert.equal(KEEP_ALIVE_COMMENT, ": keep-alive\n\n");
  assert.match(streamErrorText(new Failure("OVERLOADED", "m")), /^data: \{"error":\{[^\n]*\}\}\n\n$/);
});

/** An openai client that gets this text as the answer to anything. */
function clientFor(sse: string): OpenAI {
  const fetch = () => Promise.resolve(new Response(sse, { headers: { "content-type": "text/event-stream" } }));
  return new OpenAI({ apiKey: "licence", baseURL: "http://gateway.test/gemini/v1", fetch, maxRetries: 0 });
}

const question = { model: "m", messages: [{ role: "user", content: "?" }] } satisfies OpenAI.ChatCompletionCreateParams;

test("openai-node folds any stream to the message of the JSON answer", async () => {
  const options = { ...delivery, includeUsage: true, images: "both", audio: "message" } as const;
  await fc.assert(
    fc.asyncProperty(anyResponse, anyCuts, async (response, random) => {
      const stream = createChunkStream(options, identity, noWarnings);
      const sse =
        toBatches(response, random)
          .map((one) => stream.push(one))
          .join("") + stream.end();
      const folded: Json = await clientFor(sse).chat.completions.stream(question).finalChatCompletion();
      const whole: Json = toChatCompletion(response, options, identity, noWarnings);
      for (const [index, choice] of whole.choices.entries()) {
        const { role, content, refusal, audio, tool_calls } = folded.choices[index].message;
        assert.equal(role, "assistant");
        assert.equal(content, choice.message.content);
        assert.equal(refusal, choice.message.refusal);
        assert.deepEqual(audio, choice.message.audio);
        assert.equal(folded.choices[index].finish_reason, choice.finish_reason);
        const bare = (calls: Json[] = []) =>
          calls.map(({ id, type, function: { name, arguments: args } }) => ({ id, type, name, args }));
        assert.deepEqual(bare(tool_calls), bare(choice.message.tool_calls));
      }
      assert.deepEqual(folded.usage, whole.usage);
    }),
    { numRuns: 200 },
  );
});

test("openai-node rejects a stream that broke", async () => {
  const stream = open();
  const sse = stream.push(batch(text("a"))) + streamErrorText(new Failure("UPSTREAM_STREAM_TRUNCATED", "It broke."));
  await assert.rejects(clientFor(sse).chat.completions.stream(question).finalChatCompletion(), /It broke/);
});
