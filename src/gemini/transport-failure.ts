// What went wrong below HTTP, as a Failure. It matters how far the request had come: one that was sent may have been billed.
import { Failure } from "../chat/failures.ts";

/** `connecting`: nothing was sent. `sent`: perhaps all of it. `answering`: the head of the answer has come. */
export type Phase = "connecting" | "sent" | "answering";

/** How the HTTP parser words an end inside a body: no breach of the protocol, but a lost connection. */
const EARLY_END = "Invalid EOF state";

/** Never throws; unknown errors count as lost connections. */
export function transportFailure(error: unknown, phase: Phase): Failure {
  const code = codeOf(error);
  if (code === "UND_ERR_CONNECT_TIMEOUT") {
    return new Failure("UPSTREAM_CONNECT_TIMEOUT", "Gemini could not be reached in time.", { cause: code });
  }
  if (phase === "connecting") return new Failure("UPSTREAM_UNAVAILABLE", "Gemini cannot be reached.", { cause: code });
  if (code === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW") {
    return new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini's answer is no valid HTTP.", { cause: code });
  }
  return phase === "sent"
    ? new Failure("UPSTREAM_ERROR", "The connection to Gemini was lost before it answered.", {
        cause: code,
        ambiguous: true,
      })
    : new Failure("UPSTREAM_STREAM_TRUNCATED", "The connection to Gemini was lost in the middle of its answer.", {
        cause: code,
      });
}

/** The name or code alone: errors of sockets and parsers carry addresses and bytes. Undici gives its parser errors no code. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  if (error.name === "HTTPParserError") return error.message.includes(EARLY_END) ? "early end" : "HTTPParserError";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
}
