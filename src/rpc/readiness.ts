// Whether new requests should come here, from background state alone: asking costs nothing and never asks Gemini.
import type { Readiness } from "./health.ts";

/** How often changes are looked for on behalf of those who watch, in milliseconds. */
const CHECK_INTERVAL_MS = 1_000;

export interface ReadinessState extends Readiness, Disposable {
  /** Undefined: ready. Otherwise why not. */
  reason(): string | undefined;
  /** From now on, and for good, not ready. */
  startDraining(): void;
}

/** `obstacles` each give a reason not to be ready, or undefined. */
export function createReadiness(obstacles: readonly (() => string | undefined)[]): ReadinessState {
  const listeners = new Set<() => void>();
  let draining = false;
  const reason = (): string | undefined => {
    if (draining) return "draining";
    for (const obstacle of obstacles) {
      const found = obstacle();
      if (found !== undefined) return found;
    }
    return undefined;
  };
  let known = reason();
  const look = (): void => {
    const now = reason();
    if (now === known) return;
    known = now;
    for (const listener of listeners) listener();
  };
  const timer = setInterval(look, CHECK_INTERVAL_MS);
  timer.unref();
  return {
    reason,
    isReady: () => reason() === undefined,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    startDraining() {
      draining = true;
      look();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
