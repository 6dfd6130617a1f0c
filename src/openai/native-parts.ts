// `extra_content.google.parts`, written: the parts of an answer as Gemini's JSON, for a client to send back unchanged.
// It stands only on messages with parts that OpenAI cannot say, and then tells all of them in order. Bytes and thoughts are not
// repeated: an image is a placeholder for the next image of the message, a file of another kind for the next such file.
import { signatureText } from "../chat/bytes.ts";
import {
  CodeResult_Outcome,
  CodeResult_OutcomeSchema,
  type CodeResult,
  type Media,
  type Part,
  type ToolResult,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import { isObject, type Json } from "./json-object.ts";

export { readNativeParts } from "./native-parts-reader.ts";

/** Gemini's JSON of an answer's parts; undefined when OpenAI's own fields say everything. Media need their type and URI only. */
export function toNativeParts(parts: readonly Part[]): unknown[] | undefined {
  return parts.some(isBeyondOpenAi) ? parts.flatMap(toNativePart) : undefined;
}

/** Whether OpenAI has no words for the part. */
export function isBeyondOpenAi({ kind }: Part): boolean {
  switch (kind.case) {
    case "executableCode":
    case "codeResult":
    case "serverToolCall":
    case "serverToolResult":
    case "toolResult":
    case "nativePart":
      return true;
    default:
      return false;
  }
}

/** No or one JSON part. */
function toNativePart(part: Part): Json[] {
  if (part.kind.case === "nativePart") return [JSON.parse(part.kind.value.json) as Json];
  const data = toNativeData(part);
  if (data === undefined) return [];
  const signature = signatureText(part);
  const thought = part.inThought || part.kind.case === "thought";
  if (part.kind.case === "thought" && signature === "") return [];
  return [{ ...data, ...(thought ? { thought } : {}), ...(signature === "" ? {} : { thoughtSignature: signature }) }];
}

function toNativeData({ kind, inThought }: Part): Json | undefined {
  switch (kind.case) {
    case "text":
    case "refusal":
      return { text: kind.value };
    case "thought":
      return { text: "" };
    case "media":
      return inThought ? undefined : toNativeMedia(kind.value);
    case "toolCall": {
      const { id, name, arguments: text } = kind.value;
      return { functionCall: { ...idOf(id), name, args: objectOf(text) } };
    }
    case "toolResult":
      return { functionResponse: toFunctionResponse(kind.value) };
    case "executableCode": {
      const { id, language, code } = kind.value;
      return { executableCode: { ...idOf(id), language, code } };
    }
    case "codeResult":
      return {
        codeExecutionResult: { ...idOf(kind.value.id), outcome: outcomeOf(kind.value), output: kind.value.output },
      };
    case "serverToolCall": {
      const { id, toolType, argumentsJson } = kind.value;
      return { toolCall: { ...idOf(id), toolType, args: objectOf(argumentsJson) } };
    }
    case "serverToolResult": {
      const { id, toolType, responseJson } = kind.value;
      return { toolResponse: { ...idOf(id), toolType, response: objectOf(responseJson) } };
    }
    default:
      return undefined;
  }
}

/** Sound does not return to its place: it may have left as `message.audio`, and never stands beside the parts that need this. */
function toNativeMedia({ mimeType, source }: Media): Json | undefined {
  if (source.case === "uri") return { fileData: { mimeType, fileUri: source.value } };
  return mimeType.startsWith("audio/") ? undefined : { inlineData: { mimeType } };
}

function toFunctionResponse({ toolCallId, name, content, isError }: ToolResult): Json {
  const parsed = tryParse(content);
  const response = isObject(parsed) ? parsed : { [isError ? "error" : "output"]: content };
  return { ...idOf(toolCallId), name, response };
}

function outcomeOf({ outcome, nativeOutcome }: CodeResult): string {
  if (outcome === CodeResult_Outcome.UNSPECIFIED && nativeOutcome !== "") return nativeOutcome;
  return CodeResult_OutcomeSchema.value[outcome]?.name ?? "OUTCOME_UNSPECIFIED";
}

/** Before Gemini 3 such parts have no id, and then none may be sent. */
function idOf(id: string): Json {
  return id === "" ? {} : { id };
}

/** The contract's JSON texts are objects, or empty for an empty one. */
function objectOf(text: string): Json {
  return text === "" ? {} : (JSON.parse(text) as Json);
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
