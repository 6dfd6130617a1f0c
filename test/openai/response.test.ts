// The whole answer: what the message says, and above all that it equals the fold of the stream of the same answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { ChatResponseSchema, FinishedSchema, FinishReason } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { Delivery } from "../../src/openai/intent.ts";
import { toChatCompletion, toChatCompletionJson } from "../../src/openai/response.ts";
import { createChunkStream } from "../../src/openai/stream.ts";
import { warning } from "../../src/chat/warnings.ts";
import { answer, anyCuts, anyDelivery, anyResponse, delivery, identity, toBatches, type PartInit } from "./answers.ts";
import { foldChunks, readChunks, type Json } from "./sse-fold.ts";

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value));
}

test("the JSON answer equals the fold of the stream, for any answer, cut and delivery", () => {
  const extras = { warnings: [warning("parameter_unknown", "foo", "m")] };
  fc.assert(
    fc.property(anyResponse, anyDelivery, anyCuts, (response, delivery, random) => {
      const stream = createChunkStream(delivery, identity, extras);
      const sse =
        toBatches(response, random)
          .map((batch) => stream.push(batch))
          .join("") + stream.end();
      const whole = plain(toChatCompletion(response, delivery, identity, extras));
      if (!delivery.includeUsage) delete whole.usage;
      assert.deepEqual(foldChunks(readChunks(sse)), whole);
    }),
    { numRuns: 1000 },
  );
});

const noWarnings = { warnings: [] };

test("the JSON text says the same, with media of any length", () => {
  const image = (letters: number) =>
    ({
      case: "media",
      value: { mimeType: "image/png", source: { case: "data", value: Buffer.alloc(letters, 7) } },
    }) as const;
  const pictures = answer(
    { kind: { case: "text", value: 'Here: "ü"' } },
    { kind: image(60_000) },
    { kind: image(3) },
    { kind: image(90_001) },
  );
  for (const images of ["markdown", "images", "both"] as const) {
    const options = { ...delivery, images };
    const json = toChatCompletionJson(pictures, options, identity, noWarnings);
    assert.deepEqual(JSON.parse(textOf(json)), plain(toChatCompletion(pictures, options, identity, noWarnings)));
  }
  fc.assert(
    fc.property(anyResponse, anyDelivery, (response, options) => {
      const json = toChatCompletionJson(response, options, identity, noWarnings);
      assert.deepEqual(JSON.parse(textOf(json)), plain(toChatCompletion(response, options, identity, noWarnings)));
    }),
  );
});

function textOf(json: string | readonly Buffer[]): string {
  return typeof json === "string" ? json : Buffer.concat(json).toString();
}

function completionOf(response: ReturnType<typeof answer>, options: Partial<Delivery> = {}): Json {
  return plain(toChatCompletion(response, { ...delivery, ...options }, identity, noWarnings));
}

/** An answer without parts that ended for this reason. */
function silence(reason: FinishReason, nativeReason = "", blockReason = ""): ReturnType<typeof answer> {
  const finished = create(FinishedSchema, { reason, nativeReason, blockReason });
  return create(ChatResponseSchema, { candidates: [{ finished }] });
}

test("an answer has every required member", () => {
  assert.deepEqual(completionOf(answer({ kind: { case: "text", value: "Hi" } })), {
    id: "chatcmpl-test",
    object: "chat.completion",
    created: 1_790_000_000,
    model: "gemini-3.8-flash",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Hi", refusal: null },
        logprobs: null,
        finish_reason: "stop",
        native_finish_reason: "STOP",
      },
    ],
  });
});

test("a blocked prompt is one choice without content, filtered, and needs no warning", () => {
  const { choices, warnings } = completionOf(silence(FinishReason.PROMPT_BLOCKED, "", "PROHIBITED_CONTENT"));
  assert.deepEqual(choices[0], {
    index: 0,
    message: { role: "assistant", content: null, refusal: null },
    logprobs: null,
    finish_reason: "content_filter",
    native_finish_reason: "PROHIBITED_CONTENT",
  });
  assert.equal(warnings, undefined);
});

test("an answer that says nothing has empty content and a warning", () => {
  for (const reason of [
    FinishReason.MAX_TOKENS,
    FinishReason.MALFORMED_FUNCTION_CALL,
    FinishReason.NO_IMAGE,
    FinishReason.STOP,
  ]) {
    const { choices, warnings } = completionOf(silence(reason));
    assert.equal(choices[0].message.content, "");
    assert.deepEqual(
      warnings.map(({ code }: Json) => code),
      ["empty_answer"],
    );
  }
});

test("content is null beside calls and sound, and empty beside listed images", () => {
  const sound: PartInit = {
    kind: { case: "media", value: { mimeType: "audio/wav", source: { case: "data", value: Buffer.from("ab") } } },
  };
  const image: PartInit = {
    kind: { case: "media", value: { mimeType: "image/png", source: { case: "data", value: Buffer.from("ab") } } },
  };
  const call: PartInit = { kind: { case: "toolCall", value: { id: "call_1", name: "f" } } };
  const content = (part: PartInit) =>
    completionOf(answer(part), { audio: "message", images: "images" }).choices[0].message.content;
  assert.deepEqual([sound, image, call].map(content), [null, "", null]);
});

test("a refusal stands in its own member", () => {
  const { message } = completionOf(answer({ kind: { case: "refusal", value: "No." } })).choices[0];
  assert.deepEqual(message, { role: "assistant", content: null, refusal: "No." });
});

test("an answer without candidates, or with one that has no finish, is a failure", () => {
  const unfinished = create(ChatResponseSchema, { candidates: [{ parts: [{ kind: { case: "text", value: "a" } }] }] });
  for (const response of [create(ChatResponseSchema), unfinished]) {
    assert.throws(
      () => completionOf(response),
      (error) => error instanceof Failure && error.reason === "UPSTREAM_STREAM_TRUNCATED",
    );
  }
});
