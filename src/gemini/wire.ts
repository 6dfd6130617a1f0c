// Gemini's answers as JSON, as far as they are read here. Everything may be missing and unknown keys are normal; Google documents no
// field of a response as required, and recordings lack each of them somewhere.

import type { Base64 } from "../chat/bytes.ts";

/** One chunk of a stream, or the whole answer of a unary call. */
export interface GenerateContentResponse {
  readonly candidates?: readonly GeminiCandidate[];
  readonly promptFeedback?: {
    readonly blockReason?: string | number;
    readonly blockReasonMessage?: string;
    readonly safetyRatings?: readonly GeminiSafetyRating[];
  };
  readonly usageMetadata?: GeminiUsage;
  /** What really answers; early 2.5 previews put `models/` before it. */
  readonly modelVersion?: string;
  readonly responseId?: string;
  readonly modelStatus?: { readonly modelStage?: string; readonly retirementTime?: string; readonly message?: string };
  /** Inside a stream that began well. */
  readonly error?: unknown;
}

export interface GeminiCandidate {
  /** Absent where it is 0 and, on Vertex and old models, always. */
  readonly index?: number;
  readonly content?: { readonly parts?: readonly GeminiPart[] };
  /** A number when the upstream encodes enums as integers. */
  readonly finishReason?: string | number;
  /** Also comes with ordinary ends ("Model generated function call(s)."). */
  readonly finishMessage?: string;
  readonly safetyRatings?: readonly GeminiSafetyRating[];
  readonly citationMetadata?: CitationMetadata;
  readonly groundingMetadata?: GroundingMetadata;
  readonly urlContextMetadata?: { readonly urlMetadata?: readonly UrlMetadata[] };
  readonly logprobsResult?: LogprobsResult;
  /** Gemini 4: sent back, it makes a further call go on where this one broke off. Also comes with ordinary chunks. */
  readonly continuationToken?: string;
}

/** Exactly one data field; the others describe it. */
export interface GeminiPart {
  readonly text?: string;
  readonly inlineData?: GeminiBlob;
  readonly fileData?: { readonly mimeType?: string; readonly fileUri?: string; readonly displayName?: string };
  readonly functionCall?: GeminiFunctionCall;
  readonly functionResponse?: {
    readonly id?: string;
    readonly name?: string;
    readonly response?: object;
    readonly parts?: readonly { readonly inlineData?: GeminiBlob }[];
  };
  readonly executableCode?: { readonly id?: string; readonly language?: string | number; readonly code?: string };
  readonly codeExecutionResult?: { readonly id?: string; readonly outcome?: string | number; readonly output?: string };
  readonly toolCall?: { readonly id?: string; readonly toolType?: string; readonly args?: object };
  readonly toolResponse?: { readonly id?: string; readonly toolType?: string; readonly response?: object };
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
}

export interface GeminiBlob {
  readonly mimeType?: string;
  /** Standard, padded base64. */
  readonly data?: Base64;
  readonly displayName?: string;
}

export interface GeminiFunctionCall {
  readonly id?: string;
  readonly name?: string;
  readonly args?: object;
  /** Vertex with streamed arguments: pieces of `args`. */
  readonly partialArgs?: readonly PartialArg[];
  /** Vertex with streamed arguments: more of this call follows. */
  readonly willContinue?: boolean;
}

/** A value, or a piece of a string, at a path such as `$.items[0].name`. */
export interface PartialArg {
  readonly jsonPath?: string;
  readonly stringValue?: string;
  readonly numberValue?: number;
  readonly boolValue?: boolean;
  readonly nullValue?: string;
}

export interface GeminiSafetyRating {
  readonly category?: string | number;
  readonly probability?: string | number;
  readonly blocked?: boolean;
}

/** The Gemini API says `citationSources`, Vertex `citations`. */
interface CitationMetadata {
  readonly citationSources?: readonly CitationSource[];
  readonly citations?: readonly CitationSource[];
}

/** Offsets are UTF-8 bytes of the candidate's text; absent where 0. */
export interface CitationSource {
  readonly startIndex?: number;
  readonly endIndex?: number;
  readonly uri?: string;
  readonly title?: string;
  readonly license?: string;
}

export interface GroundingMetadata {
  readonly webSearchQueries?: readonly string[];
  readonly imageSearchQueries?: readonly string[];
  readonly searchEntryPoint?: { readonly renderedContent?: string };
  readonly groundingChunks?: readonly GroundingSource[];
  readonly groundingSupports?: readonly GroundingSegment[];
}

export interface GroundingSource {
  readonly web?: { readonly uri?: string; readonly title?: string; readonly domain?: string };
  readonly image?: {
    readonly sourceUri?: string;
    readonly imageUri?: string;
    readonly title?: string;
    readonly domain?: string;
  };
  readonly retrievedContext?: {
    readonly uri?: string;
    readonly title?: string;
    readonly text?: string;
    readonly fileSearchStore?: string;
    readonly pageNumber?: number;
  };
  readonly maps?: {
    readonly uri?: string;
    readonly title?: string;
    readonly text?: string;
    readonly placeId?: string;
  };
}

export interface GroundingSegment {
  readonly segment?: {
    readonly partIndex?: number;
    readonly startIndex?: number;
    readonly endIndex?: number;
    readonly text?: string;
  };
  readonly groundingChunkIndices?: readonly number[];
  readonly confidenceScores?: readonly number[];
}

export interface UrlMetadata {
  readonly retrievedUrl?: string;
  readonly urlRetrievalStatus?: string | number;
}

export interface LogprobsResult {
  readonly chosenCandidates?: readonly TokenCandidate[];
  readonly topCandidates?: readonly { readonly candidates?: readonly TokenCandidate[] }[];
}

export interface TokenCandidate {
  readonly token?: string;
  readonly tokenId?: number;
  readonly logProbability?: number;
}

/** Running totals, not increments; zero counts are left out. */
export interface GeminiUsage {
  readonly promptTokenCount?: number;
  readonly cachedContentTokenCount?: number;
  readonly candidatesTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly toolUsePromptTokenCount?: number;
  readonly totalTokenCount?: number;
  readonly promptTokensDetails?: readonly ModalityCount[];
  readonly cacheTokensDetails?: readonly ModalityCount[];
  readonly candidatesTokensDetails?: readonly ModalityCount[];
  readonly toolUsePromptTokensDetails?: readonly ModalityCount[];
  readonly trafficType?: string;
  readonly serviceTier?: string;
}

export interface ModalityCount {
  readonly modality?: string | number;
  readonly tokenCount?: number;
}

export interface CountTokensAnswer {
  readonly totalTokens?: number;
  readonly cachedContentTokenCount?: number;
  readonly promptTokensDetails?: readonly ModalityCount[];
  readonly cacheTokensDetails?: readonly ModalityCount[];
}

export interface ListModelsAnswer {
  readonly models?: readonly GeminiModel[];
  readonly nextPageToken?: string;
}

export interface GeminiModel {
  readonly name?: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly inputTokenLimit?: number;
  readonly outputTokenLimit?: number;
  readonly supportedGenerationMethods?: readonly string[];
  readonly thinking?: boolean;
  readonly maxTemperature?: number;
}
