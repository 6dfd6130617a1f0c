// Gemini's token counts as Usage.
import {
  Modality,
  ModalityTokens_Kind,
  ServiceTier,
  type ModalityTokens,
  type Usage,
} from "../../gen/gemini/chat/v1/chat_pb.ts";
import type { GeminiUsage, ModalityCount } from "../wire.ts";
import { toEnum } from "./native-enum.ts";
import { enumWord, MODALITIES } from "./numbered-enums.ts";

/** Google: "A token is equivalent to about 4 characters for Gemini models." */
const CHARACTERS_PER_TOKEN = 4;
const INT32_MAX = 2_147_483_647;

/** What is told beside the counts. */
interface UsageFacts {
  /** Gemini's word: from the usage itself or the response header. */
  readonly tier: string;
  readonly trafficType: string;
  readonly searchQueries: number;
}

/** Whether a block has counts; Vertex sends blocks with a traffic type only before the last chunk. */
export function hasCounts(usage: GeminiUsage): boolean {
  return usage.totalTokenCount !== undefined || usage.promptTokenCount !== undefined;
}

/**
 * Candidates exclude thoughts, the prompt includes cached tokens and excludes results of tools. Only the first previews of 2.5 counted
 * thoughts among the candidates: the total tells (recording of 2.5-pro-preview-03-25: 353 + 294 = 647, with 283 thoughts).
 */
export function toUsage(usage: GeminiUsage, facts: UsageFacts): Usage {
  const toolUse = count(usage.toolUsePromptTokenCount);
  const thoughts = count(usage.thoughtsTokenCount);
  const prompt = count(usage.promptTokenCount) + toolUse;
  const candidates = count(usage.candidatesTokenCount);
  const hasThoughts = thoughts <= candidates && prompt + candidates === usage.totalTokenCount;
  const completion = hasThoughts ? candidates : candidates + thoughts;
  return {
    ...usageOf(prompt, completion, facts),
    cachedTokens: count(usage.cachedContentTokenCount),
    thoughtTokens: thoughts,
    toolUsePromptTokens: toolUse,
    totalTokens: count(usage.totalTokenCount ?? prompt + completion),
    modalityTokens: [
      ...toModalityTokens(ModalityTokens_Kind.PROMPT, usage.promptTokensDetails),
      ...toModalityTokens(ModalityTokens_Kind.CACHED, usage.cacheTokensDetails),
      ...toModalityTokens(ModalityTokens_Kind.COMPLETION, usage.candidatesTokensDetails),
      ...toModalityTokens(ModalityTokens_Kind.TOOL_USE_PROMPT, usage.toolUsePromptTokensDetails),
    ],
  };
}

/** Our guess where Google told nothing. Arguments are UTF-16 units of text. */
export function estimateUsage(promptCharacters: number, completionCharacters: number, facts: UsageFacts): Usage {
  const prompt = Math.ceil(promptCharacters / CHARACTERS_PER_TOKEN);
  const completion = Math.ceil(completionCharacters / CHARACTERS_PER_TOKEN);
  return { ...usageOf(prompt, completion, facts), estimated: true };
}

export function toModalityTokens(kind: ModalityTokens_Kind, details: readonly ModalityCount[] = []): ModalityTokens[] {
  return details.map(({ modality = "", tokenCount }) => {
    const { value, native } = toEnum(Modality, "", enumWord(MODALITIES, modality));
    const tokens = count(tokenCount);
    return { $typeName: "gemini.chat.v1.ModalityTokens", kind, modality: value, tokens, nativeModality: native };
  });
}

/** The header says `standard`; the SDKs also know `SERVICE_TIER_STANDARD`. */
export function toServiceTier(word: string): { readonly value: ServiceTier; readonly native: string } {
  const { value } = toEnum(ServiceTier, "", word.toUpperCase().replace(/^SERVICE_TIER_/, ""));
  return { value, native: value === ServiceTier.UNSPECIFIED ? word : "" };
}

/** A count that fits an int32 field, whatever the upstream says. */
export function count(value: number | undefined): number {
  return typeof value === "number" && value > 0 ? Math.min(Math.trunc(value), INT32_MAX) : 0;
}

function usageOf(promptTokens: number, completionTokens: number, facts: UsageFacts): Usage {
  const tier = toServiceTier(facts.tier);
  return {
    $typeName: "gemini.chat.v1.Usage",
    promptTokens: count(promptTokens),
    cachedTokens: 0,
    completionTokens: count(completionTokens),
    thoughtTokens: 0,
    toolUsePromptTokens: 0,
    totalTokens: count(promptTokens + completionTokens),
    modalityTokens: [],
    serviceTier: tier.value,
    nativeServiceTier: tier.native,
    trafficType: facts.trafficType,
    searchQueries: facts.searchQueries,
    estimated: false,
  };
}
