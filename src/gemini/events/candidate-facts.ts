// What a candidate tells beside its parts: kept to the end where the last word counts, told at once where it comes in pieces.
import { warning } from "../../chat/warnings.ts";
import type { Warning } from "../../gen/gemini/chat/v1/chat_pb.ts";
import { asText } from "./as-text.ts";
import { candidateEvent, closePart, type CandidateState, type PartSink } from "./candidate.ts";
import { flushCall } from "./calls.ts";
import { finishWord, toFinished } from "./finish.ts";
import {
  groundingCitations,
  joinSources,
  mergeGrounding,
  toGrounding,
  toRecitation,
  type Sources,
} from "./grounding.ts";
import { restOf, toNativeJson } from "./native-json.ts";
import { toLogprobs, toSafetyRatings, toUrlContext } from "./metadata.ts";
import { TextMap } from "./offsets.ts";
import type { GeminiCandidate } from "../wire.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "index",
  "content",
  "finishReason",
  "finishMessage",
  "safetyRatings",
  "citationMetadata",
  "groundingMetadata",
  "urlContextMetadata",
  "logprobsResult",
  "continuationToken",
]);

/** Takes everything of a chunk but the content. */
export function updateCandidate(candidate: CandidateState, answer: GeminiCandidate, sink: PartSink): void {
  for (const key in answer) if (!KNOWN.has(key)) candidate.rest[key] = answer[key as keyof GeminiCandidate];
  if (answer.finishReason) candidate.finishReason = finishWord(answer.finishReason);
  if (answer.finishMessage) candidate.finishMessage = asText(answer.finishMessage);
  if (answer.continuationToken) candidate.continuationToken = asText(answer.continuationToken);
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
  closePart(candidate, sink);
  tellSources(candidate, sink);
  if (candidate.safetyRatings?.length) {
    sink.events.push(candidateEvent(index, { case: "safetyRatings", value: toSafetyRatings(candidate.safetyRatings) }));
  }
  if (candidate.unsaid.size > 0)
    sink.events.push(candidateEvent(index, { case: "warning", value: toUnsaid(candidate) }));
  const nativeJson = toNativeJson(restOf(candidate.rest, KNOWN));
  const value = toFinished(finishReason, candidate.finishMessage, nativeJson);
  sink.events.push(candidateEvent(index, { case: "finished", value }));
}

/** What all calls so far told of the answer's sources. */
export function sourcesOf(candidate: CandidateState): Sources | undefined {
  const { citations, grounding, earlier, texts, firstPart, bytesBefore } = candidate;
  if (citations.length === 0 && grounding === undefined) return earlier;
  const map = new TextMap(texts, firstPart, bytesBefore);
  const own: Sources = {
    grounding: grounding && toGrounding(grounding, map),
    recitations: citations.map((source) => toRecitation(source, map)),
  };
  return earlier ? joinSources(earlier, own) : own;
}

function toUnsaid({ index, unsaid }: CandidateState): Warning {
  const names = [...unsaid].join(", ");
  return warning(
    "part_unsupported",
    `candidates[${index}].parts`,
    `Gemini told ${names} of a part, which has no place here.`,
  );
}

function tellSources(candidate: CandidateState, sink: PartSink): void {
  const sources = sourcesOf(candidate);
  if (sources === undefined) return;
  const { index } = candidate;
  const { grounding, recitations } = sources;
  const all = [...recitations];
  if (grounding) {
    all.push(...groundingCitations(grounding));
    sink.events.push(candidateEvent(index, { case: "grounding", value: grounding }));
  }
  for (const value of all) sink.events.push(candidateEvent(index, { case: "citation", value }));
}
