// Failed fetches as Failures of the catalogue.
import { Failure, type FailureReason } from "../chat/failures.ts";
import { MediaFetchError, type MediaFetchErrorKind } from "./fetch-error.ts";

const BUSY_RETRY_MS = 1000;

const REASONS: Readonly<Record<MediaFetchErrorKind, FailureReason>> = {
  disabled: "UNSUPPORTED_VALUE",
  invalid_url: "INVALID_IMAGE_URL",
  forbidden: "INVALID_IMAGE_URL",
  unreachable: "INVALID_IMAGE_URL",
  type: "INVALID_IMAGE_URL",
  too_large: "PAYLOAD_TOO_LARGE",
  busy: "SERVER_BUSY",
};

/** Any other error, such as the reason of a signal, comes back as it is. */
export function toFetchFailure(error: unknown, field?: string): unknown {
  if (!(error instanceof MediaFetchError)) return error;
  const message = `${error.message[0]?.toUpperCase()}${error.message.slice(1)}.`;
  const retryAfterMs = error.kind === "busy" ? BUSY_RETRY_MS : undefined;
  return new Failure(REASONS[error.kind], message, { field, retryAfterMs, cause: error });
}
