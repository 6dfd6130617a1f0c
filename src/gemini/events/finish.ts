// Gemini's reasons to end, in our words.
import { FinishReason, type Finished } from "../../gen/gemini/chat/v1/chat_pb.ts";
import { toEnum } from "./native-enum.ts";

/** Gemini's numbers of the reasons, for upstreams that encode enums as integers (`enum-encoding=int`, seen 39 times). */
const NUMBERED: readonly string[] = [
  "FINISH_REASON_UNSPECIFIED",
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "OTHER",
  "LANGUAGE",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "IMAGE_SAFETY",
  "UNEXPECTED_TOOL_CALL",
];

/** Gemini's word for a reason; a number that is not known here stays a number. */
export function finishWord(reason: string | number): string {
  return typeof reason === "number" ? (NUMBERED[reason] ?? String(reason)) : reason;
}

export function toFinished(nativeReason: string, message: string): Finished {
  const { value } = toEnum(FinishReason, "", nativeReason);
  return {
    $typeName: "gemini.chat.v1.Finished",
    // PROMPT_BLOCKED is our word and none of Gemini's.
    reason: value === FinishReason.PROMPT_BLOCKED ? FinishReason.UNSPECIFIED : value,
    nativeReason,
    message,
    blockReason: "",
  };
}

export function toPromptBlocked(blockReason: string, message: string): Finished {
  return {
    $typeName: "gemini.chat.v1.Finished",
    reason: FinishReason.PROMPT_BLOCKED,
    nativeReason: "",
    message,
    blockReason,
  };
}

/** Whether a blockReason says that there is no answer. */
export function isBlockReason(reason: string | undefined): reason is string {
  return reason !== undefined && reason !== "" && !/^BLOCK(?:ED)?_REASON_UNSPECIFIED$/.test(reason);
}
