// Sums of usage: an answer may take several calls of the upstream, and each of them is billed.
import type { ModalityTokens, StreamChatResponse, Usage } from "../gen/gemini/chat/v1/chat_pb.ts";

/** The Usage event of a batch, which is its last one; undefined when it has none. */
export function usageOf({ events }: StreamChatResponse): Usage | undefined {
  const last = events.at(-1)?.event;
  return last?.case === "usage" ? last.value : undefined;
}

/** Adds what other calls took to the Usage of a batch, when it has one. Changes the batch. */
export function addSpent({ events }: StreamChatResponse, spent: Usage): void {
  const last = events.at(-1);
  if (last?.event.case === "usage") last.event = { case: "usage", value: addUsage(spent, last.event.value) };
}

/** The sum; what cannot be summed, as the tier, is that of the first. */
export function addUsage(sum: Usage, usage: Usage): Usage {
  return {
    ...sum,
    promptTokens: sum.promptTokens + usage.promptTokens,
    cachedTokens: sum.cachedTokens + usage.cachedTokens,
    completionTokens: sum.completionTokens + usage.completionTokens,
    thoughtTokens: sum.thoughtTokens + usage.thoughtTokens,
    toolUsePromptTokens: sum.toolUsePromptTokens + usage.toolUsePromptTokens,
    totalTokens: sum.totalTokens + usage.totalTokens,
    modalityTokens: addModalities(sum.modalityTokens, usage.modalityTokens),
    searchQueries: sum.searchQueries + usage.searchQueries,
    estimated: sum.estimated || usage.estimated,
  };
}

function addModalities(left: readonly ModalityTokens[], right: readonly ModalityTokens[]): ModalityTokens[] {
  const sums = new Map<string, ModalityTokens>();
  for (const entry of [...left, ...right]) {
    const key = `${entry.kind}:${entry.modality}:${entry.nativeModality}`;
    const known = sums.get(key);
    sums.set(key, known ? { ...known, tokens: known.tokens + entry.tokens } : entry);
  }
  return [...sums.values()];
}
