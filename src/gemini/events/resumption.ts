// How a candidate goes on in a further call: its parts continue, what counts within one call begins anew.
import type { CandidateState } from "./candidate.ts";
import { sourcesOf } from "./candidate-facts.ts";

/** Whether Gemini stopped at the limit of one call and gave a token to go on with. */
export function isBrokenOff({ finishReason, continuationToken }: CandidateState): boolean {
  return finishReason === "CONTINUATION" && continuationToken !== "";
}

/**
 * The state for the call that goes on. A copy, so that a call which fails before it told anything can be made again. A text that is open
 * is continued by a text without signature, as it would be within one call.
 */
export function resumed(candidate: CandidateState): CandidateState {
  const { open, partCount, texts } = candidate;
  const last = open === "text" ? texts.at(-1) : undefined;
  const run = last && { part: last.part, before: last.before + Buffer.byteLength(last.text), text: "" };
  return {
    ...candidate,
    texts: run ? [run] : [],
    firstPart: open === "text" || open === "thought" ? partCount - 1 : partCount,
    characters: 0,
    calls: candidate.calls.map((call) => ({ ...call })),
    citations: [],
    grounding: undefined,
    earlier: sourcesOf(candidate),
    urls: new Set(candidate.urls),
    finishReason: undefined,
    finishMessage: "",
    rest: {},
    unsaid: new Set(candidate.unsaid),
    continuationToken: "",
  };
}
