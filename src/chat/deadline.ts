// One deadline and one signal for a whole call: all attempts, waits and fetches live under it.
import { Failure } from "./failures.ts";
import type { CallContext, Clock } from "./ports.ts";

export interface Deadline extends Disposable {
  /** Aborts when the caller leaves or time is up; its reason is a Failure. */
  readonly signal: AbortSignal;
  /** Milliseconds left; never negative. */
  leftMs(): number;
  /** Gives our own limit anew; the caller's deadline stays where it is. */
  restart(): void;
}

/** Longest delay a timer takes (2^31 − 1 ms). */
const TIMER_MAX_MS = 2_147_483_647;
/** Who counts the same rest on a timer of its own must lose the race, so that the reason told is always the deadline. */
const HEAD_START_MS = 5;

/**
 * Starts a deadline: the sooner of the caller's own and `limitMs` from now. Disposing it frees its timer and listener. `onEnd` is told at
 * once when the signal aborts.
 */
export function startDeadline(
  clock: Clock,
  context: Pick<CallContext, "signal" | "deadlineMs">,
  limitMs: number,
  onEnd?: (reason: Failure) => void,
): Deadline {
  const controller = new AbortController();
  let endMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const end = (reason: Failure): void => {
    controller.abort(reason);
    onEnd?.(reason);
  };
  const onTime = (): void => end(new Failure("TIMEOUT", "The request did not finish before its deadline."));
  const restart = (): void => {
    if (controller.signal.aborted || isOver) return;
    clearTimeout(timer);
    const nowMs = clock.now();
    endMs = Math.min(context.deadlineMs, nowMs + limitMs);
    // A timer fires in a later turn of the event loop at the earliest: a fast answer would come before it.
    if (endMs <= nowMs) {
      onTime();
      return;
    }
    timer = setTimeout(onTime, Math.min(Math.max(0, endMs - nowMs - HEAD_START_MS), TIMER_MAX_MS));
    timer.unref();
  };
  restart();
  const onLeave = (): void => end(callerGone(context.signal.reason));
  if (context.signal.aborted) onLeave();
  else context.signal.addEventListener("abort", onLeave, { once: true });
  return {
    signal: controller.signal,
    leftMs: () => Math.max(0, endMs - clock.now()),
    restart,
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
      context.signal.removeEventListener("abort", onLeave);
    },
  };
}

/** A transport may have wrapped the failure that we ended the call with. */
function callerGone(reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  if (reason instanceof Error && reason.cause instanceof Failure) return reason.cause;
  return new Failure("CANCELLED", "The caller left.", { cause: reason });
}
