// Google's errors as Failures of our catalogue: what happened, whose fault it is, where another try may help.
import { Failure, type FailureFacts, type FailureReason } from "../chat/failures.ts";
import { untilQuotaReset } from "./errors/day-quota.ts";
import { fieldOf } from "./errors/fields.ts";
import { isSchemaRefusal, schemaField, tellSchemaRefusal } from "./errors/schema-refusal.ts";
import { parseErrorBody, toGoogleError, type GoogleError } from "./errors/google-error.ts";
import { retryDelayMs } from "./errors/retry-delay.ts";
import type { SentRequest } from "./prepared.ts";
import type { Redact } from "./redact.ts";

/** A longer wait is no rate limit but a used-up quota (gemini-cli draws the same line). */
const LONG_WAIT_MS = 300_000;
/** Waits where Google names none: for a per-minute quota, and for shared capacity. */
const MINUTE_QUOTA_WAIT_MS = 60_000;
const CAPACITY_WAIT_MS = 5_000;

/** `ErrorInfo.reason` of a key that is no good; another key of the same project may be. */
const KEY_REASONS: ReadonlySet<string> = new Set([
  "API_KEY_INVALID",
  "API_KEY_SERVICE_BLOCKED",
  "API_KEY_HTTP_REFERRER_BLOCKED",
  "API_KEY_IP_ADDRESS_BLOCKED",
  "API_KEY_ANDROID_APP_BLOCKED",
  "API_KEY_IOS_APP_BLOCKED",
]);
/** … of a project that is no good, with all its keys. */
const PROJECT_REASONS: ReadonlySet<string> = new Set([
  "CONSUMER_SUSPENDED",
  "CONSUMER_INVALID",
  "SERVICE_DISABLED",
  "BILLING_DISABLED",
  "USER_PROJECT_DENIED",
  "GCP_SUSPENDED",
]);
const REGION_REASONS: ReadonlySet<string> = new Set(["LOCATION_POLICY_VIOLATED", "LOCATION_TAX_POLICY_VIOLATED"]);

