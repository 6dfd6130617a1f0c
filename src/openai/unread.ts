// Fields of a body that are not read: those of OpenAI that Gemini has nothing for, and those nobody knows.
import type { RaiseWarning } from "../chat/warnings.ts";
import { quoteForMessage } from "./quote.ts";
import { ChatCompletionBody } from "./schema.ts";
import { GoogleShape } from "./schema/google.ts";

/** More unknown fields than this are told as one: a body may have hundreds of thousands, and a header has no place for them. */
const UNKNOWN_MAX = 16;

/** Known, but without a counterpart. */
const IGNORED: ReadonlySet<string> = new Set([
  "logit_bias",
  "metadata",
  "moderation",
  "prediction",
  "prompt_cache_options",
  "prompt_cache_retention",
  "verbosity",
  // The seed's: retries are ours. Envoy's: regular expressions cannot be enforced.
  "retry_attempt",
  "guided_regex",
]);

/** Asks for what always happens here (LiteLLM). */
const SUPERFLUOUS: ReadonlySet<string> = new Set(["include_server_side_tool_invocations"]);

/** Warns about everything in a plain body that is not read. */
export function warnUnread(body: object, raise: RaiseWarning): void {
  const google = (body as { extra_body?: { google?: object | null } | null }).extra_body?.google ?? {};
  const unknown = [
    ...unreadKeys(body, ChatCompletionBody.properties),
    ...unreadKeys(google, GoogleShape.properties).map((key) => `extra_body.google.${key}`),
  ];
  if (unknown.length === 0) return;
  for (const key of unknown.filter((name) => IGNORED.has(name))) {
    raise("parameter_ignored", key, `Gemini has nothing like '${key}'; it was not sent.`);
  }
  const strange = unknown.filter((name) => !IGNORED.has(name) && !SUPERFLUOUS.has(name));
  for (const key of strange.slice(0, UNKNOWN_MAX)) {
    const name = quoteForMessage(key);
    raise("parameter_unknown", name.slice(1, -1), `Unknown parameter: ${name}. It was not read.`);
  }
  if (strange.length > UNKNOWN_MAX) {
    raise("parameter_unknown", "others", `${strange.length - UNKNOWN_MAX} more unknown parameters were not read.`);
  }
}

function isSaid(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function unreadKeys(value: object, known: object): string[] {
  return Object.keys(value).filter(
    (key) => !Object.hasOwn(known, key) && isSaid((value as Record<string, unknown>)[key]),
  );
}
