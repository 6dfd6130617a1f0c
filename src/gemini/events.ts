// The one state machine from Gemini's answers to ChatEvents: fed chunk by chunk, or once with a whole answer.
import type { ChatEvent, Started, StreamChatResponse, Usage } from "../gen/gemini/chat/v1/chat_pb.ts";
import { Failure } from "../chat/failures.ts";
import type { Continuation } from "../chat/ports.ts";
import { asText } from "./events/as-text.ts";
import { candidateEvent, closePart, newCandidate, type CandidateState, type PartSink } from "./events/candidate.ts";
import { endCandidate, updateCandidate } from "./events/candidate-facts.ts";
import { isBlockReason, toPromptBlocked } from "./events/finish.ts";
import { countSearches } from "./events/grounding.ts";
import { toModelStatus, toSafetyRatings } from "./events/metadata.ts";
import { addPart } from "./events/parts.ts";
import { isBrokenOff, resumed } from "./events/resumption.ts";
import { estimateUsage, hasCounts, toServiceTier, toUsage } from "./events/usage.ts";
import type { GeminiCandidate, GeminiUsage, GenerateContentResponse } from "./wire.ts";

/** Google gives at most 8 answers to a request; an index beyond this is nonsense. */
const MAX_CANDIDATES = 128;

export interface AnswerFacts {
  /** Upstream id of the model that was called. */
  readonly model: string;
  /** The header `x-gemini-service-tier`; "" when it is missing. */
  readonly serviceTier: string;
  readonly mintToolCallId: (geminiId: string) => string;
  /** The failure behind `{"error":…}` where an answer was due. */
  readonly toFailure: (error: unknown) => Failure;
  /** UTF-16 units of text in the prompt; asked only when Google tells no counts. */
  readonly promptCharacters: () => number;
  /** The answer that this call goes on with. */
  readonly before?: BrokenOff | undefined;
}

/** A candidate that was broken off, and what makes Gemini go on with it. */
export interface BrokenOff extends Continuation {
  readonly token: string;
  readonly candidate: CandidateState;
}

/** Reads what one call gives of an answer. All methods throw a Failure; after one, the reader is of no more use. */
export class AnswerReader {
  readonly #facts: AnswerFacts;
  readonly #sink: PartSink;
  readonly #candidates: CandidateState[] = [];
  /** Whether a chunk was read. */
  #begun = false;
  #usage: GeminiUsage | undefined;
  #tier: string;
  #trafficType = "";
  #feedback: GenerateContentResponse["promptFeedback"];
  #statusTold = false;

  /** Set by `end` when the answer may go on in a further call: then the ending is in it and not among the events. */
  brokenOff: BrokenOff | undefined;

  constructor(facts: AnswerFacts) {
    const { before } = facts;
    this.#facts = facts;
    if (before) this.#candidates[before.candidate.index] = resumed(before.candidate);
    this.#tier = facts.serviceTier;
    this.#sink = { events: [], mintToolCallId: facts.mintToolCallId };
  }

  /** Appends the events of the next chunk; of a first one that cannot be read none, so that another attempt is still possible. */
  read(response: GenerateContentResponse, events: ChatEvent[]): void {
    if (typeof response !== "object" || response === null) throw malformed("no JSON object");
    if (response.error !== undefined || Array.isArray(response)) throw this.#facts.toFailure(response);
    this.#sink.events = events;
    const kept = this.#begun ? undefined : events.length;
    try {
      this.#readChunk(response);
    } catch (error) {
      if (kept !== undefined) events.length = kept;
      throw error;
    }
  }

