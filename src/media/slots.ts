// Bounds how many fetches run at once, in all and per caller; the rest wait in order of arrival.

/** Takes a slot for `key`, waiting if need be. Returns its release (call once). Rejects with `signal.reason` on abort. */
export type AcquireSlot = (key: string, signal: AbortSignal) => Promise<() => void>;

type Waiter = { readonly key: string; readonly start: () => void };

/** `total` slots, of which one key may hold `perKey`. A waiter whose key is full does not hold up those behind it. */
export function createSlots(total: number, perKey: number): AcquireSlot {
  const held = new Map<string, number>();
  const waiting: Waiter[] = [];
  let running = 0;

  const isFree = (key: string) => running < total && (held.get(key) ?? 0) < perKey;

  function take(key: string): () => void {
    running += 1;
    held.set(key, (held.get(key) ?? 0) + 1);
    return () => {
      running -= 1;
      const left = (held.get(key) ?? 0) - 1;
      if (left > 0) held.set(key, left);
      else held.delete(key);
      const next = waiting.findIndex((waiter) => isFree(waiter.key));
      if (next >= 0) waiting.splice(next, 1)[0]?.start();
    };
  }

  return (key, signal) => {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (isFree(key)) return Promise.resolve(take(key));
    const { promise, resolve, reject } = Promise.withResolvers<() => void>();
    const waiter: Waiter = {
      key,
      start: () => {
        signal.removeEventListener("abort", leave);
        resolve(take(key));
      },
    };
    function leave(): void {
      waiting.splice(waiting.indexOf(waiter), 1);
      reject(signal.reason as Error);
    }
    waiting.push(waiter);
    signal.addEventListener("abort", leave, { once: true });
    return promise;
  };
}
