// Failures in OpenAI's words: status, headers and body of an error answer.
import type { Failure } from "../chat/failures.ts";
import type { CallerParams } from "./caller-params.ts";
import { toOpenAiParam } from "./params.ts";

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** A 429 or 503 always carries `retry-after`; where the true time is unknown, the least whole second. */
const DEFAULT_RETRY_AFTER_MS = 1000;

/** openai-node ignores a longer `retry-after` and comes back after seconds, so beyond it a retry is forbidden altogether. */
const RETRY_AFTER_MAX_SECONDS = 60;

/** The one message of ChatRequest that is many OpenAI parameters at once, so that none of them can be named. */
const NAMELESS = "sampling";

/** What the caller is told over HTTP. The message is the failure's own; its cause is never told. */
export function toErrorAnswer(failure: Failure, callerParams?: CallerParams): ErrorAnswer {
  const { row } = failure;
  return { status: row.httpStatus, headers: retryHeaders(failure), body: toErrorBody(failure, callerParams) };
}

/** `{"error": …}` with OpenAI's four keys. */
export function toErrorBody(failure: Failure, callerParams?: CallerParams): ErrorBody {
  const { type, openaiCode } = failure.row;
  const { field, message } = failure;
  // A path of ChatRequest becomes its OpenAI parameter; anything else is one already.
  const param = field === undefined || field === NAMELESS ? null : (toOpenAiParam(field, callerParams) ?? field);
  return { error: { message, type, param, code: openaiCode } };
}

/**
 * SDKs retry 408, 409, 429 and 5xx by themselves unless `x-should-retry` says otherwise. So it says `false` on everything a retry
 * cannot help, and `true` where `retry-after` tells when it can.
 */
function retryHeaders({ row, retryAfterMs }: Failure): Record<string, string> {
  const waits = row.httpStatus === 429 || row.httpStatus === 503;
  if (!waits) return row.callerMayRetry ? {} : { "x-should-retry": "false" };
  if (!row.callerMayRetry && retryAfterMs === undefined) return { "x-should-retry": "false" };
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1000));
  const mayRetry = row.callerMayRetry && seconds <= RETRY_AFTER_MAX_SECONDS;
  return { "retry-after": String(seconds), "x-should-retry": String(mayRetry) };
}