// Wordings are anchored: an error may repeat what the caller wrote, and a caller must not be able to disable a key.
const KEY_TEXT =
  /^(?:API key (?:not valid|expired)|Your API key was reported as leaked|Method doesn't allow unregistered callers|Requests (?:from referer|to this API) .* are blocked)/;
const PROJECT_TEXT =
  /^(?:Permission denied: Consumer '[^']*' has been suspended|Your project has been denied access|[\w ]+ API has not been used in project )/;
const REGION_TEXT = /^(?:User location is not supported|Gemini API free tier is not available in your country)/;
const BILLING_TEXT = /^Your prepayment credits|monthly spending cap|\bbilling (?:account|is disabled)/i;
/** With and without the counts (both recorded); the second comes as a 500, says Google's troubleshooting page. */
const CONTEXT_TEXT = /^The input token count .*exceeds the maximum|^Your input context is too long/;
/** A wrong one; that one is missing has another wording. */
const SIGNATURE_TEXT = /^(?:Invalid|Corrupted) thought signature|^Thought signature is not valid/i;
const MODEL_TEXT = /\b(?:models|tunedModels)\/[\w.-]+/;

/** What callers read where Google's text is not for them or says nothing. */
const OWN_TEXT: Partial<Record<FailureReason, string>> = {
  UPSTREAM_KEY_INVALID: "Google refused this gateway's API key; its operator has to look at it.",
  UPSTREAM_PROJECT_UNUSABLE: "Google refused this gateway's project; its operator has to look at it.",
  UPSTREAM_PERMISSION_DENIED: "Google refused this gateway's project the access that the request needs.",
  UPSTREAM_REGION: "Google does not serve Gemini where this gateway runs.",
  RATE_LIMIT_EXCEEDED: "This gateway's rate limit at Gemini is reached; please try again later.",
  INSUFFICIENT_QUOTA: "This gateway's quota at Gemini is used up for now.",
};

/** The failure behind an answer with an HTTP status other than 200. `sent`: what it answers, where the caller can be at fault. */
export function failureOfAnswer(
  httpStatus: number,
  body: string,
  retryAfter: string | undefined,
  redact: Redact,
  sent?: SentRequest,
): Failure {
  return toFailure(parseErrorBody(body, httpStatus), retryAfter, redact, sent);
}

/** The failure behind `{"error":…}` inside a stream that began with 200; anything else counts as unreadable. */
export function failureOfError(value: unknown, redact: Redact): Failure {
  const error = toGoogleError(value, 0);
  if (error.readable) return toFailure(error, undefined, redact);
  return new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini sent something that is no answer.");
}

function toFailure(error: GoogleError, retryAfter: string | undefined, redact: Redact, sent?: SentRequest): Failure {
  const delayMs = retryDelayMs(error, retryAfter);
  const reason = classify(error, delayMs);
  if (reason === "UPSTREAM_INVALID_ARGUMENT" && sent !== undefined && isSchemaRefusal(error, sent)) {
    const cause = redact(`HTTP ${error.code} ${error.status}: ${error.message}`);
    const text = tellSchemaRefusal(error, redact(error.message), sent);
    return new Failure("SCHEMA_REJECTED", text, { field: schemaField(error, sent), cause });
  }
  const text = redact(error.message);
  const facts: FailureFacts = {
    field: isCallersFault(reason) ? fieldFor(reason, error, sent) : undefined,
    retryAfterMs: waitMs(reason, error, delayMs),
    cause: redact(`HTTP ${error.code} ${error.status} ${error.reasons.join(" ")}: ${error.message}`),
  };
  return new Failure(reason, OWN_TEXT[reason] ?? tell(reason, error.code, text), facts);
}

/** Which row of the catalogue an error is. Status and reason first, wording second: it drifts. */
function classify(error: GoogleError, delayMs: number | undefined): FailureReason {
  const { code, reasons, message } = error;
  if (code === 429) return classifyQuota(error, delayMs);
  if (code === 401 || reasons.some((reason) => KEY_REASONS.has(reason)) || KEY_TEXT.test(message))
    return "UPSTREAM_KEY_INVALID";
  if (reasons.some((reason) => PROJECT_REASONS.has(reason)) || PROJECT_TEXT.test(message))
    return "UPSTREAM_PROJECT_UNUSABLE";
  if (reasons.some((reason) => REGION_REASONS.has(reason)) || REGION_TEXT.test(message)) return "UPSTREAM_REGION";
  if ((code === 400 || code === 500) && CONTEXT_TEXT.test(message)) return "CONTEXT_LENGTH_EXCEEDED";
  switch (code) {
    case 400:
      if (SIGNATURE_TEXT.test(message)) return "THOUGHT_SIGNATURE_INVALID";
      return message.startsWith("Request payload size exceeds") ? "PAYLOAD_TOO_LARGE" : "UPSTREAM_INVALID_ARGUMENT";
    case 403:
      if (/permission to access the (?:File|CachedContent)/i.test(message)) return "UPSTREAM_INVALID_ARGUMENT";
      return MODEL_TEXT.test(message) ? "MODEL_ACCESS_DENIED" : "UPSTREAM_PERMISSION_DENIED";
    case 404:
      if (MODEL_TEXT.test(message)) return "MODEL_NOT_FOUND";
      // A page instead of an API answer: the address is wrong, not the request.
      return error.readable ? "NOT_FOUND" : "UPSTREAM_ERROR";
    case 413:
      return "PAYLOAD_TOO_LARGE";
    case 409:
      return error.status === "ABORTED" ? "UPSTREAM_UNAVAILABLE" : "UPSTREAM_INVALID_ARGUMENT";
    case 408:
    case 499:
      return "UPSTREAM_UNAVAILABLE";
    case 503:
      return "OVERLOADED";
    case 504:
      return "UPSTREAM_TIMEOUT";
    default:
      return code >= 300 && code < 400 ? "UPSTREAM_INVALID_RESPONSE" : "UPSTREAM_ERROR";
  }
}

/** Per-day quotas, `limit: 0` (not on this tier at all) and long waits are no matter of seconds; unpaid bills are the operator's. */
function classifyQuota({ message, quotas }: GoogleError, delayMs: number | undefined): FailureReason {
  if (BILLING_TEXT.test(message)) return "UPSTREAM_PROJECT_UNUSABLE";
  const used =
    quotas.some(({ id, value }) => /PerDay|Daily/i.test(id) || value === "0") || /\blimit: 0\b/.test(message);
  return used || (delayMs !== undefined && delayMs > LONG_WAIT_MS) ? "INSUFFICIENT_QUOTA" : "RATE_LIMIT_EXCEEDED";
}

function waitMs(reason: FailureReason, { quotas }: GoogleError, delayMs: number | undefined): number | undefined {
  if (reason === "RATE_LIMIT_EXCEEDED") {
    return delayMs ?? (quotas.some(({ id }) => /PerMinute/i.test(id)) ? MINUTE_QUOTA_WAIT_MS : CAPACITY_WAIT_MS);
  }
  // Google names seconds for a quota of the day, too; they are of no use.
  if (reason === "INSUFFICIENT_QUOTA" && (delayMs ?? 0) <= LONG_WAIT_MS) return untilQuotaReset(Date.now());
  return delayMs;
}

function isCallersFault(reason: FailureReason): boolean {
  return [
    "UPSTREAM_INVALID_ARGUMENT",
    "THOUGHT_SIGNATURE_INVALID",
    "CONTEXT_LENGTH_EXCEEDED",
    "PAYLOAD_TOO_LARGE",
    "MODEL_NOT_FOUND",
    "MODEL_ACCESS_DENIED",
    "NOT_FOUND",
  ].includes(reason);
}

function fieldFor(reason: FailureReason, error: GoogleError, sent: SentRequest | undefined): string | undefined {
  if (reason === "MODEL_NOT_FOUND" || reason === "MODEL_ACCESS_DENIED") return "model";
  return OF_MESSAGES.has(reason) ? "messages" : fieldOf(error, sent);
}

const OF_MESSAGES: ReadonlySet<FailureReason> = new Set([
  "CONTEXT_LENGTH_EXCEEDED",
  "THOUGHT_SIGNATURE_INVALID",
  "PAYLOAD_TOO_LARGE",
]);

function tell(reason: FailureReason, code: number, text: string): string {
  if (text === "") return `Gemini answered with status ${code} and no explanation.`;
  if (reason !== "CONTEXT_LENGTH_EXCEEDED") return text;
  // Clients recognise this case by OpenAI's words "maximum context length".
  const limit = /\((\d+)\)\.?$/.exec(text)?.[1];
  return `This model's maximum context length is ${limit ?? "smaller than this request"}${limit ? " tokens" : ""}. ${text}`;
}
