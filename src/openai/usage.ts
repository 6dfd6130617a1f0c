// Token counts in OpenAI's words: reasoning is inside completion_tokens, the cache inside prompt_tokens.
import { Modality, ModalityTokens_Kind, type ModalityTokens, type Usage } from "../gen/gemini/chat/v1/chat_pb.ts";

export interface OpenAiUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
  readonly completion_tokens_details: Readonly<Record<string, number>>;
  /** Searches that grounding made, and Google's word for the kind of traffic; only present when it told them. */
  readonly search_queries?: number;
  readonly traffic_type?: string;
  /** Only present when Google told nothing and the counts are the gateway's estimates. */
  readonly estimated?: true;
}

/** OpenAI defines text, audio and image tokens; video and documents are named alike, so that the details stay a sum. */
const DETAIL_NAMES: Partial<Record<Modality, string>> = {
  [Modality.TEXT]: "text_tokens",
  [Modality.IMAGE]: "image_tokens",
  [Modality.AUDIO]: "audio_tokens",
  [Modality.VIDEO]: "video_tokens",
  [Modality.DOCUMENT]: "document_tokens",
};

/** `total_tokens` is Google's own sum; where it gave none, the sum of both counts. */
export function toUsage(usage: Usage): OpenAiUsage {
  const { PROMPT, CACHED, TOOL_USE_PROMPT, COMPLETION } = ModalityTokens_Kind;
  const { toolUsePromptTokens, searchQueries, trafficType } = usage;
  // The name and shape of OpenAI's realtime API.
  const cached = detailsOf(usage.modalityTokens, [CACHED]);
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.totalTokens || usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedTokens,
      audio_tokens: 0,
      ...detailsOf(usage.modalityTokens, [PROMPT, TOOL_USE_PROMPT]),
      ...(Object.keys(cached).length === 0 ? {} : { cached_tokens_details: cached }),
      ...(toolUsePromptTokens === 0 ? {} : { tool_use_tokens: toolUsePromptTokens }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.thoughtTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
      ...detailsOf(usage.modalityTokens, [COMPLETION]),
    },
    ...(searchQueries === 0 ? {} : { search_queries: searchQueries }),
    ...(trafficType === "" ? {} : { traffic_type: trafficType }),
    ...(usage.estimated ? { estimated: true } : {}),
  };
}

function detailsOf(counts: readonly ModalityTokens[], kinds: readonly ModalityTokens_Kind[]): Record<string, number> {
  const details: Record<string, number> = {};
  for (const { kind, modality, nativeModality, tokens } of counts) {
    const name = nativeModality === "" ? DETAIL_NAMES[modality] : `${nativeModality.toLowerCase()}_tokens`;
    if (name !== undefined && kinds.includes(kind)) details[name] = (details[name] ?? 0) + tokens;
  }
  return details;
}
