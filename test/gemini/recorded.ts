// Recordings of the real Gemini API, and what an answer holds as plain counting tells: the judge of the state machine.

import { readdirSync, readFileSync } from "node:fs";
import type { GeminiCandidate, GeminiPart, GenerateContentResponse } from "../../src/gemini/wire.ts";

const FOLDER = new URL("../recordings/", import.meta.url);

export interface Recording {
  readonly id: string;
  readonly endpoint: string;
  readonly model: string | null;
  readonly features: readonly string[];
  readonly request: unknown;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
    /** Bodies that are no JSON. */
    readonly body_text?: string;
    readonly chunks?: readonly GenerateContentResponse[];
    /** The exact bytes of a stream, where they were kept. */
    readonly raw?: string;
    readonly non_data_lines?: readonly string[];
  };
}

export function recordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as Recording)
    .filter(
      ({ endpoint }) =>
        endpoint === "generateContent" || endpoint === "streamGenerateContent" || endpoint === "countTokens",
    );
}

/** The recordings of answers with status 200. */
export function recordedAnswers(): Recording[] {
  return recordings().filter(({ endpoint, response }) => endpoint !== "countTokens" && response.status === 200);
}

/** The chunks of an answer; a unary one is a single chunk. */
export function chunksOf({ response }: Recording): readonly GenerateContentResponse[] {
  return response.chunks ?? [response.body as GenerateContentResponse];
}

/** The content of candidate 0, by kind, in order. Pieces of calls (Vertex) are left out. */
export interface Contents {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly name: string; readonly args: unknown }[];
  readonly media: readonly { readonly mimeType: string; readonly data: string }[];
  readonly code: readonly string[];
  readonly outputs: readonly string[];
  readonly serverCalls: readonly unknown[];
  readonly serverResults: readonly unknown[];
  readonly signatures: readonly string[];
}

export function contentsOf(chunks: readonly GenerateContentResponse[]): Contents {
  const parts = candidatesOf(chunks).flatMap(({ content }) => content?.parts ?? []);
  return {
    text: joined(parts.filter(({ thought }) => thought !== true)),
    thoughts: joined(parts.filter(({ thought }) => thought === true)),
    calls: parts.flatMap(({ functionCall: call }) =>
      call?.name === undefined || call.willContinue ? [] : [{ name: call.name, args: call.args ?? {} }],
    ),
    media: parts.flatMap(({ inlineData: blob }) =>
      blob ? [{ mimeType: blob.mimeType ?? "", data: String(blob.data ?? "") }] : [],
    ),
    code: parts.flatMap(({ executableCode: code }) => (code ? [code.code ?? ""] : [])),
    outputs: parts.flatMap(({ codeExecutionResult: result }) => (result ? [result.output ?? ""] : [])),
    serverCalls: parts.flatMap(({ toolCall }) => (toolCall ? [toolCall.args] : [])),
    serverResults: parts.flatMap(({ toolResponse }) => (toolResponse ? [toolResponse.response] : [])),
    signatures: parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []),
  };
}

export function candidatesOf(chunks: readonly GenerateContentResponse[]): GeminiCandidate[] {
  return chunks.flatMap(({ candidates }) => candidates ?? []);
}

function joined(parts: readonly GeminiPart[]): string {
  return parts.map(({ text = "" }) => text).join("");
}
