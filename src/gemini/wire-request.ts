// What goes up: the body of generateContent, as far as this gateway writes them.
// An absent field is left out, never null: Google answers 400 to unknown keys and to some nulls.

import type { Base64 } from "../chat/bytes.ts";

export interface GenerateContentRequest {
  contents: WireContent[];
  systemInstruction?: { parts: [{ text: string }] };
  tools?: WireTool[];
  toolConfig?: WireToolConfig;
  safetySettings?: WireSafetySetting[];
  generationConfig?: WireGenerationConfig;
  cachedContent?: string;
  serviceTier?: "standard" | "flex" | "priority";
  store?: boolean;
  labels?: Readonly<Record<string, string>>;
}

export interface WireContent {
  role: "user" | "model";
  parts: WirePart[];
}

/** Exactly one data field; the ones after them describe it. A native part may have any other. */
export interface WirePart {
  text?: string;
  inlineData?: WireBlob;
  fileData?: { mimeType?: string; fileUri: string };
  functionCall?: { id?: string; name: string; args: object };
  functionResponse?: WireFunctionResponse;
  executableCode?: { id?: string; language: string; code: string };
  codeExecutionResult?: { id?: string; outcome: string; output: string };
  toolCall?: { id?: string; toolType: string; args: object };
  toolResponse?: { id?: string; toolType: string; response: object };
  thought?: true;
  /** Base64. */
  thoughtSignature?: string;
  videoMetadata?: { startOffset?: string; endOffset?: string; fps?: number };
  mediaResolution?: { level: string };
  speechMetadata?: { speaker?: string; style?: string };
}

export interface WireBlob {
  mimeType: string;
  /** Base64. */
  data: Base64;
}

export interface WireFunctionResponse {
  id?: string;
  name: string;
  response: object;
  parts?: { inlineData: WireBlob }[];
}

/** One kind each. */
export interface WireTool {
  functionDeclarations?: WireFunctionDeclaration[];
  codeExecution?: object;
  googleSearch?: object;
  urlContext?: object;
  googleMaps?: object;
  fileSearch?: object;
  computerUse?: object;
  mcpServers?: object[];
}

export interface WireFunctionDeclaration {
  name: string;
  description: string;
  /** Each as JSON Schema or in the OpenAPI subset, never both. */
  parametersJsonSchema?: object;
  parameters?: object;
  responseJsonSchema?: object;
  response?: object;
}

export interface WireToolConfig {
  functionCallingConfig?: { mode: CallingMode; allowedFunctionNames?: string[] };
  retrievalConfig?: { latLng?: { latitude: number; longitude: number }; languageCode?: string };
  includeServerSideToolInvocations?: true;
}

export type CallingMode = "AUTO" | "ANY" | "NONE" | "VALIDATED";

export interface WireSafetySetting {
  category: string;
  threshold: string;
}

export interface WireGenerationConfig {
  temperature?: number;
  topP?: number;
  topK?: number;
  seed?: number;
  maxOutputTokens?: number;
  stopSequences?: string[];
  presencePenalty?: number;
  frequencyPenalty?: number;
  responseLogprobs?: true;
  logprobs?: number;
  thinkingConfig?: WireThinkingConfig;
  responseMimeType?: "application/json" | "text/x.enum";
  /** The OpenAPI subset; never beside responseJsonSchema. */
  responseSchema?: object;
  responseJsonSchema?: object;
  responseModalities?: string[];
  imageConfig?: { aspectRatio?: string; imageSize?: string | undefined };
  speechConfig?: WireSpeechConfig;
  mediaResolution?: string;
}

/** A level or a budget, never both: together they are a 400. */
export interface WireThinkingConfig {
  includeThoughts?: true;
  thinkingLevel?: "minimal" | "low" | "medium" | "high" | "xhigh";
  thinkingBudget?: number;
}

export interface WireSpeechConfig {
  languageCode?: string;
  voiceConfig?: WireVoiceConfig;
  multiSpeakerVoiceConfig?: { speakerVoiceConfigs: { speaker: string; voiceConfig: WireVoiceConfig }[] };
}

export type WireVoiceConfig = { prebuiltVoiceConfig: { voiceName: string } } | { voice: string };
