// The attempt loop: picks keys, tries, waits, tries elsewhere. What is decided is decided in retry.ts.
import type { Deadline } from "./deadline.ts";
import { Failure, type FailureReason } from "./failures.ts";
import type { AttemptOutcome, CallContext, Clock, KeyHandle, KeyPool, KeyWish, Telemetry } from "./ports.ts";
import { decideRetry } from "./retry.ts";

export interface AttemptPorts {
  readonly keys: KeyPool;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** An attempt that brought its first result; `finish` reports how it ended and is called once. */
export interface LiveAttempt<T> {
  readonly result: T;
  readonly key: KeyHandle;
  finish(outcome: "OK" | FailureReason): void;
}

/** What is called, and on which keys. */
export interface AttemptTarget {
  readonly model: string;
  readonly wish: KeyWish;
}

export interface AttemptWishes<T> {
  /** The key of the first attempt; without it the pool chooses. */
  readonly key?: KeyHandle;
  /**
   * A word for what is wrong with a result, when it is to be asked for once more: on the same key, which is not to blame. The next result
   * is taken as it is, and so is this one when no other comes.
   */
  readonly flawOf?: (result: T) => string | undefined;
}

/** Counts the attempts of a call, over all its answers. */
export interface AttemptCount {
  attempts: number;
}

/**
 * Runs `attempt` until one gives a result. A result means that something is about to be forwarded: from then on nothing is retried.
 * Rejects with the Failure of the last attempt, or with the signal's reason when the call was ended meanwhile.
 */
export async function tryAttempts<T>(
  ports: AttemptPorts,
  context: CallContext,
  { model, wish }: AttemptTarget,
  deadline: Deadline,
  count: AttemptCount,
  attempt: (key: KeyHandle) => Promise<T>,
  wishes: AttemptWishes<T> = {},
): Promise<LiveAttempt<T>> {
  const projects = new Set<string>();
  const reasons = new Map<FailureReason, number>();
  let flawed: LiveAttempt<T> | undefined;
  let key = wishes.key ?? firstKey(ports.keys, wish);
  for (let attempts = 1; ; attempts++) {
    deadline.signal.throwIfAborted();
    count.attempts++;
    const startedMs = ports.clock.now();
    const report = (outcome: string, retried: boolean): void =>
      ports.telemetry.attemptFinished(describe(context, model, key, outcome, ports.clock.now() - startedMs, retried));
    try {
      const result = await attempt(key);
      ports.keys.report(key, "ok");
      const flaw = wishes.flawOf?.(result);
      const live: LiveAttempt<T> = {
        result,
        key,
        finish: (outcome) => report(outcome === "OK" ? (flaw ?? outcome) : outcome, false),
      };
      // As long again as this attempt took must be left.
      const inTime = ports.clock.now() - startedMs < deadline.leftMs();
      if (flaw === undefined || flawed || attempts >= context.maxAttempts || !inTime) return live;
      report(flaw, true);
      flawed = { result, key, finish: reported };
    } catch (error) {
      deadline.signal.throwIfAborted();
      const failure = Failure.from(error);
      ports.keys.report(key, failure);
      projects.add(key.project);
      const sameReason = (reasons.get(failure.reason) ?? 0) + 1;
      reasons.set(failure.reason, sameReason);
      const other = ports.keys.pick({ projects, keys: new Set() }, wish);
      const decision = decideRetry(failure, {
        attempts,
        maxAttempts: context.maxAttempts,
        sameReason,
        otherProject: other !== undefined,
        timeLeftMs: deadline.leftMs(),
        random: ports.clock.random(),
      });
      report(failure.reason, decision.kind === "retry");
      if (decision.kind === "give-up") {
        if (flawed) return flawed;
        throw failure;
      }
      if (decision.waitMs > 0) await ports.clock.sleep(decision.waitMs, deadline.signal);
      const next = wish.staysWithFiles && !decision.onOtherProject ? undefined : other;
      key = next ?? ports.keys.pick({ projects: new Set(), keys: new Set() }, wish) ?? key;
    }
  }
}

/** The attempt was reported when it turned out to be flawed. */
function reported(): void {}

function firstKey(keys: KeyPool, wish: KeyWish): KeyHandle {
  const key = keys.pick({ projects: new Set(), keys: new Set() }, wish);
  if (key) return key;
  throw new Failure("UPSTREAM_KEY_INVALID", "No Gemini API key of this gateway is usable at the moment.");
}

function describe(
  context: CallContext,
  model: string,
  key: KeyHandle,
  outcome: string,
  durationMs: number,
  retried: boolean,
): AttemptOutcome {
  const { requestId } = context;
  return { requestId, model, keyIndex: key.index, project: key.project, outcome, durationMs, retried };
}
