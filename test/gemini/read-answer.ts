// Runs the state machine in tests: ids count up, so that two runs over the same answer give the same events.

import assert from "node:assert/strict";
import type { ChatEvent, ChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { signatureText } from "../../src/chat/bytes.ts";
import { Failure } from "../../src/chat/failures.ts";
import { createFold } from "../../src/chat/fold.ts";
import { EventQueue } from "../../src/gemini/event-queue.ts";
import { failureOfError } from "../../src/gemini/errors.ts";
import { AnswerReader, type AnswerFacts } from "../../src/gemini/events.ts";
import { EventStream } from "../../src/gemini/receivers.ts";
import { createRedactor } from "../../src/gemini/redact.ts";
import type { GenerateContentResponse } from "../../src/gemini/wire.ts";

export const redact = createRedactor([]);

export function facts(): AnswerFacts {
  let count = 0;
  return {
    model: "gemini-test",
    serviceTier: "",
    mintToolCallId: (geminiId) => `call_${count++}_${geminiId}`,
    toFailure: (error) => failureOfError(error, redact),
    promptCharacters: () => 40,
  };
}

/** What came, and the failure at the end. */
export interface Told {
  readonly events: ChatEvent[];
  readonly failure: Failure | undefined;
}

/** The events of an answer in these chunks. */
export function readChunks(chunks: readonly unknown[], known: AnswerFacts = facts()): Told {
  const reader = new AnswerReader(known);
  const events: ChatEvent[] = [];
  try {
    for (const chunk of chunks) reader.read(chunk as GenerateContentResponse, events);
    reader.end(events);
    return { events, failure: undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { events, failure: error };
  }
}

/** The events of a stream in these pieces of bytes, through parser, state machine and queue. */
export async function readBytes(pieces: readonly Buffer[]): Promise<Told> {
  const queue = new EventQueue({ pause: ignore, resume: ignore, cancel: ignore });
  const stream = new EventStream(facts(), 100_000_000, redact, queue, { progress: ignore });
  const events: ChatEvent[] = [];
  try {
    stream.onHead({});
    for (const piece of pieces) stream.onBytes(piece);
    stream.onEnd();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    stream.onFailure(error);
  }
  try {
    for await (const batch of queue) events.push(...batch.events);
    return { events, failure: undefined };
  } catch (error) {
    return { events, failure: error as Failure };
  }
}

export function fold(events: readonly ChatEvent[]): ChatResponse {
  const folded = createFold();
  for (const event of events) folded.add(event);
  return folded.finish();
}

type ValueOf<Case, Event> = Event extends { case: Case; value: infer Value } ? Value : never;

/** The values of all events of a kind. */
export function valuesOf<Case extends NonNullable<ChatEvent["event"]["case"]>>(
  events: readonly ChatEvent[],
  wanted: Case,
): ValueOf<Case, ChatEvent["event"]>[] {
  return events.flatMap(({ event }) =>
    event.case === wanted ? [event.value as ValueOf<Case, ChatEvent["event"]>] : [],
  );
}

export type Json = Record<string, unknown>;

/** A chunk with these parts of candidate 0. */
export function chunk(parts: readonly Json[], candidate: Json = {}, top: Json = {}): Json {
  return { candidates: [{ content: { role: "model", parts }, ...candidate }], ...top };
}

export const STOP = chunk([], { finishReason: "STOP" });

/** Chunks with these parts, one each, and a finish. */
export function stream(...parts: Json[]): Json[] {
  return [...parts.map((part) => chunk([part])), STOP];
}

/** The parts of the folded answer in short: `text:ab`, `thought:x`, `call:f`, with `*signature` behind. */
export function partsOf(chunks: readonly unknown[]): string[] {
  const { events, failure } = readChunks(chunks);
  assert.equal(failure, undefined);
  return (fold(events).candidates[0]?.parts ?? []).map((part) => {
    const { kind } = part;
    const value = typeof kind.value === "string" ? kind.value : kind.case === "toolCall" ? kind.value.name : "";
    const signature = signatureText(part);
    return `${part.inThought ? "in_thought " : ""}${kind.case}:${value}${signature === "" ? "" : `*${signature}`}`;
  });
}

export function failureOf(chunks: readonly unknown[]): string | undefined {
  return readChunks(chunks).failure?.reason;
}

export function eventsOf(chunks: readonly unknown[]): ChatEvent[] {
  const { events, failure } = readChunks(chunks);
  assert.equal(failure, undefined);
  return events;
}

function ignore(): void {}
