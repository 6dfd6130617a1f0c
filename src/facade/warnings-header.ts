// The header x-gateway-warnings: `code:param, …`, short and plain enough for any proxy.
import type { Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import { toOpenAiParam } from "../openai/params.ts";

/** Most warnings in the header; all of them are in the body. */
const MAX_WARNINGS = 20;
/** Longest param in the header: params come from the caller's own keys. */
const MAX_PARAM_LENGTH = 100;

export function warningsHeader(warnings: readonly Warning[]): string {
  return warnings
    .slice(0, MAX_WARNINGS)
    .map(({ code, param }) => `${code}:${printable(toOpenAiParam(param) ?? param)}`)
    .join(", ");
}

/** Visible ASCII without the separators of the header: nothing of a request may start a header of its own. */
function printable(text: string): string {
  return text.slice(0, MAX_PARAM_LENGTH).replace(/[^!-~]|[,:]/g, "?");
}
