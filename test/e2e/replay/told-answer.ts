// What a gRPC client was told, in the words of expectation.ts: from a whole ChatResponse, or from the events of a stream.
import assert from "node:assert/strict";
import {
  CodeResult_OutcomeSchema,
  type ChatEvent,
  type ChatResponse,
  type Finished,
  type StreamChatResponse,
  type Usage,
} from "../../../src/gen/gemini/chat/v1/chat_pb.ts";
import { joinTexts, type ExpectedUsage, type Item, type ToldAnswer } from "./expectation.ts";
import { withoutLengths } from "./wav.ts";

type Piece = Pick<ChatEvent, "signature" | "inThought"> & {
  readonly kind: ChatEvent["event"] | ChatResponse["candidates"][0]["parts"][0]["kind"];
};

/** Fails unless there is exactly one candidate and it has finished. */
export function toldByResponse(response: ChatResponse): ToldAnswer {
  assert.equal(response.candidates.length, 1);
  const [candidate] = response.candidates;
  assert.ok(candidate?.finished);
  const items = joinTexts((candidate?.parts ?? []).map((part) => toItem([part])));
  const { responseId, modelVersion, usage } = response;
  return { responseId, modelVersion, items, finish: toFinish(candidate.finished), usage: toUsage(usage) };
}

/** Puts the events together as the contract says: what has the same part number is one part. */
export function toldByStream(batches: readonly StreamChatResponse[]): ToldAnswer {
  const events = batches.flatMap((batch) => batch.events);
  const started = events[0]?.event;
  assert.equal(started?.case, "started");
  const last = events.at(-1)?.event;
  assert.equal(last?.case, "usage");
  const finishes = events.flatMap(({ event }) => (event.case === "finished" ? [event.value] : []));
  assert.equal(finishes.length, 1);
  const pieces = Map.groupBy(events.filter(isPiece), ({ part }) => part);
  assert.deepEqual(
    [...pieces.keys()],
    Array.from(pieces.keys(), (_, at) => at),
    "parts are numbered without gaps, in order",
  );
  const items = joinTexts(
    Array.from(pieces.values(), (part) => toItem(part.map(({ event, ...facts }) => ({ ...facts, kind: event })))),
  );
  const { responseId, modelVersion } = started.value;
  return { responseId, modelVersion, items, finish: toFinish(finishes[0] as Finished), usage: toUsage(last.value) };
}

const FACTS = [
  "started",
  "usage",
  "finished",
  "citation",
  "grounding",
  "urlContext",
  "logprobs",
  "safetyRatings",
  "warning",
];

function isPiece({ event }: ChatEvent): boolean {
  return !FACTS.includes(event.case ?? "");
}

/** The pieces of one part. */
function toItem(pieces: readonly Piece[]): Item {
  const [first] = pieces;
  assert.ok(first);
  const signature = Buffer.concat(pieces.map((piece) => piece.signature)).toString("base64");
  return {
    ...toContent(first.kind, pieces),
    ...(first.inThought ? ({ inThought: true } as const) : {}),
    signatures: signature === "" ? [] : [signature],
  };
}

function toContent(kind: Piece["kind"], pieces: readonly Piece[]): Record<string, unknown> {
  switch (kind.case) {
    case "text":
    case "thought":
      return { [kind.case]: pieces.map((piece) => String((piece.kind as { value: string }).value)).join("") };
    case "toolCall": {
      const { name, arguments: args, id } = kind.value;
      return { call: { name, args: JSON.parse(args) as unknown, geminiId: geminiIdOf(id) } };
    }
    case "toolResult":
      return { toolResult: { name: kind.value.name, response: JSON.parse(kind.value.content) as unknown } };
    case "media":
      return { media: withoutLengths({ mimeType: kind.value.mimeType, data: dataOf(pieces) }) };
    case "executableCode":
      return { code: { language: kind.value.language, code: kind.value.code } };
    case "codeResult": {
      const { outcome, output } = kind.value;
      return { result: { outcome: CodeResult_OutcomeSchema.value[outcome]?.name, output } };
    }
    case "serverToolCall":
      return { serverCall: { toolType: kind.value.toolType, args: JSON.parse(kind.value.argumentsJson) as unknown } };
    case "serverToolResult":
      return {
        serverResult: { toolType: kind.value.toolType, response: JSON.parse(kind.value.responseJson) as unknown },
      };
    default:
      throw new Error(`a part of an unknown kind: ${kind.case}`);
  }
}

function dataOf(pieces: readonly Piece[]): string {
  const bytes = pieces.map(({ kind }) => {
    assert.ok(kind.case === "media" && kind.value.source.case === "data");
    return kind.value.source.value;
  });
  return Buffer.concat(bytes).toString("base64");
}

/** `call_<12 random>`, and Gemini's own id when it gave one. */
export function geminiIdOf(id: string): string {
  const match = /^call_[A-Za-z0-9]{12}(?:_([A-Za-z0-9_-]+))?$/.exec(id);
  assert.ok(match && id.length <= 64, `the id of a call: ${id}`);
  return match[1] ?? "";
}

function toFinish({ nativeReason, message, blockReason }: Finished): ToldAnswer["finish"] {
  return { nativeReason, message, blockReason };
}

function toUsage(usage: Usage | undefined): ExpectedUsage | undefined {
  assert.ok(usage);
  if (usage.estimated) return undefined;
  const { promptTokens, completionTokens, totalTokens, cachedTokens, thoughtTokens } = usage;
  return {
    prompt: promptTokens,
    completion: completionTokens,
    total: totalTokens,
    cached: cachedTokens,
    thoughts: thoughtTokens,
  };
}
