// A signal whose master can be changed: work that begins for one request may have to outlive it for the sake of another.

export type Tether = {
  /** Aborts with the reason of the signal that is followed. */
  readonly signal: AbortSignal;
  /** Follows this signal from now on, and the one before no longer. */
  readonly follow: (other: AbortSignal) => void;
};

export function createTether(first: AbortSignal): Tether {
  const controller = new AbortController();
  let release = () => {};
  const follow = (master: AbortSignal): void => {
    release();
    const abort = () => controller.abort(master.reason);
    if (master.aborted) abort();
    else master.addEventListener("abort", abort, { once: true });
    release = () => master.removeEventListener("abort", abort);
  };
  follow(first);
  return { signal: controller.signal, follow };
}
