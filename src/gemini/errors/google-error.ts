// Google's error bodies, in all the shapes they come in, as one record.
// {"error":{code,message,status,details}} · [{"error":…}] · an error whose message is such JSON again · HTML · nothing

export interface GoogleError {
  /** HTTP status; from the body, else of the response, else derived from `status`; 0 when nothing tells. */
  readonly code: number;
  /** `INVALID_ARGUMENT` and the like; "" when there is none. */
  readonly status: string;
  /** As sent: not for anyone's eyes before it is redacted. */
  readonly message: string;
  /** `ErrorInfo.reason`, e.g. `API_KEY_INVALID`. */
  readonly reasons: readonly string[];
  readonly quotas: readonly { readonly id: string; readonly value: string }[];
  /** `RetryInfo.retryDelay`, as sent. */
  readonly retryDelay: string | undefined;
  /** `BadRequest.fieldViolations[].field` */
  readonly fields: readonly string[];
  /** False for HTML, empty and other bodies that are not Google's API speaking. */
  readonly readable: boolean;
}

const CODE_OF_STATUS: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNKNOWN: 500,
  INTERNAL: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** JSON inside JSON was seen one level deep. */
const MAX_NESTING = 3;

type Json = Readonly<Record<string, unknown>>;

/** From the text of an error body. */
export function parseErrorBody(body: string, httpStatus: number): GoogleError {
  return toGoogleError(parseJson(body), httpStatus);
}

/** From parsed JSON, e.g. an event of a stream; `httpStatus` is 0 there. */
export function toGoogleError(value: unknown, httpStatus: number, nesting = 0): GoogleError {
  const error = unwrap(value);
  if (error === undefined) return unreadable(httpStatus);
  const message = asText(error["message"]);
  const inner = nesting < MAX_NESTING && /^\s*[[{]/.test(message) ? parseJson(message) : undefined;
  if (inner !== undefined && unwrap(inner) !== undefined) {
    return toGoogleError(inner, httpStatus || asNumber(error["code"]), nesting + 1);
  }
  const status = asText(error["status"]);
  const details = asList(error["details"]);
  return {
    code: asNumber(error["code"]) || httpStatus || (CODE_OF_STATUS[status] ?? 0),
    status,
    message: isPlaceholder(message) ? debugText(details) : message,
    reasons: ofType(details, "ErrorInfo").map((info) => asText(info["reason"])),
    quotas: [...violations(details), ...oldQuotas(details)],
    retryDelay: ofType(details, "RetryInfo").map((info) => asText(info["retryDelay"]))[0],
    fields: ofType(details, "BadRequest")
      .flatMap((info) => asList(info["fieldViolations"]))
      .map((violation) => asText(violation["field"])),
    readable: true,
  };
}

function unreadable(httpStatus: number): GoogleError {
  return {
    code: httpStatus,
    status: "",
    message: "",
    reasons: [],
    quotas: [],
    retryDelay: undefined,
    fields: [],
    readable: false,
  };
}

function unwrap(value: unknown): Json | undefined {
  const body = Array.isArray(value) ? value.find((item) => isObject(item) && item["error"] !== undefined) : value;
  if (!isObject(body)) return undefined;
  const error = body["error"];
  if (isObject(error)) return error;
  return typeof error === "string" ? { message: error } : undefined;
}

function violations(details: readonly Json[]): GoogleError["quotas"] {
  return ofType(details, "QuotaFailure")
    .flatMap((failure) => asList(failure["violations"]))
    .map((violation) => ({ id: asText(violation["quotaId"]), value: asText(violation["quotaValue"]) }));
}

/** How 429s told their quota until 2025. */
function oldQuotas(details: readonly Json[]): GoogleError["quotas"] {
  return ofType(details, "ErrorInfo")
    .map((info) => info["metadata"])
    .filter(isObject)
    .filter((metadata) => metadata["quota_limit"] !== undefined)
    .map((metadata) => ({ id: asText(metadata["quota_limit"]), value: asText(metadata["quota_limit_value"]) }));
}

/** A front end once sent its own template instead of the message, which then stood in DebugInfo only. */
function isPlaceholder(message: string): boolean {
  return message === "" || message === "$grpcMessage";
}

function debugText(details: readonly Json[]): string {
  const detail = ofType(details, "DebugInfo").map((info) => asText(info["detail"]))[0] ?? "";
  return /message: "([^"]*)"/.exec(detail)?.[1] ?? "";
}

function ofType(details: readonly Json[], type: string): readonly Json[] {
  return details.filter((detail) => asText(detail["@type"]).endsWith(`google.rpc.${type}`));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // HTML, plain text or nothing: the caller goes by the HTTP status.
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function asNumber(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
