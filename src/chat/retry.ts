// Whether, where and when a failed upstream attempt is made again. Pure: the loop that waits is in attempts.ts.
import type { Failure, FailureReason } from "./failures.ts";

export interface RetrySituation {
  /** Attempts made so far, the failed one included. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** How often the same reason has occurred in this call, this one included. */
  readonly sameReason: number;
  /** Whether a usable key of a project that was not tried is there. */
  readonly otherProject: boolean;
  /** Milliseconds left of the call's deadline. */
  readonly timeLeftMs: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

export type RetryDecision =
  | { readonly kind: "give-up" }
  | { readonly kind: "retry"; readonly onOtherProject: boolean; readonly waitMs: number };

/** Attempts of one answer in all, whatever fails; those that correct its request come on top, each of them once. */
export const MAX_ATTEMPTS = 3;
/** Full jitter: uniform between 0 and this, doubling with each attempt … */
const BACKOFF_BASE_MS = 250;
/** … up to this. */
const BACKOFF_MAX_MS = 4_000;
/** A pushback of the upstream longer than this is passed on to the caller instead of being waited for. */
const PUSHBACK_MAX_MS = 5_000;

/** Failures that may well repeat (a too long context answers 500 for ever) or may have been billed: one more try, not two. */
const ONCE: ReadonlySet<FailureReason> = new Set([
  "UPSTREAM_ERROR",
  "UPSTREAM_INVALID_RESPONSE",
  "UPSTREAM_STREAM_TRUNCATED",
  "FIRST_EVENT_TIMEOUT",
  "UPLOAD_FAILED",
]);

/** Decides after a failed attempt of which nothing was forwarded. */
export function decideRetry(failure: Failure, situation: RetrySituation): RetryDecision {
  const { retry } = failure.row;
  if (retry === "never" || situation.attempts >= situation.maxAttempts) return { kind: "give-up" };
  if (ONCE.has(failure.reason) && situation.sameReason > 1) return { kind: "give-up" };
  if (retry === "other-project") {
    return situation.otherProject ? { kind: "retry", onOtherProject: true, waitMs: 0 } : { kind: "give-up" };
  }
  const pushbackMs = failure.retryAfterMs ?? 0;
  const ceilingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** (situation.attempts - 1));
  const waitMs = Math.max(pushbackMs, situation.random * ceilingMs);
  if (pushbackMs > PUSHBACK_MAX_MS || waitMs >= situation.timeLeftMs) return { kind: "give-up" };
  return { kind: "retry", onOtherProject: false, waitMs };
}