  #readChunk(response: GenerateContentResponse): void {
    guarded(() => {
      this.#readUsage(response.usageMetadata);
      if (!this.#begun && !this.#facts.before) this.#start(response);
      this.#begun = true;
      if (response.modelStatus !== undefined && !this.#statusTold) this.#tellStatus(response.modelStatus);
      if (isBlockReason(response.promptFeedback?.blockReason)) this.#feedback = response.promptFeedback;
      const candidates = response.candidates ?? [];
      for (let at = 0; at < candidates.length; at++) this.#readCandidate(candidates[at] as GeminiCandidate, at);
    });
  }

  /** Appends what could be told only at the end. Throws UPSTREAM_STREAM_TRUNCATED when a candidate has no finish reason. */
  end(events: ChatEvent[]): void {
    this.#sink.events = events;
    const candidates = this.#candidates.filter((candidate) => candidate !== undefined);
    const unfinished = candidates.filter(({ finishReason }) => finishReason === undefined);
    const blocked = this.#feedback !== undefined && unfinished.length === candidates.length;
    if (!blocked && (candidates.length === 0 || unfinished.length > 0)) throw truncated();
    guarded(() => {
      const [only] = candidates;
      if (only && candidates.length === 1 && isBrokenOff(only)) this.#breakOff(only);
      else this.#finish(blocked ? [] : candidates, this.#totals(candidates));
    });
  }

  #finish(candidates: readonly CandidateState[], usage: Usage): void {
    if (candidates.length === 0) this.#tellBlocked();
    else for (const candidate of candidates) endCandidate(candidate, this.#sink);
    this.#sink.events.push(candidateEvent(0, { case: "usage", value: usage }));
  }

  #breakOff(candidate: CandidateState): void {
    closePart(candidate, this.#sink);
    const ending: StreamChatResponse = { $typeName: "gemini.chat.v1.StreamChatResponse", events: [] };
    this.#sink.events = ending.events;
    const usage = this.#totals([candidate]);
    this.#finish([candidate], usage);
    this.brokenOff = { token: candidate.continuationToken, candidate, usage, ending };
  }

  /** Google does not say which chunk of a stream has it. */
  #tellStatus(status: NonNullable<GenerateContentResponse["modelStatus"]>): void {
    this.#statusTold = true;
    this.#sink.events.push(candidateEvent(0, { case: "modelStatus", value: toModelStatus(status) }));
  }

  #start(response: GenerateContentResponse): void {
    const { modelStatus, promptFeedback } = response;
    this.#statusTold = modelStatus !== undefined;
    // Where they say why a prompt was blocked, they are told with the end.
    const ratings = isBlockReason(promptFeedback?.blockReason) ? undefined : promptFeedback?.safetyRatings;
    const tier = toServiceTier(this.#tier);
    const value: Started = {
      $typeName: "gemini.chat.v1.Started",
      responseId: asText(response.responseId),
      model: this.#facts.model,
      modelVersion: asText(response.modelVersion).replace(/^models\//, ""),
      serviceTier: tier.value,
      nativeServiceTier: tier.native,
      warnings: [],
      ...(modelStatus && { modelStatus: toModelStatus(modelStatus) }),
      ...(ratings?.length && { promptSafetyRatings: toSafetyRatings(ratings) }),
    };
    this.#sink.events.push(candidateEvent(0, { case: "started", value }));
  }

  /** Counts are running totals of which only the last are right: even the prompt's change in a third of the streams. */
  #readUsage(usage: GeminiUsage | undefined): void {
    if (!usage) return;
    if (hasCounts(usage)) this.#usage = usage;
    if (usage.serviceTier) this.#tier = asText(usage.serviceTier);
    if (usage.trafficType) this.#trafficType = asText(usage.trafficType);
  }

  #readCandidate(answer: GeminiCandidate, position: number): void {
    // Vertex and old models leave the index out.
    const index = answer.index ?? position;
    if (!Number.isInteger(index) || index < 0 || index >= MAX_CANDIDATES) throw malformed(`candidate ${String(index)}`);
    const candidate = (this.#candidates[index] ??= newCandidate(index));
    const parts = answer.content?.parts;
    if (parts) for (const part of parts) addPart(candidate, part, this.#sink);
    updateCandidate(candidate, answer, this.#sink);
  }

  /** HTTP 200 without an answer: the prompt was refused. */
  #tellBlocked(): void {
    const { blockReason = "", blockReasonMessage = "", safetyRatings } = this.#feedback ?? {};
    const { events } = this.#sink;
    if (safetyRatings) events.push(candidateEvent(0, { case: "safetyRatings", value: toSafetyRatings(safetyRatings) }));
    events.push(
      candidateEvent(0, { case: "finished", value: toPromptBlocked(blockReason, asText(blockReasonMessage)) }),
    );
  }

  #totals(candidates: readonly CandidateState[]): Usage {
    const searchQueries = candidates.reduce((sum, { grounding }) => sum + countSearches(grounding), 0);
    const facts = { tier: this.#tier, trafficType: this.#trafficType, searchQueries };
    if (this.#usage) return toUsage(this.#usage, facts);
    const characters = candidates.reduce((sum, candidate) => sum + candidate.characters, 0);
    return estimateUsage(this.#facts.promptCharacters(), characters, facts);
  }
}

/** A value of an unexpected type somewhere in the answer makes some step throw; which one does not matter. */
function guarded(read: () => void): void {
  try {
    read();
  } catch (error) {
    throw error instanceof Failure ? error : malformed(error);
  }
}

function truncated(): Failure {
  return new Failure("UPSTREAM_STREAM_TRUNCATED", "Gemini ended the answer without saying why; it is not complete.");
}

function malformed(cause: unknown): Failure {
  return new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini sent an answer that cannot be read.", { cause });
}
