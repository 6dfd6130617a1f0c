// The closed catalogue of failures: every way a request can fail, and how each face says it.
// gRPC statuses, HTTP statuses and OpenAI error bodies are all derived from a row; nothing else decides them.

/** gRPC status codes that rows use, in their canonical spelling. */
export type StatusCode =
  | "CANCELLED"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "UNAUTHENTICATED";

/** Where a failed attempt may be made again: nowhere, only on a key of another project, or on any key. */
export type RetryScope = "never" | "other-project" | "any";

export interface FailureRow {
  readonly code: StatusCode;
  readonly httpStatus: number;
  readonly type: "invalid_request_error" | "rate_limit_error" | "server_error";
  /** OpenAI's `error.code`; null where OpenAI has none. Otherwise the reason in lower case. */
  readonly openaiCode: string | null;
  /** Only asked while nothing of the answer has been forwarded. */
  readonly retry: RetryScope;
  /** False: a caller's own retry is useless, and `x-should-retry: false` says so. */
  readonly callerMayRetry: boolean;
}

function row(
  code: StatusCode,
  httpStatus: number,
  openaiCode: string | null,
  retry: RetryScope = "never",
  callerMayRetry: boolean = httpStatus >= 500 || httpStatus === 429 || httpStatus === 408,
): FailureRow {
  const type = httpStatus === 429 ? "rate_limit_error" : httpStatus >= 500 ? "server_error" : "invalid_request_error";
  return { code, httpStatus, type, openaiCode, retry, callerMayRetry };
}

/** Add-only: the keys are public as `google.rpc.ErrorInfo.reason`. */
export const FAILURES = {
  // The caller's request.
  INVALID_VALUE: row("INVALID_ARGUMENT", 400, "invalid_value"),
  INVALID_TYPE: row("INVALID_ARGUMENT", 400, "invalid_type"),
  INVALID_JSON: row("INVALID_ARGUMENT", 400, "invalid_json"),
  MISSING_REQUIRED_PARAMETER: row("INVALID_ARGUMENT", 400, "missing_required_parameter"),
  UNSUPPORTED_PARAMETER: row("INVALID_ARGUMENT", 400, "unsupported_parameter"),
  UNSUPPORTED_VALUE: row("INVALID_ARGUMENT", 400, "unsupported_value"),
  UNKNOWN_PARAMETER: row("INVALID_ARGUMENT", 400, "unknown_parameter"),
  INVALID_IMAGE_URL: row("INVALID_ARGUMENT", 400, "invalid_image_url"),
  INVALID_BASE64_IMAGE: row("INVALID_ARGUMENT", 400, "invalid_base64_image"),
  CONTEXT_LENGTH_EXCEEDED: row("INVALID_ARGUMENT", 400, "context_length_exceeded"),
  AMBIGUOUS_AUTHORIZATION: row("INVALID_ARGUMENT", 400, "ambiguous_authorization"),
  // Signatures belong to a model family and a project; the call is made once more without them before this is told.
  THOUGHT_SIGNATURE_INVALID: row("INVALID_ARGUMENT", 400, "thought_signature_invalid"),
  // Gemini reads only a part of JSON Schema; the call is made once more with the cleaned subset before this is told.
  SCHEMA_REJECTED: row("INVALID_ARGUMENT", 400, "schema_rejected"),
  UPSTREAM_INVALID_ARGUMENT: row("INVALID_ARGUMENT", 400, "upstream_invalid_argument"),
  INVALID_API_KEY: row("UNAUTHENTICATED", 401, "invalid_api_key"),
  PERMISSION_DENIED: row("PERMISSION_DENIED", 403, "permission_denied"),
  MODEL_NOT_FOUND: row("NOT_FOUND", 404, "model_not_found"),
  // The model exists, but the project that was asked may not use it; another one may.
  MODEL_ACCESS_DENIED: row("NOT_FOUND", 404, "model_not_found", "other-project"),
  NOT_FOUND: row("NOT_FOUND", 404, null),
  METHOD_NOT_SUPPORTED: row("UNIMPLEMENTED", 405, "method_not_supported"),
  REQUEST_TIMEOUT: row("DEADLINE_EXCEEDED", 408, "request_timeout"),
  PAYLOAD_TOO_LARGE: row("RESOURCE_EXHAUSTED", 413, "payload_too_large"),
  UNSUPPORTED_MEDIA_TYPE: row("INVALID_ARGUMENT", 415, "unsupported_media_type"),
  EXPECTATION_FAILED: row("INVALID_ARGUMENT", 417, "expectation_failed"),
  HEADERS_TOO_LARGE: row("RESOURCE_EXHAUSTED", 431, "headers_too_large"),
  CANCELLED: row("CANCELLED", 499, "cancelled"),
  // Limits.
  RATE_LIMIT_EXCEEDED: row("RESOURCE_EXHAUSTED", 429, "rate_limit_exceeded", "other-project"),
  INSUFFICIENT_QUOTA: row("RESOURCE_EXHAUSTED", 429, "insufficient_quota", "other-project", false),
  // The upstream. Troubles with our own keys are ours, never the caller's: 503, not 401 or 403.
  UPSTREAM_KEY_INVALID: row("UNAVAILABLE", 503, "upstream_key_invalid", "other-project"),
  UPSTREAM_PROJECT_UNUSABLE: row("UNAVAILABLE", 503, "upstream_project_unusable", "other-project"),
  // One project may not use the model or the object; another one may.
  UPSTREAM_PERMISSION_DENIED: row("UNAVAILABLE", 503, "upstream_permission_denied", "other-project"),
  UPSTREAM_REGION: row("UNAVAILABLE", 503, "upstream_region", "other-project"),
  UPSTREAM_UNAVAILABLE: row("UNAVAILABLE", 503, "upstream_unavailable", "any"),
  UPSTREAM_CONNECT_TIMEOUT: row("UNAVAILABLE", 503, "upstream_connect_timeout", "any"),
  OVERLOADED: row("UNAVAILABLE", 503, "overloaded", "any"),
  UPSTREAM_ERROR: row("INTERNAL", 502, "upstream_error", "any"),
  UPSTREAM_INVALID_RESPONSE: row("INTERNAL", 502, "upstream_invalid_response", "any"),
  UPSTREAM_STREAM_TRUNCATED: row("UNAVAILABLE", 502, "upstream_stream_truncated", "any"),
  UPSTREAM_RESPONSE_TOO_LARGE: row("INTERNAL", 502, "upstream_response_too_large"),
  UPSTREAM_TIMEOUT: row("DEADLINE_EXCEEDED", 504, "upstream_timeout"),
  // The upstream's file store did not take media in time, or gave up on them.
  UPLOAD_FAILED: row("UNAVAILABLE", 502, "upload_failed", "any"),
  FIRST_EVENT_TIMEOUT: row("DEADLINE_EXCEEDED", 504, "first_event_timeout", "any"),
  STREAM_IDLE_TIMEOUT: row("DEADLINE_EXCEEDED", 504, "stream_idle_timeout"),
  // Ourselves.
  TIMEOUT: row("DEADLINE_EXCEEDED", 504, "timeout"),
  SERVER_BUSY: row("UNAVAILABLE", 503, "server_busy"),
  SERVER_SHUTTING_DOWN: row("UNAVAILABLE", 503, "server_shutting_down"),
  INTERNAL_ERROR: row("INTERNAL", 500, "internal_error"),
} as const satisfies Record<string, FailureRow>;

