// The state machine over every recording of the real API: what it tells is what plain counting finds in the recording.

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  ChatResponseSchema,
  FinishReason,
  type ChatResponse,
  type Part,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData, signatureText } from "../../src/chat/bytes.ts";
import { finishWord } from "../../src/gemini/events/finish.ts";
import type { GeminiUsage } from "../../src/gemini/wire.ts";
import { fold, readBytes, readChunks } from "./read-answer.ts";
import { candidatesOf, chunksOf, contentsOf, recordedAnswers, type Contents, type Recording } from "./recorded.ts";

/** Fixtures of a foreign test suite whose answers end without any reason. */
const UNFINISHED = [
  "firebase-nomodel-unary-failure-empty-content-0",
  "firebase-nomodel-unary-failure-malformed-content-0",
];

/** Calls of Vertex in pieces, by name and arguments. */
const PARTIAL_CALLS: Readonly<Record<string, readonly [string, unknown][]>> = {
  "jsgenai-g3-pro-preview-generatecontentstream-partial-function-calling-vertex-ai-sho-s-0-d1b8": [
    [
      "getCurrentWeather",
      { country: "USA", location: "NewYorkCity", purpose: "to know what to wear today", unit: "C" },
    ],
  ],
  "jsgenai-g3-pro-preview-chats-tests-chats-function-calling-vertex-ai-with-streaming-s-0": [
    ["customDivide", { numerator: 100, denominator: 2 }],
  ],
  "vercel-g3-flash-preview-google-stream-no-args-tool-call-chunks-s-0": [
    ["read_theme", {}],
    ["read_screen", { id: "A" }],
    ["read_screen", { id: "B" }],
    ["read_screen", { id: "C" }],
  ],
  "vercel-g3-flash-preview-google-stream-tool-call-array-arguments-missing-terminal-fun-s-0": [
    [
      "writeItems",
      {
        operations: [
          { action: "add", description: "Fresh red apple", itemid: "apple_001", price: 0.5 },
          { action: "add", description: "Ripe yellow banana", itemid: "banana_001", price: 0.3 },
        ],
      },
    ],
  ],
};

const answers = recordedAnswers();
const finished = answers.filter(({ id }) => !UNFINISHED.includes(id));
const whole = finished.filter(({ features }) => !features.includes("error-mid-stream"));

function answerOf(recording: Recording): ChatResponse {
  const { events, failure } = readChunks(chunksOf(recording));
  assert.equal(failure, undefined, `${recording.id}: ${String(failure?.message)}`);
  return fold(events);
}

/** The same picture of an answer as `contentsOf` draws of a recording. */
function contentsOfParts(parts: readonly Part[]): Contents {
  const kinds = parts.map(({ kind }) => kind);
  return {
    text: kinds.map((kind) => (kind.case === "text" ? kind.value : "")).join(""),
    thoughts: kinds.map((kind) => (kind.case === "thought" ? kind.value : "")).join(""),
    calls: kinds.flatMap((kind) =>
      kind.case === "toolCall" ? [{ name: kind.value.name, args: JSON.parse(kind.value.arguments) as unknown }] : [],
    ),
    media: kinds.flatMap((kind) =>
      kind.case === "media" && kind.value.source.case === "data"
        ? [{ mimeType: kind.value.mimeType, data: String(base64OfData(kind.value.source)) }]
        : [],
    ),
    code: kinds.flatMap((kind) => (kind.case === "executableCode" ? [kind.value.code] : [])),
    outputs: kinds.flatMap((kind) => (kind.case === "codeResult" ? [kind.value.output] : [])),
    serverCalls: kinds.flatMap((kind) =>
      kind.case === "serverToolCall" ? [JSON.parse(kind.value.argumentsJson) as unknown] : [],
    ),
    serverResults: kinds.flatMap((kind) =>
      kind.case === "serverToolResult" ? [JSON.parse(kind.value.responseJson) as unknown] : [],
    ),
    signatures: parts.map(signatureText).filter((text) => text !== ""),
  };
}

