// Google's error answers by name: HTTP status and body, worded as observed or catalogued.

import type { JsonObject } from "./chunks.ts";

/** An error as Gemini tells it: `body` is the whole `{"error": …}` object, good as an HTTP body and as a stream event. */
export interface GeminiError {
  readonly httpStatus: number;
  readonly body: JsonObject;
}

export function geminiError(
  httpStatus: number,
  status: string,
  message: string,
  details: readonly JsonObject[] = [],
): GeminiError {
  const error = { code: httpStatus, message, status, ...(details.length > 0 && { details }) };
  return { httpStatus, body: { error } };
}

function detail(type: string, fields: JsonObject): JsonObject {
  return { "@type": `type.googleapis.com/google.rpc.${type}`, ...fields };
}

function errorInfo(reason: string): JsonObject {
  return detail("ErrorInfo", {
    reason,
    domain: "googleapis.com",
    metadata: { service: "generativelanguage.googleapis.com" },
  });
}

function withReason(httpStatus: number, status: string, reason: string, message: string): GeminiError {
  return geminiError(httpStatus, status, message, [
    errorInfo(reason),
    detail("LocalizedMessage", { locale: "en-US", message }),
  ]);
}

/**
 * 429 with a quota violation. `retryDelay` goes out as it is ("26s", "0.9s", "900ms", junk); undefined leaves RetryInfo
 * out. `quotaId` tells minute quotas from day quotas.
 */
export function quotaExceeded(
  retryDelay?: string,
  quotaId = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
): GeminiError {
  const violation = {
    quotaMetric: "generativelanguage.googleapis.com/generate_content_free_tier_requests",
    quotaId,
    quotaDimensions: { location: "global", model: "gemini-2.5-pro" },
    quotaValue: "2",
  };
  return geminiError(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details.",
    [
      detail("QuotaFailure", { violations: [violation] }),
      detail("Help", {
        links: [
          {
            description: "Learn more about Gemini API quotas",
            url: "https://ai.google.dev/gemini-api/docs/rate-limits",
          },
        ],
      }),
      ...(retryDelay === undefined ? [] : [detail("RetryInfo", { retryDelay })]),
    ],
  );
}

export function dailyQuotaExceeded(retryDelay?: string): GeminiError {
  return quotaExceeded(retryDelay, "GenerateRequestsPerDayPerProjectPerModel-FreeTier");
}

/** 403 whose text holds the caller's key, as Google really does. */
export function consumerSuspended(key: string): GeminiError {
  return withReason(
    403,
    "PERMISSION_DENIED",
    "CONSUMER_SUSPENDED",
    `Permission denied: Consumer 'api_key:${key}' has been suspended.`,
  );
}

/** 404 for a model Google does not have. */
export function modelNotFound(model: string): GeminiError {
  const message = `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`;
  return geminiError(404, "NOT_FOUND", message);
}

/** The errors that need no parameter, one for each class of upstream outcome. */
export const geminiErrors = {
  invalidArgument: geminiError(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
  unknownField: geminiError(
    400,
    "INVALID_ARGUMENT",
    "Invalid JSON payload received. Unknown name \"x\" at 'generation_config': Cannot find field.",
    [detail("BadRequest", { fieldViolations: [{ field: "generation_config", description: 'Unknown name "x"' }] })],
  ),
  contextTooLong: geminiError(
    400,
    "INVALID_ARGUMENT",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  ),
  apiKeyInvalid: withReason(
    400,
    "INVALID_ARGUMENT",
    "API_KEY_INVALID",
    "API key not valid. Please pass a valid API key.",
  ),
  apiKeyExpired: withReason(400, "INVALID_ARGUMENT", "API_KEY_INVALID", "API key expired. Please renew the API key."),
  locationUnsupported: geminiError(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
  unauthenticated: geminiError(
    401,
    "UNAUTHENTICATED",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
  ),
  keyLeaked: geminiError(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
  keyBlocked: withReason(
    403,
    "PERMISSION_DENIED",
    "API_KEY_SERVICE_BLOCKED",
    "Requests to this API generativelanguage.googleapis.com method google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent are blocked.",
  ),
  serviceDisabled: withReason(
    403,
    "PERMISSION_DENIED",
    "SERVICE_DISABLED",
    "Generative Language API has not been used in project 123456789012 before or it is disabled.",
  ),
  billingDisabled: withReason(
    403,
    "PERMISSION_DENIED",
    "BILLING_DISABLED",
    "This API method requires billing to be enabled.",
  ),
  modelForbidden: geminiError(403, "PERMISSION_DENIED", "Permission denied on resource models/gemini-3.8-flash."),
  fileForbidden: geminiError(
    403,
    "PERMISSION_DENIED",
    "You do not have permission to access the File abc123 or it may not exist.",
  ),
  aborted: geminiError(409, "ABORTED", "The operation was aborted."),
  payloadTooLarge: geminiError(413, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 104857600 bytes."),
  sharedCapacity: geminiError(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
  prepaymentDepleted: geminiError(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
  cancelled: geminiError(499, "CANCELLED", "The operation was cancelled."),
  internal: geminiError(
    500,
    "INTERNAL",
    "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
  ),
  overloaded: geminiError(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
  highDemand: geminiError(
    503,
    "UNAVAILABLE",
    "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.",
  ),
  deadlineExceeded: geminiError(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
} as const;
