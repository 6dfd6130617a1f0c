// A deadline that moves away while progress is made, and stands still while somebody else is the slow one.

/** `signal` aborts with `parent`'s reason, or with a `TimeoutError` when the time is up. Dispose to stop the clock. */
export type GrowingDeadline = Disposable & {
  readonly signal: AbortSignal;
  /** Grants more time. */
  extend(byMs: number): void;
  /** Time does not count until `resume`. */
  pause(): void;
  resume(): void;
};

/** A pause with little time left must not be a timer without end. */
const PAUSED_LOOK_MS = 250;

/** Starts the clock now. */
export function createGrowingDeadline(timeoutMs: number, parent: AbortSignal): GrowingDeadline {
  const controller = new AbortController();
  let endsAtMs = performance.now() + timeoutMs;
  let pausedAtMs: number | undefined;
  let timer = setTimeout(check, timeoutMs);

  // Nothing that happens for every chunk touches the timer; it looks again when it fires.
  function check(): void {
    const leftMs = endsAtMs - (pausedAtMs ?? performance.now());
    const waitMs = pausedAtMs === undefined ? leftMs : Math.max(leftMs, PAUSED_LOOK_MS);
    if (leftMs > 0) timer = setTimeout(check, Math.ceil(waitMs));
    else controller.abort(new DOMException("the time for this fetch is up", "TimeoutError"));
  }

  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });

  return {
    signal: controller.signal,
    extend: (byMs) => {
      endsAtMs += byMs;
    },
    pause: () => {
      pausedAtMs ??= performance.now();
    },
    resume: () => {
      if (pausedAtMs === undefined) return;
      endsAtMs += performance.now() - pausedAtMs;
      pausedAtMs = undefined;
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      parent.removeEventListener("abort", follow);
    },
  };
}
