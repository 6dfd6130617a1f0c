// The calls of the upstream that one answer takes: attempts until it begins and, where it is broken off, the calls that go on with it.
import type { AudioFormat, StreamChatResponse, Usage } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { AttemptWishes, LiveAttempt, RetryCount } from "./attempts.ts";
import type { Deadline } from "./deadline.ts";
import { Failure, type FailureReason } from "./failures.ts";
import { flawOf, hasContent, hasFinish } from "./flaws.ts";
import { goesOn } from "./hops.ts";
import type { Meter } from "./meter.ts";
import { tryPlan } from "./place-media.ts";
import type { Plan, PlanPorts } from "./plan.ts";
import type { Attempt, CallContext, Continuation, EventSource, KeyPool, SpeechShaper } from "./ports.ts";
import { addUsage, usageOf } from "./usage.ts";

export interface ChatLimits {
  /** Milliseconds; see the settings of the same names. `slow…` are for models that think or make media. */
  readonly firstEventMs: number;
  readonly slowFirstEventMs: number;
  readonly idleMs: number;
  readonly slowIdleMs: number;
  readonly requestMs: number;
  readonly streamMs: number;
}

export interface ChatPorts extends PlanPorts {
  readonly keys: KeyPool;
  readonly speech: (format: AudioFormat, isWhole: boolean, signal: AbortSignal) => SpeechShaper;
  readonly limits: ChatLimits;
}

/** What the answers of one call share. */
export interface Call {
  readonly ports: ChatPorts;
  readonly meter: Meter;
  readonly context: CallContext;
  readonly deadline: Deadline;
  readonly mode: Attempt["mode"];
}

type Batches = AsyncIterator<StreamChatResponse, undefined>;

/** A call that gives its events. */
interface Opened {
  readonly source: EventSource;
  readonly iterator: Batches;
  /** Undefined when it goes on with an answer and has nothing to add. */
  readonly first: StreamChatResponse | undefined;
}

type Live = Pick<LiveAttempt<Opened>, "key" | "finish">;

/** Without its result, whose first batch may be a picture: the answer would keep it to its end. */
function toLive({ key, finish }: LiveAttempt<Opened>): Live {
  return { key, finish };
}

/** The call that an answer comes from now and, when it is broken off, the one that goes on with it. */
export class AnswerCalls {
  readonly #call: Call;
  readonly #plan: Plan;
  #live: Live | undefined;
  #source: EventSource;
  #iterator: Batches;
  /** What was billed before the current call; undefined: nothing. */
  spent: Usage | undefined;
  #hops = 0;
  /** Output tokens of the calls that went into the answer. */
  #tokens = 0;

  constructor(call: Call, plan: Plan, live: LiveAttempt<Opened>, spent: Usage | undefined) {
    this.#call = call;
    this.#plan = plan;
    this.#live = toLive(live);
    this.#source = live.result.source;
    this.#iterator = live.result.iterator;
    this.spent = spent;
  }

  /** Reports how the current call ended, once. */
  finish(outcome: "OK" | FailureReason): void {
    this.#live?.finish(outcome);
    this.#live = undefined;
  }

  /** The next batch of the answer; undefined at its end. */
  async next(): Promise<StreamChatResponse | undefined> {
    const { done, value } = await this.#iterator.next();
    return done ? this.#goOn() : value;
  }

  /** Closes the current call's connection. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  /** What comes when the current call has ended: the first batch of the call that goes on, the ending, or nothing. */
  async #goOn(): Promise<StreamChatResponse | undefined> {
    for (;;) {
      const { continuation } = this.#source;
      const key = this.#live?.key;
      if (continuation === undefined || key === undefined) return undefined;
      this.finish("OK");
      const { usage, ending } = continuation;
      this.#tokens += usage.completionTokens;
      this.#hops++;
      const { maxOutputTokens } = this.#plan.request.sampling ?? {};
      const situation = { hops: this.#hops, tokens: usage.completionTokens, allTokens: this.#tokens, maxOutputTokens };
      if (!goesOn(situation)) return ending;
      this.spent = this.spent ? addUsage(this.spent, usage) : usage;
      this.#call.deadline.restart();
      const live = await openCall(this.#call, this.#plan, { key }, continuation);
      this.#live = toLive(live);
      this.#source = live.result.source;
      this.#iterator = live.result.iterator;
      if (live.result.first !== undefined) return live.result.first;
    }
  }
}

/** Attempts until there is something to tell. An answer with which the model made a mistake is asked for once more. */
export async function beginCalls(
  call: Call,
  plan: Plan,
  retries: RetryCount,
): Promise<{ readonly upstream: AnswerCalls; readonly first: StreamChatResponse }> {
  const flawed: Opened[] = [];
  const live = await openCall(call, plan, {
    retries,
    flawOf(opened) {
      const flaw = opened.first && flawOf(opened.first, call.mode);
      if (flaw !== undefined) flawed.push(opened);
      return flaw;
    },
  });
  const { first } = live.result;
  if (first === undefined) throw new Error("an answer began with nothing");
  // What is thrown away is billed all the same.
  const spent = flawed
    .filter((opened) => opened !== live.result)
    .map(({ first: discarded }) => discarded && usageOf(discarded))
    .filter((usage) => usage !== undefined);
  const upstream = new AnswerCalls(call, plan, live, spent.length > 0 ? spent.reduce(addUsage) : undefined);
  return { upstream, first };
}

function openCall(
  { ports, meter, context, deadline, mode }: Call,
  plan: Plan,
  wishes: AttemptWishes<Opened>,
  continuation?: Continuation,
): Promise<LiveAttempt<Opened>> {
  const open = async (attempt: Attempt): Promise<Opened> => {
    const source = ports.upstream.open(attempt);
    const iterator = source[Symbol.asyncIterator]();
    const next = await iterator.next();
    if (!next.done) {
      if (mode === "stream") await addUntilContent(next.value, iterator);
      return { source, iterator, first: next.value };
    }
    if (source.continuation) return { source, iterator, first: undefined };
    throw new Failure("UPSTREAM_STREAM_TRUNCATED", "Gemini ended the answer before it began.");
  };
  return tryPlan(
    ports,
    plan,
    context,
    deadline,
    meter.count,
    (key, prepared) => {
      const limits = attemptLimits(ports.limits, plan, deadline);
      const attempt: Attempt = { key, call: prepared, mode, signal: deadline.signal, limits };
      return open(continuation ? { ...attempt, continuation } : attempt);
    },
    wishes,
  );
}

/** Adds to a stream's first batch what must be known before something is forwarded: once that has happened nothing is tried again. */
async function addUntilContent(first: StreamChatResponse, iterator: Batches): Promise<void> {
  for (let latest = first; !hasContent(latest) && !hasFinish(latest);) {
    const next = await iterator.next();
    if (next.done) break;
    latest = next.value;
    for (const event of latest.events) first.events.push(event);
  }
}

/** The limits of an attempt that begins now. */
export function attemptLimits(limits: ChatLimits, plan: Plan, deadline: Deadline): Attempt["limits"] {
  const { slow } = plan.profile;
  return {
    firstEventMs: slow ? limits.slowFirstEventMs : limits.firstEventMs,
    idleMs: slow ? limits.slowIdleMs : limits.idleMs,
    totalMs: deadline.leftMs(),
  };
}
