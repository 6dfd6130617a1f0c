// Failures in OpenAI's words: status, headers and body of an error answer.
import type { Failure } from "../chat/failures.ts";
import { retryHeaders } from "../chat/retry-headers.ts";
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

/** The one message of ChatRequest that is many OpenAI parameters at once, so that none of them can be named. */
const NAMELESS = "sampling";

/**
 * What the caller is told over HTTP. The message is the failure's own; its cause is never told. Without `callerParams` the failure comes
 * from reading the request and names an OpenAI parameter already, with them it may name a field of ChatRequest.
 */
export function toErrorAnswer(failure: Failure, callerParams?: CallerParams): ErrorAnswer {
  const { row } = failure;
  return { status: row.httpStatus, headers: retryHeaders(failure), body: toErrorBody(failure, callerParams) };
}

/** `{"error": …}` with OpenAI's four keys. */
export function toErrorBody(failure: Failure, callerParams?: CallerParams): ErrorBody {
  const { type, openaiCode } = failure.row;
  const { field, message } = failure;
  const param = field === undefined ? null : callerParams === undefined ? field : toParam(field, callerParams);
  return { error: { message, type, param, code: openaiCode } };
}

/** A path of ChatRequest becomes its OpenAI parameter; anything else is one already. */
function toParam(field: string, callerParams: CallerParams): string | null {
  return field === NAMELESS ? null : (toOpenAiParam(field, callerParams) ?? field);
}
