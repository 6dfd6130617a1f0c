// What a model can do: the one table of abilities, asked by ability and never by id.
// Only old generations and known exceptions are listed; an unknown `gemini-*` id gets the newest behaviour.
import type { ThinkingLevel } from "../gen/gemini/chat/v1/chat_pb.ts";
import { Modality } from "../gen/gemini/chat/v1/chat_pb.ts";

/** How a model is told to think. */
export type ThinkingControl =
  | { readonly kind: "none" }
  | {
      readonly kind: "budget";
      readonly min: number;
      readonly max: number;
      readonly canBeOff: boolean;
      readonly offByDefault: boolean;
    }
  | { readonly kind: "level"; readonly levels: readonly ThinkingLevel[]; readonly defaultLevel: ThinkingLevel };

/** Abilities of one model. `id` is what the upstream calls it, without `models/`. */
export interface ModelProfile {
  readonly id: string;
  readonly thinking: ThinkingControl;
  readonly outputs: readonly Modality[];
  readonly inputs: readonly Modality[];
  /** Takes systemInstruction. */
  readonly systemInstruction: boolean;
  /** Honours temperature, topP, topK. */
  readonly sampling: boolean;
  /** Takes presence and frequency penalties. */
  readonly penalties: boolean;
  readonly logprobs: boolean;
  /** Takes candidateCount above 1; otherwise n answers take n calls. */
  readonly severalCandidates: boolean;
  /** Accepts a conversation that ends with its own turn. */
  readonly prefill: boolean;
  /** Takes function declarations. */
  readonly functions: boolean;
  /** Tools that Google runs, as field names of Tool. */
  readonly serverTools: readonly string[];
  /** Takes functions and Google's tools together. */
  readonly serverToolsWithFunctions: boolean;
  /** Takes responseMimeType application/json. */
  readonly json: boolean;
  /** Takes JSON output together with functions (then only with mode AUTO). */
  readonly jsonWithFunctions: boolean;
  /** Takes media inside functionResponse. */
  readonly mediaInToolResults: boolean;
  /** Checks thought signatures of the current turn. */
  readonly signaturesRequired: boolean;
  /** Knows ids of function calls. */
  readonly callIds: boolean;
  /** Takes a media resolution on a single part. */
  readonly partMediaResolution: boolean;
  /** Takes imageConfig.imageSize. */
  readonly imageSize: boolean;
  /** Speech models: text is spoken verbatim, style and speaker stand beside it (from 3.8 on). */
  readonly verbatimSpeech: boolean;
  /** Thinks or makes media, so that silence of minutes is normal. */
  readonly slow: boolean;
}
