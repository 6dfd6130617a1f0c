// Counts tokens of a request and writes usageMetadata, keys in the recorded order, zeroes left out.

import { describeMedia } from "./media/describe.ts";
import type { EmulatedModel, Modality } from "./models.ts";
import type { GenerateRequest, Part } from "./request.ts";
import { countJsonTokens, countTokens } from "./tokens.ts";

/** Token counts by modality. */
type PromptTokens = ReadonlyMap<Modality, number>;

/** Tokens of everything sent, by modality, TEXT first. */
export function countPrompt(request: GenerateRequest, model: EmulatedModel): PromptTokens {
  const counts = new Map<Modality, number>([["TEXT", 0]]);
  const add = (modality: Modality, tokens: number) => counts.set(modality, (counts.get(modality) ?? 0) + tokens);
  const contents = [...(request.systemInstruction ? [request.systemInstruction] : []), ...(request.contents ?? [])];
  for (const part of contents.flatMap((content) => content.parts ?? [])) {
    add("TEXT", countPartText(part));
    for (const medium of [part, ...(part.functionResponse?.parts ?? [])]) {
      const facts = describeMedia(medium, model, request.generationConfig?.mediaResolution);
      if (facts !== undefined) add(facts.modality, facts.tokens);
    }
  }
  if (request.tools !== undefined && request.tools.length > 0) add("TEXT", countJsonTokens(request.tools));
  return counts;
}

function countPartText(part: Part): number {
  const { functionCall, functionResponse, toolCall, toolResponse } = part;
  const structured = [functionCall?.args, functionResponse?.response, toolCall, toolResponse];
  const names = [
    functionCall?.name,
    functionResponse?.name,
    part.executableCode?.code,
    part.codeExecutionResult?.output,
  ];
  return (
    countTokens(part.text ?? "") +
    structured.reduce<number>((sum, value) => sum + (value === undefined ? 0 : countJsonTokens(value)), 0) +
    names.reduce<number>((sum, text) => sum + countTokens(text ?? ""), 0)
  );
}

/** A prompt together with what earlier hops of its answer brought. */
export const withEarlier = (counts: PromptTokens, tokens: number): PromptTokens =>
  tokens === 0 ? counts : new Map([...counts, ["TEXT", (counts.get("TEXT") ?? 0) + tokens]]);

/** All modalities together. */
export const totalOf = (counts: PromptTokens): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

/** `promptTokensDetails` and its likes. */
export function modalityDetails(counts: PromptTokens): readonly Record<string, unknown>[] {
  return [...counts]
    .filter(([, tokenCount]) => tokenCount > 0)
    .map(([modality, tokenCount]) => ({ modality, tokenCount }));
}

/** What an answer, or a stream so far, has used beside its prompt. */
export interface OutputTokens {
  readonly candidates: number;
  readonly thoughts: number;
  readonly toolUse: number;
  /** Part of `candidates`; the Gemini API details only these two. */
  readonly image: number;
  readonly audio: number;
}

/** Before anything was said. */
export const NO_OUTPUT: OutputTokens = { candidates: 0, thoughts: 0, toolUse: 0, image: 0, audio: 0 };

/** `total = prompt + candidates + toolUse + thoughts`. */
export function toUsage(prompt: PromptTokens, output: OutputTokens, serviceTier: string): Record<string, unknown> {
  const promptTokenCount = totalOf(prompt);
  const { candidates, thoughts, toolUse } = output;
  const media = modalityDetails(
    new Map<Modality, number>([
      ["IMAGE", output.image],
      ["AUDIO", output.audio],
    ]),
  );
  return {
    promptTokenCount,
    ...(candidates > 0 && { candidatesTokenCount: candidates }),
    totalTokenCount: promptTokenCount + candidates + thoughts + toolUse,
    promptTokensDetails: modalityDetails(prompt),
    ...(media.length > 0 && { candidatesTokensDetails: media }),
    ...(toolUse > 0 && {
      toolUsePromptTokenCount: toolUse,
      toolUsePromptTokensDetails: [{ modality: "TEXT", tokenCount: toolUse }],
    }),
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    serviceTier,
  };
}
