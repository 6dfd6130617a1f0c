// The real client against the faulty Gemini: what client tests share.

import type { ChatRequest } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { Failure } from "../../src/chat/failures.ts";
import type { ModelProfile } from "../../src/chat/models.ts";
import type { Attempt, EventSource, PreparedCall } from "../../src/chat/ports.ts";
import { createUpstream, type UpstreamOptions } from "../../src/gemini/client.ts";
import type { GenerateContentRequest } from "../../src/gemini/wire-request.ts";
import { startFaultyGemini, type Answer, type FaultyGemini } from "../support/faulty-gemini.ts";
import type { Told } from "./read-answer.ts";

export const KEYS = [
  { project: "one", key: "key-of-project-one" },
  { project: "two", key: "key-of-project-two" },
];

const FAR_MS = 60_000;
const HELLO: GenerateContentRequest = { contents: [{ role: "user", parts: [{ text: "Hello" }] }] };

export interface Rig extends AsyncDisposable {
  readonly gemini: FaultyGemini;
  readonly upstream: ReturnType<typeof createUpstream>;
  /** A call of a model; the mapping is skipped. */
  prepare(id?: string, request?: GenerateContentRequest): PreparedCall;
  open(changes?: Partial<Omit<Attempt, "limits">> & { limits?: Partial<Attempt["limits"]> }): EventSource;
}

/** Answers come in this order. */
export async function startRig(answers: readonly Answer[], changes: Partial<UpstreamOptions> = {}): Promise<Rig> {
  const gemini = await startFaultyGemini();
  gemini.script(answers);
  let mapped = HELLO;
  const upstream = createUpstream({
    baseUrl: new URL(gemini.origin),
    keys: KEYS,
    eventMaxBytes: 67_108_864,
    bodyMaxBytes: 268_435_456,
    toGeminiRequest: () => mapped,
    ...changes,
  });
  const prepare: Rig["prepare"] = (id = "gemini-3.8-flash", request = HELLO) => {
    mapped = request;
    return upstream.prepare({} as ChatRequest, { id } as ModelProfile, () => undefined);
  };
  return {
    gemini,
    upstream,
    prepare,
    open: ({ limits, ...attempt } = {}) =>
      upstream.open({
        key: { index: 0, project: "one" },
        call: attempt.call ?? prepare(),
        mode: "stream",
        signal: new AbortController().signal,
        limits: { firstEventMs: FAR_MS, idleMs: FAR_MS, totalMs: FAR_MS, ...limits },
        ...attempt,
      }),
    async [Symbol.asyncDispose]() {
      await upstream.close();
      await gemini.close();
    },
  };
}

/** All events of a source, and its failure if it ends with one. */
export async function collect(source: EventSource): Promise<Told> {
  const events: Told["events"] = [];
  try {
    for await (const batch of source) events.push(...batch.events);
    return { events, failure: undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { events, failure: error };
  }
}

/** What one call against one answer gives. */
export async function outcomeOf(answer: Answer, ...[changes]: Parameters<Rig["open"]>): Promise<Told> {
  await using rig = await startRig([answer]);
  return await collect(rig.open(changes));
}

/** The text told. */
export function textOf({ events }: Told): string {
  return events.map(({ event }) => (event.case === "text" ? event.value : "")).join("");
}
