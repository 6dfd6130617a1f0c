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
  readonly finish: (outcome: "OK" | FailureReason) => void;
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
  /** Of an answer that was tried before in another form: all its forms share what is allowed. */
  readonly retries?: RetryCount;
  /** Whether the cause of a failure was set right, so that the same call on the same key is worth another try; once for each project. */
  readonly mend?: (failure: Failure, key: KeyHandle) => Promise<boolean>;
}

/** Counts the attempts that were made because an earlier one failed. */
export interface RetryCount {
  retries: number;
}

/** Counts the attempts of a call, over all its answers. */
export interface AttemptCount {
  attempts: number;
}

/** What failed so far: nothing, in nearly every call. */
interface Failed {
  readonly projects: Set<string>;
  readonly reasons: Map<FailureReason, number>;
  /** Projects for which the cause of a failure was set right. */
  readonly mended: Set<string>;
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
  let failed: Failed | undefined;
  const made = wishes.retries ?? { retries: 0 };
  let flawed: LiveAttempt<T> | undefined;
  let key = wishes.key ?? firstKey(ports.keys, wish);
  for (;;) {
    deadline.signal.throwIfAborted();
    count.attempts++;
    const startedMs = ports.clock.now();
    const report = (outcome: string, retried: boolean, ambiguous = false): void =>
      tell(ports, context, model, key, startedMs, { outcome, retried, ambiguous });
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
      if (flaw === undefined || flawed || made.retries + 1 >= context.maxAttempts || !inTime) return live;
      report(flaw, true);
      made.retries++;
      flawed = { result, key, finish: reported };
    } catch (error) {
      if (deadline.signal.aborted) report(Failure.from(deadline.signal.reason).reason, false);
      deadline.signal.throwIfAborted();
      const failure = Failure.from(error);
      ports.keys.report(key, failure);
      failed ??= { projects: new Set(), reasons: new Map(), mended: new Set() };
      const { projects, reasons, mended } = failed;
      if (wishes.mend && !mended.has(key.project) && (await wishes.mend(failure, key))) {
        report(failure.reason, true, failure.ambiguous);
        mended.add(key.project);
        continue;
      }
      projects.add(key.project);
      const sameReason = countOne(reasons, failure.reason);
      const other = ports.keys.pick({ projects, keys: new Set() }, wish);
      const decision = decideRetry(failure, {
        attempts: made.retries + 1,
        maxAttempts: context.maxAttempts,
        sameReason,
        otherProject: other !== undefined,
        timeLeftMs: deadline.leftMs(),
        random: ports.clock.random(),
      });
      report(failure.reason, decision.kind === "retry", failure.ambiguous);
      if (decision.kind === "give-up") {
        if (flawed) return flawed;
        throw failure;
      }
      made.retries++;
      if (decision.waitMs > 0) await ports.clock.sleep(decision.waitMs, deadline.signal);
      const next = wish.staysWithFiles && !decision.onOtherProject ? undefined : other;
      key = next ?? ports.keys.pick(NOTHING_EXCLUDED, wish) ?? key;
    }
  }
}

function countOne<T>(counts: Map<T, number>, what: T): number {
  const count = (counts.get(what) ?? 0) + 1;
  counts.set(what, count);
  return count;
}

const NOTHING_EXCLUDED: Parameters<KeyPool["pick"]>[0] = { projects: new Set(), keys: new Set() };

/** The attempt was reported when it turned out to be flawed. */
function reported(): void {}

function tell(
  { telemetry, clock }: AttemptPorts,
  { requestId }: CallContext,
  model: string,
  { index: keyIndex, project }: KeyHandle,
  startedMs: number,
  { outcome, retried, ambiguous }: Pick<AttemptOutcome, "outcome" | "retried" | "ambiguous">,
): void {
  const durationMs = clock.now() - startedMs;
  telemetry.attemptFinished({ requestId, model, keyIndex, project, outcome, durationMs, retried, ambiguous });
}

function firstKey(keys: KeyPool, wish: KeyWish): KeyHandle {
  const key = keys.pick(NOTHING_EXCLUDED, wish);
  if (key) return key;
  throw new Failure("UPSTREAM_KEY_INVALID", "No Gemini API key of this gateway is usable at the moment.");
}
