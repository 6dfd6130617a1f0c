// The request after reading: camelCase keys, enums upper-case, bytes decoded. Mirrors proto-tables.ts.

import type { HeldFile } from "./files/held-file.ts";

/** A `struct` field. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Body of generateContent and streamGenerateContent. */
export interface GenerateRequest {
  readonly model?: string;
  readonly contents?: readonly Content[];
  readonly systemInstruction?: Content;
  readonly tools?: readonly Tool[];
  readonly toolConfig?: ToolConfig;
  readonly safetySettings?: readonly { readonly category?: string; readonly threshold?: string }[];
  readonly generationConfig?: GenerationConfig;
  readonly cachedContent?: string;
  readonly serviceTier?: string;
  readonly continuationToken?: string;
}

/** Body of countTokens; one of the two fields. */
export interface CountTokensRequest {
  readonly contents?: readonly Content[];
  readonly generateContentRequest?: GenerateRequest;
}

/** Body of the first request of an upload. */
export interface CreateFileRequest {
  readonly file?: { readonly name?: string; readonly displayName?: string; readonly mimeType?: string };
}

/** One turn. */
export interface Content {
  readonly role?: string;
  readonly parts?: readonly Part[];
}

/** One part; at most one data field is set, the reader sees to that. */
export interface Part {
  readonly text?: string;
  readonly inlineData?: InlineData;
  readonly fileData?: FileData;
  readonly functionCall?: { readonly id?: string; readonly name?: string; readonly args?: JsonObject };
  readonly functionResponse?: FunctionResponse;
  readonly executableCode?: { readonly code?: string };
  readonly codeExecutionResult?: { readonly output?: string };
  readonly toolCall?: JsonObject;
  readonly toolResponse?: JsonObject;
  readonly audioTranscription?: JsonObject;
  readonly thought?: boolean;
  readonly thoughtSignature?: Buffer;
  readonly videoMetadata?: { readonly fps?: number };
  readonly mediaResolution?: { readonly level?: string; readonly numTokens?: number };
  readonly mediaProcessing?: string;
  readonly speechMetadata?: { readonly speaker?: string; readonly style?: string };
  /** Not on the wire: the uploaded file that `fileData` names. */
  readonly file?: HeldFile;
}

/** Media sent in the request. */
export interface InlineData {
  readonly mimeType?: string;
  readonly data?: Buffer;
  /** Only on the media of a function response. */
  readonly displayName?: string;
}

/** Media by URI. */
export interface FileData {
  readonly mimeType?: string;
  readonly fileUri?: string;
}

/** The result of one function call. */
export interface FunctionResponse {
  readonly id?: string;
  readonly name?: string;
  readonly response?: JsonObject;
  readonly parts?: readonly {
    readonly inlineData?: InlineData;
    readonly fileData?: FileData & { readonly displayName?: string };
  }[];
}

/** One entry of `tools`. */
export interface Tool {
  readonly functionDeclarations?: readonly FunctionDeclaration[];
  readonly codeExecution?: JsonObject;
  readonly googleSearch?: JsonObject;
  readonly googleSearchRetrieval?: JsonObject;
  readonly urlContext?: JsonObject;
  readonly googleMaps?: JsonObject;
  readonly fileSearch?: { readonly fileSearchStoreNames?: readonly string[] };
  readonly computerUse?: JsonObject;
  readonly mcpServers?: readonly JsonObject[];
}

/** A function the caller offers. */
export interface FunctionDeclaration {
  readonly name?: string;
  readonly description?: string;
  readonly behavior?: string;
  readonly parameters?: JsonObject;
  readonly parametersJsonSchema?: unknown;
  readonly response?: JsonObject;
  readonly responseJsonSchema?: unknown;
}

/** How tools may be used. */
export interface ToolConfig {
  readonly functionCallingConfig?: {
    readonly mode?: string;
    readonly allowedFunctionNames?: readonly string[];
  };
  readonly includeServerSideToolInvocations?: boolean;
}

/** How to generate. */
export interface GenerationConfig {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly candidateCount?: number;
  readonly maxOutputTokens?: number;
  readonly stopSequences?: readonly string[];
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly responseLogprobs?: boolean;
  readonly logprobs?: number;
  readonly responseMimeType?: string;
  readonly responseSchema?: JsonObject;
  readonly responseJsonSchema?: unknown;
  readonly responseFormat?: readonly {
    readonly audio?: { readonly mimeType?: string };
    readonly image?: JsonObject;
    readonly video?: JsonObject;
    readonly text?: JsonObject;
  }[];
  readonly responseModalities?: readonly string[];
  readonly speechConfig?: SpeechConfig;
  readonly imageConfig?: { readonly aspectRatio?: string; readonly imageSize?: string };
  readonly thinkingConfig?: {
    readonly includeThoughts?: boolean;
    readonly thinkingBudget?: number;
    readonly thinkingLevel?: string;
  };
  readonly mediaResolution?: string;
}

/** One voice. */
export interface VoiceConfig {
  readonly prebuiltVoiceConfig?: { readonly voiceName?: string };
  /** A custom voice (`voice_…`). */
  readonly voice?: string;
}

/** One voice, or one for each speaker. */
export interface SpeechConfig {
  readonly voiceConfig?: VoiceConfig;
  readonly multiSpeakerVoiceConfig?: {
    readonly speakerVoiceConfigs?: readonly { readonly speaker?: string; readonly voiceConfig?: VoiceConfig }[];
  };
}

/** Every declared function, whichever tool object it stands in. */
export const declaredFunctions = (request: GenerateRequest): readonly FunctionDeclaration[] =>
  (request.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);

/** Names of the tools Google runs itself (`codeExecution`, `googleSearch`, …), in order of appearance. */
export const builtInTools = (request: GenerateRequest): readonly string[] =>
  (request.tools ?? []).flatMap((tool) => Object.keys(tool).filter((key) => key !== "functionDeclarations"));

/** Function calling mode, AUTO when unset. */
export const functionCallingMode = (request: GenerateRequest): string => {
  const mode = request.toolConfig?.functionCallingConfig?.mode;
  return mode === undefined || mode === "MODE_UNSPECIFIED" ? "AUTO" : mode;
};

/** Whether JSON mode is on. */
export const wantsJson = (request: GenerateRequest): boolean =>
  request.generationConfig?.responseMimeType === "application/json";
