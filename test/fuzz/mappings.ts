// Fuzz targets without a socket: bodies on their way to a request, and answers of wrong types on their way to a client.
import assert from "node:assert/strict";
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { profileOf } from "../../src/chat/models.ts";
import { toGenerateContent } from "../../src/gemini/request.ts";
import { ChatRequestSchema, StreamChatResponseSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { readChatCompletion } from "../../src/openai/request.ts";
import { toChatCompletionJson } from "../../src/openai/response.ts";
import { createChunkStream } from "../../src/openai/stream.ts";
import { mutated } from "../e2e/properties/mutations.ts";
import { readRecordings, type Json } from "../e2e/replay/recordings.ts";
import { fold, readChunks } from "../gemini/read-answer.ts";
import { delivery, identity } from "../openai/answers.ts";
import { anyBody, anyJson } from "../openai/bodies.ts";
import { closed, target } from "./target.ts";

const ignore = (): void => {};

export const requests = target({
  id: "PL-1",
  title:
    "any body is a failure with a status of 4xx, or an intent that the contract takes and that becomes a request for Gemini",
  // What is tried is what a client sends: JSON, which has no undefined.
  inputs: fc.oneof(anyBody, anyJson).map((body) => JSON.stringify(body) ?? "null"),
  runs: 1_500,
  promised: 1_000_000,
  open: () =>
    closed((text: string) => {
      try {
        const { request } = readChatCompletion(JSON.parse(text), { headers: { strict: false, images: undefined } });
        toBinary(ChatRequestSchema, request);
        const defaults = { safetySettings: [], upstreamObjects: false };
        JSON.stringify(toGenerateContent(request, profileOf(request.model), ignore, defaults));
      } catch (error) {
        assert.ok(error instanceof Failure && error.row.httpStatus >= 400 && error.row.httpStatus < 500, String(error));
      }
    }),
});

/** Longer recordings hold pictures: many values of one kind. */
const RECORDING_MAX_CHARACTERS = 12_000;
const recorded = readRecordings()
  .map(({ response }) => response.chunks ?? [response.body])
  .filter((chunks) => JSON.stringify(chunks).length < RECORDING_MAX_CHARACTERS);

const told = { ...delivery, logprobs: true };

export const wrongTypes = target({
  id: "ST-6",
  title: "an answer of Gemini in which any value is another is an invalid answer, or one that every face can tell",
  inputs: fc.constantFrom(...recorded).chain((chunks) => mutated(chunks)),
  runs: 1_500,
  open: () =>
    closed((chunks: Json) => {
      const list: unknown[] = Array.isArray(chunks) ? chunks : [chunks];
      // Whatever is no Failure here would be told as a bug of ours, and is thrown.
      const { events, failure } = readChunks(list);
      const batch = create(StreamChatResponseSchema, { events });
      toBinary(StreamChatResponseSchema, batch);
      const stream = createChunkStream(told, identity, { warnings: [] });
      const text = stream.push(batch);
      if (failure) return;
      orFailure(() => {
        for (const event of (text + stream.end()).split("\n\n").slice(0, -2)) JSON.parse(event.slice("data: ".length));
      });
      orFailure(() => {
        const json = toChatCompletionJson(fold(events), told, identity, { warnings: [] });
        JSON.parse(typeof json === "string" ? json : Buffer.concat(json).toString());
      });
    }),
});

/** A Failure is told to the caller as what it is; anything else would be a bug of ours. */
function orFailure(tell: () => unknown): void {
  try {
    tell();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