export type FailureReason = keyof typeof FAILURES;

export interface FailureFacts {
  /** The field that is wrong: a path in ChatRequest (`sampling.temperature`, `messages[0].parts[1]`) or an OpenAI parameter. */
  readonly field?: string | undefined;
  /** Earliest sensible time for another try, from now. */
  readonly retryAfterMs?: number | undefined;
  /** Whether the upstream may have done, and billed, work of which nothing was heard. */
  readonly ambiguous?: boolean | undefined;
  /** For the log only; never told to a caller. */
  readonly cause?: unknown;
}

/** A failure of the catalogue. Its message is for the caller: it holds no secret and no text of the upstream that was not scrubbed. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly reason: FailureReason;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly ambiguous: boolean;

  constructor(reason: FailureReason, message: string, facts: FailureFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.reason = reason;
    this.field = facts.field;
    this.retryAfterMs = facts.retryAfterMs;
    this.ambiguous = facts.ambiguous ?? false;
  }

  get row(): FailureRow {
    return FAILURES[this.reason];
  }

  /** Any throwable as a failure: an unknown one becomes INTERNAL_ERROR with a fixed text, its cause kept for the log. */
  static from(error: unknown): Failure {
    return error instanceof Failure
      ? error
      : new Failure("INTERNAL_ERROR", "The gateway failed to handle this request.", { cause: error });
  }
}

/** Whether a word is a reason of the catalogue; a remote service may be newer than we are. */
export function isFailureReason(word: string): word is FailureReason {
  return Object.hasOwn(FAILURES, word);
}
