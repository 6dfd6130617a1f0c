// Parts that come whole and are neither text, a call nor inline media: code, tools that Google runs, files, unknown kinds.
import { CodeResult_Outcome, type ChatEvent } from "../../gen/gemini/chat/v1/chat_pb.ts";
import type { GeminiPart } from "../wire.ts";
import { asText } from "./as-text.ts";
import { toToolResult } from "./calls.ts";
import type { CandidateState } from "./candidate.ts";
import { toEnum } from "./native-enum.ts";
import { enumWord, LANGUAGES, OUTCOMES } from "./numbered-enums.ts";

/** The event of a part; a kind that is not known becomes a NativePart. */
export function toWholeEvent(candidate: CandidateState, part: GeminiPart): ChatEvent["event"] {
  if (part.executableCode) {
    const id = asText(part.executableCode.id);
    candidate.codeId = id;
    const language = enumWord(LANGUAGES, part.executableCode.language ?? "");
    const code = asText(part.executableCode.code);
    return { case: "executableCode", value: { $typeName: "gemini.chat.v1.ExecutableCode", id, language, code } };
  }
  if (part.codeExecutionResult) return toCodeResult(candidate, part.codeExecutionResult);
  if (part.toolCall) {
    const id = asText(part.toolCall.id);
    const toolType = asText(part.toolCall.toolType);
    const argumentsJson = JSON.stringify(part.toolCall.args ?? {});
    return {
      case: "serverToolCall",
      value: { $typeName: "gemini.chat.v1.ServerToolCall", id, toolType, argumentsJson },
    };
  }
  if (part.toolResponse) {
    const id = asText(part.toolResponse.id);
    const toolType = asText(part.toolResponse.toolType);
    const responseJson = JSON.stringify(part.toolResponse.response ?? {});
    return {
      case: "serverToolResult",
      value: { $typeName: "gemini.chat.v1.ServerToolResult", id, toolType, responseJson },
    };
  }
  if (part.functionResponse) return { case: "toolResult", value: toToolResult(candidate, part.functionResponse) };
  if (part.fileData) {
    const mimeType = asText(part.fileData.mimeType);
    const name = asText(part.fileData.displayName);
    const source = { case: "uri" as const, value: asText(part.fileData.fileUri) };
    return { case: "media", value: { $typeName: "gemini.chat.v1.MediaChunk", mimeType, source, name, last: true } };
  }
  return { case: "nativePart", value: { $typeName: "gemini.chat.v1.NativePart", json: JSON.stringify(part) } };
}

function toCodeResult(
  candidate: CandidateState,
  result: NonNullable<GeminiPart["codeExecutionResult"]>,
): ChatEvent["event"] {
  const id = asText(result.id ?? candidate.codeId);
  const output = asText(result.output);
  const { value, native } = toEnum(CodeResult_Outcome, "OUTCOME_", enumWord(OUTCOMES, result.outcome ?? ""));
  return {
    case: "codeResult",
    value: { $typeName: "gemini.chat.v1.CodeResult", id, outcome: value, output, nativeOutcome: native },
  };
}
