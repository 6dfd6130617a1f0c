// What is remembered of one candidate between chunks, and how its parts begin and grow.
import type { ChatEvent, MediaChunk } from "../../gen/gemini/chat/v1/chat_pb.ts";
import { NO_BYTES, setSignature } from "../../chat/bytes.ts";
import { KeptTexts } from "../../chat/kept-texts.ts";
import type { CitationSource, GeminiSafetyRating, GroundingMetadata } from "../wire.ts";
import type { Sources } from "./grounding.ts";
import type { PendingCall } from "./partial-call.ts";

/** Where parts are told. */
export interface PartSink {
  events: ChatEvent[];
  /** Makes the id of a call from Gemini's own, which may be empty. */
  readonly mintToolCallId: (geminiId: string) => string;
}

/** A part that a later piece may continue: text, a thought, or sound of one type. All other parts come whole. */
export type OpenPart = "text" | "thought" | { readonly audio: string; readonly inThought: boolean };

/** A call that was told, so that a result of the upstream itself can name it. */
interface ToldCall {
  readonly geminiId: string;
  readonly name: string;
  readonly id: string;
  answered: boolean;
}

export interface CandidateState {
  readonly index: number;
  /** Parts begun so far; the latest has index `partCount - 1`. */
  partCount: number;
  open: OpenPart | undefined;
  /** The first half of a character whose other half the next piece of the open text may bring; "" for none. */
  half: string;
  /** Visible text by part, as the call being read gives it. Citations and grounding come last and point into it. */
  readonly texts: KeptTexts;
  /** UTF-16 units of text and thoughts, for estimates. */
  characters: number;
  /** A call whose arguments still come in pieces. */
  pendingCall: PendingCall | undefined;
  readonly calls: ToldCall[];
  /** Id of the latest code, for a result that names none. */
  codeId: string;
  readonly citations: CitationSource[];
  grounding: GroundingMetadata | undefined;
  /** What earlier calls for this answer told of its sources. */
  readonly earlier: Sources | undefined;
  /** The part that the call being read counts as its first. */
  readonly firstPart: number;
  /** UTF-8 bytes of text that earlier calls gave of it. */
  readonly bytesBefore: number;
  readonly urls: Set<string>;
  safetyRatings: readonly GeminiSafetyRating[] | undefined;
  /** The last one counts: 2.5 sends STOP before its own tools run and goes on afterwards (seen in 6 of 1,008 streams). */
  finishReason: string | undefined;
  finishMessage: string;
  /** Members beside those known here, such as avgLogprobs; the last word of each counts. */
  readonly rest: Record<string, unknown>;
  /** Members of parts that have no place in the contract. */
  readonly unsaid: Set<string>;
  /** With it the upstream goes on after a CONTINUATION. The last one counts. */
  continuationToken: string;
}

export function newCandidate(index: number): CandidateState {
  return {
    index,
    partCount: 0,
    open: undefined,
    half: "",
    texts: new KeptTexts(),
    characters: 0,
    pendingCall: undefined,
    calls: [],
    codeId: "",
    citations: [],
    grounding: undefined,
    earlier: undefined,
    firstPart: 0,
    bytesBefore: 0,
    urls: new Set(),
    safetyRatings: undefined,
    finishReason: undefined,
    finishMessage: "",
    rest: {},
    unsaid: new Set(),
    continuationToken: "",
  };
}

/** Begins the next part. `open` tells what may continue it. */
export function beginPart(candidate: CandidateState, open: OpenPart | undefined, sink: PartSink): void {
  closePart(candidate, sink);
  candidate.partCount++;
  candidate.open = open;
}

/** Tells what was held back of the latest part, because only now is it known that no further piece follows. */
export function closePart(candidate: CandidateState, sink: PartSink): void {
  closeText(candidate, sink);
  closeAudio(candidate, sink);
}

/** Half a character is none, and has no form in UTF-8. */
function closeText(candidate: CandidateState, sink: PartSink): void {
  const { half, open } = candidate;
  if (half === "" || (open !== "text" && open !== "thought")) return;
  candidate.half = "";
  tellText(candidate, open, half.toWellFormed(), sink);
}

/** Tells a piece of the latest part, which is a text or a thought. */
export function tellText(candidate: CandidateState, kind: "text" | "thought", text: string, sink: PartSink): ChatEvent {
  candidate.characters += text.length;
  if (kind === "text") candidate.texts.add(candidate.partCount - 1, text);
  const event = partEvent(candidate, { case: kind, value: text });
  sink.events.push(event);
  return event;
}

function closeAudio(candidate: CandidateState, sink: PartSink): void {
  if (typeof candidate.open !== "object") return;
  const { audio, inThought } = candidate.open;
  candidate.open = undefined;
  const value: MediaChunk = {
    $typeName: "gemini.chat.v1.MediaChunk",
    mimeType: audio,
    source: { case: "data", value: NO_BYTES },
    name: "",
    last: true,
  };
  sink.events.push(partEvent(candidate, { case: "media", value }, inThought));
}

/** Tells a part that nothing continues. The signature is base64 text, "" for none. */
export function tellWhole(
  candidate: CandidateState,
  event: ChatEvent["event"],
  signature: string,
  inThought: boolean,
  sink: PartSink,
): void {
  beginPart(candidate, undefined, sink);
  const told = partEvent(candidate, event, inThought);
  if (signature !== "") setSignature(told, signature);
  sink.events.push(told);
}

/** An event of the latest part. */
export function partEvent(candidate: CandidateState, event: ChatEvent["event"], inThought = false): ChatEvent {
  return {
    $typeName: "gemini.chat.v1.ChatEvent",
    candidate: candidate.index,
    part: candidate.partCount - 1,
    signature: NO_BYTES,
    inThought,
    event,
  };
}

/** An event that is no part. */
export function candidateEvent(candidate: number, event: ChatEvent["event"]): ChatEvent {
  return { $typeName: "gemini.chat.v1.ChatEvent", candidate, part: 0, signature: NO_BYTES, inThought: false, event };
}
