// Gemini's reasons to end, in our words.
import { FinishReason, type Finished } from "../../gen/gemini/chat/v1/chat_pb.ts";
import { toEnum } from "./native-enum.ts";
import { BLOCK_REASONS, enumWord, FINISH_REASONS } from "./numbered-enums.ts";

/** Gemini's word for a reason; a number that is not known here stays a number. */
export function finishWord(reason: string | number): string {
  return enumWord(FINISH_REASONS, reason);
}

/** `nativeJson` is what else was said of the candidate. */
export function toFinished(nativeReason: string, message: string, nativeJson: string): Finished {
  const { value } = toEnum(FinishReason, "", nativeReason);
  return {
    $typeName: "gemini.chat.v1.Finished",
    // PROMPT_BLOCKED is our word and none of Gemini's.
    reason: value === FinishReason.PROMPT_BLOCKED ? FinishReason.UNSPECIFIED : value,
    nativeReason,
    message,
    blockReason: "",
    nativeJson,
  };
}

export function toPromptBlocked(blockReason: string | number, message: string): Finished {
  return {
    $typeName: "gemini.chat.v1.Finished",
    reason: FinishReason.PROMPT_BLOCKED,
    nativeReason: "",
    message,
    blockReason: enumWord(BLOCK_REASONS, blockReason),
    nativeJson: "",
  };
}

/** Whether a blockReason says that there is no answer. */
export function isBlockReason(reason: string | number | undefined): boolean {
  if (reason === undefined || reason === "") return false;
  return !/^BLOCK(?:ED)?_REASON_UNSPECIFIED$/.test(enumWord(BLOCK_REASONS, reason));
}
