// Runs the state machine in tests: ids count up, so that two runs over the same answer give the same events.

import type { ChatEvent, ChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
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

function ignore(): void {}
