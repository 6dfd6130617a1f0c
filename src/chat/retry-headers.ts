// What a caller is told about trying again, in the headers that OpenAI's SDKs read: the same over HTTP and as gRPC metadata.
import type { Failure } from "./failures.ts";

/** A 429 or 503 always carries `retry-after`; where the true time is unknown, the least whole second. */
const DEFAULT_RETRY_AFTER_MS = 1000;

/** openai-node ignores a longer `retry-after` and comes back after seconds, so beyond it a retry is forbidden altogether. */
const RETRY_AFTER_MAX_SECONDS = 60;

/**
 * SDKs retry 408, 409, 429 and 5xx by themselves unless `x-should-retry` says otherwise. So it says `false` on everything a retry
 * cannot help, and `true` where `retry-after` tells when it can.
 */
export function retryHeaders({ row, retryAfterMs }: Failure): Record<string, string> {
  const waits = row.httpStatus === 429 || row.httpStatus === 503;
  if (!waits) return row.callerMayRetry ? {} : { "x-should-retry": "false" };
  if (!row.callerMayRetry && retryAfterMs === undefined) return { "x-should-retry": "false" };
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1000));
  const mayRetry = row.callerMayRetry && seconds <= RETRY_AFTER_MAX_SECONDS;
  return { "retry-after": String(seconds), "x-should-retry": String(mayRetry) };
}
