// Why an answer ended, in OpenAI's words: only these five exist, and strict clients reject any other.
import { FinishReason, type Finished } from "../gen/gemini/chat/v1/chat_pb.ts";

export type OpenAiFinishReason = "stop" | "length" | "tool_calls" | "function_call" | "content_filter";

/** How calls of an answer are told; undefined when it has none. */
type CallFinish = "tool_calls" | "function_call" | undefined;

const LENGTH: ReadonlySet<FinishReason> = new Set([
  FinishReason.MAX_TOKENS,
  FinishReason.CONTINUATION,
  FinishReason.TOO_MANY_TOOL_CALLS,
]);

const CONTENT_FILTER: ReadonlySet<FinishReason> = new Set([
  FinishReason.SAFETY,
  FinishReason.RECITATION,
  FinishReason.BLOCKLIST,
  FinishReason.PROHIBITED_CONTENT,
  FinishReason.SPII,
  FinishReason.LANGUAGE,
  FinishReason.MODEL_ARMOR,
  FinishReason.IMAGE_SAFETY,
  FinishReason.IMAGE_PROHIBITED_CONTENT,
  FinishReason.IMAGE_RECITATION,
  FinishReason.PROMPT_BLOCKED,
]);

/**
 * OpenAI's reason. Gemini says STOP for tool calls too, so calls override STOP; they override nothing else, because a call beside
 * MAX_TOKENS or a filter may be cut or forbidden. Reasons that OpenAI has no word for, unknown ones included, are `stop`.
 */
export function toFinishReason(reason: FinishReason, calls: CallFinish): OpenAiFinishReason {
  if (reason === FinishReason.STOP) return calls ?? "stop";
  if (LENGTH.has(reason)) return "length";
  return CONTENT_FILTER.has(reason) ? "content_filter" : "stop";
}

/** Gemini's own word for the end; a blocked prompt has only a block reason. "" when it gave none. */
export function nativeFinishReason(finished: Finished): string {
  return finished.nativeReason || finished.blockReason;
}
