// Waiting with an end: a test that waits for the faulty Gemini fails with a sentence and does not hang.

/** Longer than anything a test waits for on purpose. */
export const WAIT_MS = 5_000;

/** The promise's value, or an Error naming `what` after `timeoutMs`. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} did not happen within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
