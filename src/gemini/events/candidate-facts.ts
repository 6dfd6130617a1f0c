// What a candidate tells beside its parts: kept to the end where the last word counts, told at once where it comes in pieces.
import { candidateEvent, closeAudio, type CandidateState, type PartSink } from "./candidate.ts";
import { flushCall } from "./calls.ts";
import { finishWord, toFinished } from "./finish.ts";
import { groundingCitations, mergeGrounding, toGrounding, toRecitation } from "./grounding.ts";
import { toLogprobs, toSafetyRatings, toUrlContext } from "./metadata.ts";
import { TextMap } from "./offsets.ts";
import type { GeminiCandidate } from "../wire.ts";

/** Takes everything of a chunk but the content. */
export function updateCandidate(candidate: CandidateState, answer: GeminiCandidate, sink: PartSink): void {
  if (answer.finishReason) candidate.finishReason = finishWord(answer.finishReason);
  if (answer.finishMessage) candidate.finishMessage = answer.finishMessage;
  if (answer.safetyRatings) candidate.safetyRatings = answer.safetyRatings;
  if (answer.groundingMetadata) candidate.grounding = mergeGrounding(candidate.grounding, answer.groundingMetadata);
  const { citationMetadata: citations, urlContextMetadata: urls, logprobsResult } = answer;
  if (citations) candidate.citations.push(...(citations.citationSources ?? citations.citations ?? []));
  for (const url of urls?.urlMetadata ?? []) {
    // Told once, however often a stream repeats it.
    const key = `${url.urlRetrievalStatus} ${url.retrievedUrl}`;
    if (candidate.urls.has(key)) continue;
    candidate.urls.add(key);
    sink.events.push(candidateEvent(candidate.index, { case: "urlContext", value: toUrlContext(url) }));
  }
  if (logprobsResult) {
    sink.events.push(candidateEvent(candidate.index, { case: "logprobs", value: toLogprobs(logprobsResult) }));
  }
}

/** Tells what was held back, and the finish. */
export function endCandidate(candidate: CandidateState, sink: PartSink): void {
  const { index, finishReason = "" } = candidate;
  // A call that the limit cut off is no call; only a natural end completes one whose last piece was not marked.
  if (finishReason === "STOP") flushCall(candidate, sink);
  closeAudio(candidate, sink);
  tellSources(candidate, sink);
  if (candidate.safetyRatings?.length) {
    sink.events.push(candidateEvent(index, { case: "safetyRatings", value: toSafetyRatings(candidate.safetyRatings) }));
  }
  sink.events.push(
    candidateEvent(index, { case: "finished", value: toFinished(finishReason, candidate.finishMessage) }),
  );
}

function tellSources({ index, citations, grounding: metadata, texts }: CandidateState, sink: PartSink): void {
  if (citations.length === 0 && metadata === undefined) return;
  const map = new TextMap(texts);
  const grounding = metadata && toGrounding(metadata, map);
  const all = citations.map((source) => toRecitation(source, map));
  if (grounding) {
    all.push(...groundingCitations(grounding));
    sink.events.push(candidateEvent(index, { case: "grounding", value: grounding }));
  }
  for (const value of all) sink.events.push(candidateEvent(index, { case: "citation", value }));
}
