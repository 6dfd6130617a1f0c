// Trigger words: `[[emulator:NAME]]` or `[[emulator:NAME=VALUE]]` in the last user text asks for one special outcome.
//
//   SAFETY, RECITATION, LANGUAGE, BLOCKLIST,    the answer is filtered half-way: finishReason NAME
//   PROHIBITED_CONTENT, SPII, OTHER, …
//   IMAGE_SAFETY, IMAGE_PROHIBITED_CONTENT,     no image: empty content, finishReason NAME, finishMessage
//   IMAGE_RECITATION, IMAGE_OTHER, NO_IMAGE
//   MALFORMED_FUNCTION_CALL,                    no content, finishReason NAME, the attempt in finishMessage
//   UNEXPECTED_TOOL_CALL, MALFORMED_RESPONSE, TOO_MANY_TOOL_CALLS
//   MAX_TOKENS                                  the answer stops half-way
//   CONTINUATION                                half the answer and a continuationToken; sent back, the other half
//   hop=N                                       Gemini 4: at most N tokens to a hop, as with 65,536 without it
//   empty                                       finishReason STOP and nothing said
//   blocked, blocked=REASON                     200 without candidates, promptFeedback.blockReason (PROHIBITED_CONTENT)
//   400, 403, 500, 503, 504                     that HTTP error
//   429, 429=day                                quota error with QuotaFailure and RetryInfo, per minute or per day
//   stream-error, stream-error=CODE             an error event after half the stream (503); unary: that HTTP error
//   cut                                         the answer ends cleanly without any finishReason
//   delay=MS                                    waits before the first byte
//   words=N                                     the answer is N numbered words
//   thoughts=N                                  thinks N tokens (where the model thinks at all)
//   code-results=N                              each run of code has N results
//   late-grounding                              a stream brings its groundingMetadata in a chunk after the finish
//   citations                                   the answer cites, with byte offsets
//   logprobs=N                                  log probabilities with N alternatives, asked for or not
//   safety-ratings                              ratings on an answer that was not filtered
//   model-status, model-status=STAGE            modelStatus (DEPRECATED)
//   signature-bytes=N                           thought signatures of about N bytes
//
// Every outcome that is a failure takes `=once`: only the first of equal requests meets it.

import { invalidArgument } from "./errors.ts";

/** Values of the triggers found, by name; empty for a trigger without a value. */
export type Triggers = ReadonlyMap<string, string>;

const TRIGGER = /\[\[emulator:([A-Za-z0-9_-]+)(?:=([A-Za-z0-9_-]+))?\]\]/g;

/** Finish reasons that can be asked for, and what becomes of the answer's parts. */
export const FINISH_TRIGGERS: Readonly<Record<string, "half" | "nothing">> = {
  SAFETY: "half",
  RECITATION: "half",
  LANGUAGE: "half",
  BLOCKLIST: "half",
  PROHIBITED_CONTENT: "half",
  SPII: "half",
  OTHER: "half",
  MAX_TOKENS: "half",
  CONTINUATION: "half",
  IMAGE_SAFETY: "nothing",
  IMAGE_PROHIBITED_CONTENT: "nothing",
  IMAGE_RECITATION: "nothing",
  IMAGE_OTHER: "nothing",
  NO_IMAGE: "nothing",
  MALFORMED_FUNCTION_CALL: "nothing",
  UNEXPECTED_TOOL_CALL: "nothing",
  MALFORMED_RESPONSE: "nothing",
  TOO_MANY_TOOL_CALLS: "nothing",
};

const HTTP_TRIGGERS = ["400", "403", "429", "500", "503", "504"];

/** The largest number each takes: ten minutes, and as many words, tokens, bytes or results as anybody has a use for. */
const NUMBER_LIMITS: Readonly<Record<string, number>> = {
  delay: 600_000,
  words: 100_000,
  thoughts: 100_000,
  hop: 65_536,
  "code-results": 16,
  logprobs: 20,
  "signature-bytes": 4_000_000,
};

const STAGES = ["UNSTABLE_EXPERIMENTAL", "EXPERIMENTAL", "PREVIEW", "STABLE", "LEGACY", "DEPRECATED", "RETIRED"];

/** Failures: what a client may try again after. */
const FAILURES = [...Object.keys(FINISH_TRIGGERS), ...HTTP_TRIGGERS, "empty", "cut"];

const OFTEN = ["once", "always"];

/** Words that may follow the name; names that are not here take any or none. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(FAILURES.map((name) => [name, OFTEN])),
  "429": ["day", ...OFTEN],
  "stream-error": HTTP_TRIGGERS,
  "model-status": STAGES,
};

const PLAIN = ["blocked", "late-grounding", "citations", "safety-ratings"];

const KNOWN = [...FAILURES, ...Object.keys(NUMBER_LIMITS), "stream-error", "model-status", ...PLAIN];

/** All triggers of a text by name; a misspelt one is a 400, so that no test passes by accident. */
export function readTriggers(text: string): Triggers {
  const triggers = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(TRIGGER)) {
    if (!KNOWN.includes(name)) {
      throw invalidArgument(`Unknown emulator trigger '${name}'. Known triggers: ${KNOWN.join(", ")}.`);
    }
    checkValue(name, value);
    triggers.set(name, value);
  }
  return triggers;
}

function checkValue(name: string, value: string): void {
  const limit = NUMBER_LIMITS[name];
  if (limit !== undefined && !(value !== "" && Number(value) <= limit)) {
    throw invalidArgument(`The emulator trigger '${name}' needs a number up to ${limit}, as in ${name}=20.`);
  }
  const words = VALUES[name];
  if (words !== undefined && value !== "" && !words.includes(value)) {
    throw invalidArgument(`The emulator trigger '${name}' takes one of ${words.join(", ")}.`);
  }
}

/** The triggers that hold for this request: those with `once` only when no equal one came before. */
export function settleOnce(triggers: Triggers, isFirst: () => boolean): Triggers {
  if (![...triggers.values()].includes("once")) return triggers;
  const first = isFirst();
  return new Map([...triggers].filter(([, value]) => value !== "once" || first));
}

/** The text as the model sees it. */
export const withoutTriggers = (text: string): string => text.replaceAll(TRIGGER, "").trim();

/** The HTTP code asked for, if any. */
export const httpTrigger = (triggers: Triggers): string | undefined => HTTP_TRIGGERS.find((code) => triggers.has(code));

/** The finish reason asked for, if any. */
export const finishTrigger = (triggers: Triggers): string | undefined =>
  Object.keys(FINISH_TRIGGERS).find((reason) => triggers.has(reason));

/** The number given to a trigger that takes one. */
export const numberTrigger = (triggers: Triggers, name: string): number | undefined => {
  const value = triggers.get(name);
  return value === undefined ? undefined : Number(value);
};