suite("recordings", () => {
  test("there are enough of them to mean something", () => {
    assert.ok(whole.length > 280, `${whole.length} answers`);
  });

  test("text, thoughts, calls, media, code, server tools and signatures are those of the recording, in order", () => {
    for (const recording of whole) {
      if (recording.features.includes("partial-args")) continue;
      const parts = answerOf(recording).candidates[0]?.parts ?? [];
      assert.deepEqual(contentsOfParts(parts), contentsOf(chunksOf(recording)), recording.id);
    }
  });

  test("calls that come in pieces are told whole, with the signature of their first piece", () => {
    for (const [id, expected] of Object.entries(PARTIAL_CALLS)) {
      const recording = whole.find((candidate) => candidate.id === id);
      assert.ok(recording, id);
      const parts = answerOf(recording).candidates[0]?.parts ?? [];
      const { calls, signatures } = contentsOfParts(parts);
      assert.deepEqual(
        calls,
        expected.map(([name, args]) => ({ name, args })),
        id,
      );
      assert.deepEqual(signatures, contentsOf(chunksOf(recording)).signatures, id);
    }
    const nested = whole.find(({ id }) => id.startsWith("vercel-g3.1"));
    assert.ok(nested);
    const [call] = contentsOfParts(answerOf(nested).candidates[0]?.parts ?? []).calls;
    assert.ok(call);
    const { recipe } = call.args as { recipe: { name: string; ingredients: { name: string }[]; steps: string[] } };
    assert.equal(recipe.name, "Lasagna");
    assert.equal(recipe.ingredients.length, 10);
    assert.equal(recipe.ingredients[4]?.name, "Parmesan cheese");
    assert.equal(recipe.steps[1], "Cook lasagna noodles according to package directions, drain and set aside.");
  });

  test("the finish is the last one, with its message", () => {
    for (const recording of whole) {
      const chunks = chunksOf(recording);
      const told = answerOf(recording).candidates[0]?.finished;
      const blockReason = chunks.map(({ promptFeedback }) => promptFeedback?.blockReason).find((reason) => reason);
      if (blockReason) {
        assert.equal(told?.reason, FinishReason.PROMPT_BLOCKED, recording.id);
        assert.equal(told.blockReason, blockReason, recording.id);
        continue;
      }
      const last = candidatesOf(chunks).findLast(({ finishReason }) => finishReason !== undefined);
      assert.equal(told?.nativeReason, finishWord(last?.finishReason ?? ""), recording.id);
      assert.equal(
        told.message,
        candidatesOf(chunks).findLast(({ finishMessage }) => finishMessage)?.finishMessage ?? "",
        recording.id,
      );
    }
  });

  test("the usage is the last one with numbers, in OpenAI's terms", () => {
    for (const recording of whole) {
      const chunks = chunksOf(recording);
      const { usage } = answerOf(recording);
      const last = chunks.findLast(({ usageMetadata }) => usageMetadata?.totalTokenCount !== undefined)?.usageMetadata;
      assert.equal(usage?.estimated, last === undefined, recording.id);
      if (!last) continue;
      const n = (name: keyof GeminiUsage): number => (last[name] as number | undefined) ?? 0;
      assert.equal(usage.promptTokens, n("promptTokenCount") + n("toolUsePromptTokenCount"), recording.id);
      // An early 2.5 counted thoughts among the candidates.
      const isOdd = recording.id === "pydanticai-g2.5-pro-preview-03-25-image-as-binary-content-tool-response-1";
      const thoughts = isOdd ? 0 : n("thoughtsTokenCount");
      assert.equal(usage.completionTokens, n("candidatesTokenCount") + thoughts, recording.id);
      assert.equal(usage.totalTokens, last.totalTokenCount, recording.id);
      assert.equal(usage.totalTokens, usage.promptTokens + usage.completionTokens, recording.id);
      assert.equal(usage.thoughtTokens, n("thoughtsTokenCount"), recording.id);
      assert.equal(usage.cachedTokens, n("cachedContentTokenCount"), recording.id);
    }
  });

  test("response id and model version come with Started, which is first and comes once; Usage is last and comes once", () => {
    for (const recording of whole) {
      const { events } = readChunks(chunksOf(recording));
      const cases = events.map(({ event }) => event.case);
      assert.equal(cases.indexOf("started"), 0, recording.id);
      assert.equal(cases.lastIndexOf("started"), 0, recording.id);
      assert.equal(cases.indexOf("usage"), cases.length - 1, recording.id);
      assert.equal(cases.filter((name) => name === "finished").length, 1, recording.id);
      const [first] = chunksOf(recording);
      const answer = fold(events);
      assert.equal(answer.responseId, first?.responseId ?? "", recording.id);
      assert.equal(answer.modelVersion, (first?.modelVersion ?? "").replace("models/", ""), recording.id);
    }
  });

  test("part indices begin at 0, grow by one, and are those of the folded parts", () => {
    for (const recording of whole) {
      const { events } = readChunks(chunksOf(recording));
      const indices = events.filter(({ event }) => isPart(event.case)).map(({ part }) => part);
      const distinct = [...new Set(indices)];
      assert.deepEqual(
        indices,
        indices.toSorted((a, b) => a - b),
        recording.id,
      );
      assert.deepEqual(
        distinct,
        distinct.map((_, at) => at),
        recording.id,
      );
      assert.equal(fold(events).candidates[0]?.parts.length, distinct.length, recording.id);
    }
  });

  test("every passage that Gemini repeats is found at its offsets", () => {
    let passages = 0;
    for (const recording of whole) {
      const [candidate] = answerOf(recording).candidates;
      for (const { part, startByte, endByte, text } of candidate?.grounding?.supports ?? []) {
        const { kind } = candidate?.parts[part] ?? {};
        assert.equal(kind?.case, "text", recording.id);
        assert.equal(Buffer.from(kind.value).toString("utf8", startByte, endByte), text, recording.id);
        passages++;
      }
    }
    assert.ok(passages > 50, `${passages} passages`);
  });

  test("every answer can be encoded", () => {
    for (const recording of whole) {
      const answer = answerOf(recording);
      assert.ok(toBinary(ChatResponseSchema, answer).length > 0, recording.id);
      assert.equal(typeof toJson(ChatResponseSchema, answer), "object", recording.id);
    }
  });

  test("answers without a finish reason are failures", () => {
    for (const recording of answers.filter(({ id }) => UNFINISHED.includes(id))) {
      assert.equal(readChunks(chunksOf(recording)).failure?.reason, "UPSTREAM_STREAM_TRUNCATED", recording.id);
    }
  });

  test("a bare error after good events is the failure, and the events before it are told", async () => {
    const recording = answers.find(({ features }) => features.includes("error-mid-stream"));
    const { events, failure } = await readBytes([Buffer.from(recording?.response.raw ?? "")]);
    assert.equal(failure?.reason, "UPSTREAM_UNAVAILABLE");
    assert.equal(failure.message, "The operation was cancelled.");
    assert.ok(events.some(({ event }) => event.case === "text"));
    assert.ok(!events.some(({ event }) => event.case === "finished"));
  });

  test("however the bytes of a stream are cut, the events are the same", async () => {
    const streams = answers.filter(({ response }) => response.raw !== undefined);
    assert.ok(streams.length > 60, `${streams.length} streams`);
    for (const recording of streams) {
      const bytes = Buffer.from(recording.response.raw ?? "");
      const once = await readBytes([bytes]);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
          const ends = [...cuts, bytes.length].toSorted((a, b) => a - b);
          const pieces = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
          assert.deepEqual(await readBytes(pieces), once, recording.id);
        }),
        { numRuns: 4 },
      );
    }
  });
});

function isPart(name: string | undefined): boolean {
  return !["started", "usage", "finished", "citation", "grounding", "urlContext", "logprobs", "safetyRatings"].includes(
    name ?? "",
  );
}
