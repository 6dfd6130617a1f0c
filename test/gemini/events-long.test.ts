// Goal: of an answer too long to be kept, every source still points to where Gemini said it is, in the right part.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KEPT_TEXT_MAX_LENGTH } from "../../src/chat/kept-texts.ts";
import { AnswerReader } from "../../src/gemini/events.ts";
import type { ChatEvent } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { chunk, eventsOf, facts, valuesOf } from "./read-answer.ts";

/** Of two bytes each, so that bytes and characters differ. */
const HALF = "é".repeat(KEPT_TEXT_MAX_LENGTH / 2);
const HALF_BYTES = KEPT_TEXT_MAX_LENGTH;

/** Where the passages of a candidate's sources are: part, first byte, byte after the last. */
function passagesOf(events: readonly ChatEvent[]): number[][] {
  return valuesOf(events, "citation").map(({ part, startByte, endByte }) => [part, startByte, endByte]);
}

/** The sources of an answer with two parts, told at its end: one by offset alone, one whose offsets are off but whose text is known. */
function sourced(first: readonly string[], second: string, start: number) {
  const segment = { startIndex: start - 1, endIndex: start + 2, text: "abc" };
  return [
    ...first.map((text) => chunk([{ text }])),
    chunk([{ executableCode: { code: "1" } }]),
    chunk([{ text: second }], {
      finishReason: "STOP",
      citationMetadata: { citationSources: [{ startIndex: start, endIndex: start + 3, uri: "u" }] },
      groundingMetadata: {
        groundingChunks: [{ web: { uri: "w", title: "t" } }],
        groundingSupports: [{ segment, groundingChunkIndices: [0] }],
      },
    }),
  ];
}

test("BP-2: up to the limit the text of a source tells where it is", () => {
  const text = HALF.slice(4);
  assert.deepEqual(passagesOf(eventsOf(sourced([HALF, text], "_abc", 2 * HALF_BYTES - 8 + 1))), [
    [2, 1, 4],
    [2, 1, 4],
  ]);
});

test("BP-2: beyond it the offsets of a source count as they came, and fall into the right part", () => {
  assert.deepEqual(passagesOf(eventsOf(sourced([HALF, HALF, "more"], "_abc", 2 * HALF_BYTES + 4 + 1))), [
    [2, 1, 4],
    [2, 0, 3],
  ]);
});

test("BP-2: half a character at the end of a piece and the other half at the next begin count as one", () => {
  const pieces = [HALF, HALF.slice(1) + "\ud83d", "\ude00", "\ud83d", "\ude00\ud83d"];
  assert.deepEqual(passagesOf(eventsOf(sourced(pieces, "_abc", 2 * HALF_BYTES - 2 + 4 + 4 + 3 + 1))), [
    [2, 1, 4],
    [2, 0, 3],
  ]);
});

test("BP-2: a call that goes on with a long text knows where in its part it begins", () => {
  const first = new AnswerReader(facts());
  const events: ChatEvent[] = [];
  const token = { finishReason: "CONTINUATION", continuationToken: "next" };
  for (const one of [chunk([{ text: HALF }]), chunk([{ text: HALF }]), chunk([{ text: "é" }], token)]) {
    first.read(one, events);
  }
  first.end(events);
  assert.ok(first.brokenOff);
  const second = new AnswerReader({ ...facts(), before: first.brokenOff });
  const citationMetadata = { citationSources: [{ startIndex: 1, endIndex: 4, uri: "u" }] };
  second.read(chunk([{ text: "_abc" }], { finishReason: "STOP", citationMetadata }), events);
  second.end(events);
  assert.deepEqual(passagesOf(events), [[0, 2 * HALF_BYTES + 3, 2 * HALF_BYTES + 6]]);
});
