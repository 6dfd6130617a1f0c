// A deadline that moves away while progress is made.

/** `signal` aborts with `parent`'s reason, or with a `TimeoutError` when the time is up. Dispose to stop the clock. */
export type GrowingDeadline = Disposable & {
  readonly signal: AbortSignal;
  /** Grants more time. */
  extend(byMs: number): void;
};

/** Starts the clock now. */
export function createGrowingDeadline(timeoutMs: number, parent: AbortSignal): GrowingDeadline {
  const controller = new AbortController();
  let endsAtMs = performance.now() + timeoutMs;
  let timer = setTimeout(check, timeoutMs);

  // Extending does not touch the timer (it happens for every chunk); the timer looks again when it fires.
  function check(): void {
    const leftMs = endsAtMs - performance.now();
    if (leftMs > 0) timer = setTimeout(check, Math.ceil(leftMs));
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
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      parent.removeEventListener("abort", follow);
    },
  };
}
