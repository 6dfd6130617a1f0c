// Answers chosen by model name for the bench: computed once, sent as ready bytes.

import { createHash } from "node:crypto";
import { errorAnswer, jsonAnswer } from "./answers.ts";
import type { Call } from "./call.ts";
import { imageChunk, partsChunk, pngBase64, textChunk, usageOf, type JsonObject } from "./chunks.ts";
import { geminiErrors } from "./errors.ts";
import { streamAnswer, type StreamItem } from "./sse.ts";
import { inOneWrite, pause, precomputed, type Answer } from "./steps.ts";

/** Each event holds exactly one, so that a client counts events whatever its chunks look like. */
export const BENCH_MARK = "~";

/** Characters of an event, the mark included. */
export const BENCH_EVENT_CHARACTERS = 20;

const BYTES_PER_MB = 1_048_576;
const NAME =
  /^(?:gemini-)?bench-(?:unary-(?<characters>\d+)|s(?<events>\d+)(?<writeEach>e)?(?:-wait(?<waitMs>\d+))?|media-out-(?<outMb>\d+)mb|media-in-(?<inMb>\d+)mb|(?<echo>echo)|(?<slow>slow))$/;

/** By request target, which names the model and whether it streams. */
const answers = new Map<string, Answer>();

/**
 * The answer of a bench model, streamed or unary as the call asks; undefined for other models.
 *
 * - `bench-unary-200`: so many characters
 * - `bench-s50`: so many events of 20 characters in one write; `bench-s50e`: one write each; `bench-s50e-wait20`: 20 ms apart
 * - `bench-slow`: 20 events, 50 ms apart
 * - `bench-media-out-2mb`: a PNG with so much base64
 * - `bench-media-in-5mb`: 400 unless the request holds so much base64
 * - `bench-echo`: the request's last text, and the SHA-256 of each inline data, so that a client can check the way there
 */
export function benchAnswer(call: Call): Answer | undefined {
  const known = answers.get(call.target);
  if (known !== undefined) return known;
  const name = NAME.exec(call.model ?? "")?.groups;
  if (name === undefined) return undefined;
  if (name["echo"] !== undefined) {
    return toAnswer([textChunk(echoOf(call.json()), { finishReason: "STOP" })], call.streaming);
  }
  const wantedBytes = Number(name["inMb"] ?? 0) * BYTES_PER_MB;
  if (call.bodyBytes < wantedBytes) return errorAnswer(geminiErrors.invalidArgument);
  const answer = precompute(name, call.streaming);
  if (wantedBytes === 0) answers.set(call.target, answer);
  return answer;
}

/** The PNG of `bench-media-out-<mb>mb`, for whoever checks that it arrived. */
export function benchImage(mb: number): string {
  return pngBase64(mb * BYTES_PER_MB);
}

/** Text of `characters` with a mark every 20. */
export function benchText(characters: number): string {
  return `abcdefghijklmnopqrs${BENCH_MARK}`.repeat(Math.ceil(characters / BENCH_EVENT_CHARACTERS)).slice(0, characters);
}

function precompute(name: Readonly<Record<string, string | undefined>>, streaming: boolean): Answer {
  const { characters, events, writeEach, waitMs, outMb, slow } = name;
  if (outMb !== undefined) {
    const image = imageChunk(benchImage(Number(outMb)), "image/png", { finishReason: "STOP", usage: usageOf(8, 1290) });
    return inOneWrite(toAnswer([image], streaming));
  }
  if (slow !== undefined) return precomputed(toAnswer(textEvents(20, 50), streaming));
  if (events === undefined) return inOneWrite(toAnswer([lastText(benchText(Number(characters ?? 200)))], streaming));
  const answer = toAnswer(textEvents(Number(events), Number(waitMs ?? 0)), streaming);
  return writeEach === undefined && waitMs === undefined ? inOneWrite(answer) : precomputed(answer);
}

function textEvents(count: number, waitMs: number): StreamItem[] {
  const text = benchText(BENCH_EVENT_CHARACTERS);
  const items: StreamItem[] = Array.from({ length: count - 1 }, (_, at) =>
    textChunk(text, { usage: usageOf(9, 5 * (at + 1)) }),
  );
  items.push(lastText(text));
  return waitMs === 0 ? items : items.flatMap((item) => [pause(waitMs), item]);
}

function lastText(text: string): JsonObject {
  return textChunk(text, { finishReason: "STOP", usage: usageOf(9, 50) });
}

function toAnswer(items: readonly StreamItem[], streaming: boolean): Answer {
  if (streaming) return streamAnswer(items);
  const parts = items.flatMap((item) => (item as GeminiBody).candidates?.[0]?.content.parts ?? []);
  return jsonAnswer(partsChunk(parts, { finishReason: "STOP", usage: usageOf(9, 50) }), { framing: "length" });
}

/** The little of Gemini's words that is read here. */
interface GeminiBody {
  readonly candidates?: readonly { readonly content: { readonly parts: JsonObject[] } }[];
  readonly contents?: readonly {
    readonly parts: readonly { readonly text?: string; readonly inlineData?: { readonly data: string } }[];
  }[];
}

function echoOf(request: unknown): string {
  const parts = ((request as GeminiBody).contents ?? []).flatMap((content) => content.parts);
  const hashes = parts.flatMap(({ inlineData }) => (inlineData === undefined ? [] : [sha256(inlineData.data)]));
  return [parts.findLast(({ text }) => text !== undefined)?.text ?? "", ...hashes].join(" ");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
