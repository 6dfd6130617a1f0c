// A check of the background: again and again, one at a time, without keeping the process alive.
import { setTimeout as sleep } from "node:timers/promises";

/** Checks after each interval; `onCheck` is told of every check, without an error when it went well. The function returned ends it. */
export function repeat(
  check: () => Promise<void>,
  intervalMs: number,
  onCheck?: (error?: unknown) => void,
): () => Promise<void> {
  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        await sleep(intervalMs, undefined, { ref: false, signal: stopped.signal });
        await check();
        onCheck?.();
      } catch (error) {
        if (!stopped.signal.aborted) onCheck?.(error);
      }
    }
  };
  const running = run();
  return async () => {
    stopped.abort();
    await running;
  };
}
