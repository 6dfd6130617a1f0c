// How a candidate goes on in a further call: its parts continue, what counts within one call begins anew.
import { KeptTexts } from "../../chat/kept-texts.ts";
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
  const { open, partCount, firstPart, bytesBefore } = candidate;
  const next = open === "text" || open === "thought" ? partCount - 1 : partCount;
  const texts = new KeptTexts();
  if (open === "text") texts.add(next, "");
  return {
    ...candidate,
    texts,
    firstPart: next,
    bytesBefore: (next === firstPart ? bytesBefore : 0) + candidate.texts.byteLength(next),
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
