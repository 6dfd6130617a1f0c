// How a candidate goes on in a further call: its parts continue, what counts within one call begins anew.
import type { CandidateState } from "./candidate.ts";
import { sourcesOf } from "./candidate-facts.ts";
import { byteLength, TextRuns } from "./text-runs.ts";

/** Whether Gemini stopped at the limit of one call and gave a token to go on with. */
export function isBrokenOff({ finishReason, continuationToken }: CandidateState): boolean {
  return finishReason === "CONTINUATION" && continuationToken !== "";
}

/**
 * The state for the call that goes on. A copy, so that a call which fails before it told anything can be made again. A text that is open
 * is continued by a text without signature, as it would be within one call.
 */
export function resumed(candidate: CandidateState): CandidateState {
  const { open, partCount } = candidate;
  const texts = new TextRuns();
  const last = open === "text" ? candidate.texts.runs.at(-1) : undefined;
  if (last) texts.begin(last.part, last.before + byteLength(last));
  return {
    ...candidate,
    texts,
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
