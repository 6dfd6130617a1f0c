// Google-shaped errors: every failure the emulator answers with, as the JSON body Google would send.

/** Canonical status word of each HTTP code the emulator can answer with. */
const STATUS_BY_CODE: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  405: "UNIMPLEMENTED",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

const SERVICE = "generativelanguage.googleapis.com";

type ErrorDetail = { readonly "@type": string } & Readonly<Record<string, unknown>>;

/** A failed call: HTTP code, status word and typed details, ready to be sent as `{"error":{…}}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly status: string;
  readonly details: readonly ErrorDetail[];

  constructor(code: number, message: string, details: readonly ErrorDetail[] = [], status?: string) {
    super(message);
    this.code = code;
    this.status = status ?? STATUS_BY_CODE[code] ?? "UNKNOWN";
    this.details = details;
  }

  /** Keys in the order Google sends them; `details` only when there are some. */
  toBody(): { error: Record<string, unknown> } {
    const { code, message, status, details } = this;
    return { error: { code, message, status, ...(details.length > 0 && { details }) } };
  }
}

/** 400 INVALID_ARGUMENT, the answer to nearly every bad request. */
export const invalidArgument = (message: string, details: readonly ErrorDetail[] = []) =>
  new ApiError(400, message, details);

/** 404 for paths that are no method of the API. */
export const unknownMethodPath = () => new ApiError(404, "The requested URL was not found on this server.");

/** 405 for known paths with the wrong HTTP method. */
export const methodNotAllowed = () => new ApiError(405, "The request method is not supported for this URL.");

/** Also the answer for models that exist but do not serve the method (observed: same text for both). */
export const modelNotFound = (id: string, version: string, method: string) =>
  new ApiError(
    404,
    `models/${id} is not found for API version ${version}, or is not supported for ${method}. ` +
      "Call ListModels to see the list of available models and their supported methods.",
  );

/** 404 for models that once existed. */
export const modelShutDown = (id: string) =>
  new ApiError(
    404,
    `This model models/${id} is no longer available. Please update your code to use a newer model for the ` +
      "latest features and improvements.",
  );

/** 403 for calls without any credentials. */
export const keyMissing = () =>
  new ApiError(
    403,
    "Method doesn't allow unregistered callers (callers without established identity). " +
      "Please use API Key or other form of API consumer identity to call this API.",
  );

/** An unknown key is a 400, not a 401, and says so twice (recorded: ErrorInfo, then LocalizedMessage). */
export function keyInvalid(): ApiError {
  const message = "API key not valid. Please pass a valid API key.";
  return invalidArgument(message, [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "API_KEY_INVALID",
      domain: "googleapis.com",
      metadata: { service: SERVICE },
    },
    { "@type": "type.googleapis.com/google.rpc.LocalizedMessage", locale: "en-US", message },
  ]);
}

/** 401 for OAuth tokens. */
export const credentialsInvalid = () =>
  new ApiError(
    401,
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid " +
      "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
  );

/** Quota error with the three details of the recorded free-tier answer; `period` picks the quota that ran out. */
export function quotaExceeded(modelId: string, period: "Minute" | "Day"): ApiError {
  const retryDelay = "7s";
  const message =
    "You exceeded your current quota, please check your plan and billing details. For more information on this " +
    `error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. Please retry in ${retryDelay}.`;
  return new ApiError(429, message, [
    {
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [
        {
          quotaMetric: `${SERVICE}/generate_content_free_tier_requests`,
          quotaId: `GenerateRequestsPer${period}PerProjectPerModel-FreeTier`,
          quotaDimensions: { location: "global", model: modelId },
          quotaValue: "2",
        },
      ],
    },
    {
      "@type": "type.googleapis.com/google.rpc.Help",
      links: [
        {
          description: "Learn more about Gemini API quotas",
          url: "https://ai.google.dev/gemini-api/docs/rate-limits",
        },
      ],
    },
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay },
  ]);
}

const PLAIN_MESSAGES: Readonly<Record<number, string>> = {
  400: "Request contains an invalid argument.",
  403: "The caller does not have permission",
  500:
    "An internal error has occurred. Please retry or report in " +
    "https://developers.generativeai.google/guide/troubleshooting",
  503:
    "This model is currently experiencing high demand. Spikes in demand are usually temporary. " +
    "Please try again later.",
  504: "Deadline expired before operation could complete.",
};

/** The usual error of an HTTP code, without details. */
export const plainError = (code: number) => new ApiError(code, PLAIN_MESSAGES[code] ?? "Unknown Error.");
