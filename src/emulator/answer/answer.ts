// The shape of an answer before it is cut into JSON or chunks, and what an answer is made from.

import type { EmulatedModel } from "../models.ts";
import type { Prompt } from "../prompt.ts";
import type { ByteSource } from "../random.ts";
import type { GenerateRequest } from "../request.ts";
import type { Triggers } from "../triggers.ts";

/** JSON as it is sent. */
export type WirePart = Readonly<Record<string, unknown>>;

/** One part of the answer. `wire` is the part as sent, keys in Google's order, without its signature. */
export interface AnswerPart {
  readonly kind: "thought" | "text" | "call" | "code" | "toolCall" | "toolResult" | "image" | "audio";
  readonly wire: WirePart;
  /** Output tokens; a thought costs none here, thinking is counted as a whole. */
  readonly tokens: number;
  readonly signed?: boolean;
  /** Audio only: the same bytes in the pieces a stream sends. */
  readonly pieces?: readonly Buffer[];
}

/** How much the model thinks, and whether it shows it. */
export interface Thinking {
  /** 0 when the model does not think. */
  readonly tokens: number;
  readonly included: boolean;
}

/** A finished answer; unary and streamed forms are made from the same one. */
export interface Answer {
  readonly parts: readonly AnswerPart[];
  readonly thinking: Thinking;
  /** Tokens of what server-side tools fed back to the model. */
  readonly toolUseTokens: number;
  /** Absent: the answer breaks off without a finish (trigger `cut`). */
  readonly finishReason?: string;
  readonly finishMessage?: string;
  readonly safetyRatings?: readonly unknown[];
  /**
   * What a special finish does to the content: `withheld` shows the parts only while streaming and then drops them,
   * `empty` is `"content": {}`, `none` leaves the key out.
   */
  readonly content?: "withheld" | "empty" | "none";
  readonly continuationToken?: string;
  /** Long decoding: a token for going on after so much of this answer (see extentOf), on every chunk of a stream. */
  readonly checkpoint?: (at: number) => string;
  /** Visible tokens that earlier hops brought: part of the prompt by now. */
  readonly earlierTokens: number;
  readonly citationMetadata?: WirePart;
  /** Log probabilities with so many alternatives. */
  readonly topLogprobs?: number;
  /** A stream brings groundingMetadata in a chunk of its own after the finish. */
  readonly groundsLate: boolean;
  readonly groundingMetadata?: WirePart;
  readonly urlContextMetadata?: WirePart;
  /** Gemini 3: the closing text carries a signature (unary: the last text part). */
  readonly closingSigned: boolean;
}

/** Everything an answer depends on. */
export interface AnswerContext {
  readonly model: EmulatedModel;
  readonly request: GenerateRequest;
  readonly prompt: Prompt;
  readonly triggers: Triggers;
  readonly streaming: boolean;
  /** Reproducible bytes: the same request gets the same call ids. */
  readonly requestBytes: ByteSource;
  /** 0-based; several candidates differ in their texts. */
  readonly candidate: number;
}

/** What one way of answering contributes; `compose` adds thinking, limits, signatures and the finish. */
export interface Draft {
  readonly parts: readonly AnswerPart[];
  readonly toolUseTokens?: number;
  readonly urlContextMetadata?: WirePart;
}
