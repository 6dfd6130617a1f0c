// Recorded requests back as requests of the contract: what a client would have sent us for Google to get this.
import type { MessageInit, PartInit, RequestInit } from "./mapping.ts";
import type { GenerateContentRequest, WireContent, WirePart, WireTool } from "../../src/gemini/wire-request.ts";
import { CodeResult_Outcome, Role, ToolChoice_Mode, type ToolSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { MessageInitShape } from "@bufbuild/protobuf";

type Tool = MessageInitShape<typeof ToolSchema>;

/** Ids of ours that carry Gemini's inside. */
const PREFIX = "call_abcdefghijkl_";

const MODES = {
  AUTO: ToolChoice_Mode.AUTO,
  ANY: ToolChoice_Mode.REQUIRED,
  NONE: ToolChoice_Mode.NONE,
  VALIDATED: ToolChoice_Mode.VALIDATED,
} as const;

export function toRequestInit(body: GenerateContentRequest): RequestInit {
  const { systemInstruction, contents, tools = [], toolConfig, generationConfig = {} } = body;
  const { mode, allowedFunctionNames: allowedNames = [] } = toolConfig?.functionCallingConfig ?? {};
  const { responseMimeType, responseJsonSchema } = generationConfig;
  return {
    messages: [
      ...(systemInstruction ? [{ role: Role.SYSTEM, parts: systemInstruction.parts.map(toPart) }] : []),
      ...contents.flatMap(toMessage),
    ],
    tools: tools.flatMap(toTools),
    ...(mode && { toolChoice: { mode: MODES[mode], allowedNames } }),
    ...(responseMimeType === "application/json" && {
      outputFormat: {
        kind: responseJsonSchema
          ? { case: "jsonSchema", value: { schema: JSON.stringify(responseJsonSchema) } }
          : { case: "jsonObject", value: {} },
      },
    }),
  };
}

function toMessage({ role, parts }: WireContent): MessageInit[] {
  return [{ role: role === "model" ? Role.ASSISTANT : Role.USER, parts: parts.map(toPart) }];
}

function toPart(part: WirePart): PartInit {
  const signature = part.thoughtSignature;
  return {
    kind: toKind(part),
    ...(signature !== undefined && { signature: Buffer.from(signature, "base64") }),
    ...(part.thought && part.text === undefined && { inThought: true }),
  };
}

function toKind(part: WirePart): NonNullable<PartInit["kind"]> {
  const { functionCall, functionResponse, executableCode, codeExecutionResult, inlineData, fileData } = part;
  if (functionCall) {
    const { id, name, args } = functionCall;
    return { case: "toolCall", value: { id: toId(id), name, arguments: JSON.stringify(args) } };
  }
  if (functionResponse) {
    const { id, name, response } = functionResponse;
    return { case: "toolResult", value: { toolCallId: toId(id), name, content: JSON.stringify(response) } };
  }
  if (executableCode) return { case: "executableCode", value: { id: "", ...executableCode } };
  if (codeExecutionResult) {
    const outcome = codeExecutionResult.outcome === "OUTCOME_OK" ? CodeResult_Outcome.OK : CodeResult_Outcome.FAILED;
    return { case: "codeResult", value: { id: "", ...codeExecutionResult, outcome } };
  }
  if (inlineData) {
    const source = { case: "data" as const, value: Buffer.from(String(inlineData.data), "base64") };
    return { case: "media", value: { mimeType: inlineData.mimeType, source } };
  }
  if (fileData) {
    const { mimeType = "", fileUri } = fileData;
    const fps = part.videoMetadata?.fps;
    const video = fps === undefined ? {} : { video: { fps } };
    return { case: "media", value: { mimeType, source: { case: "uri", value: fileUri }, ...video } };
  }
  return { case: part.thought ? "thought" : "text", value: part.text ?? "" };
}

function toId(id: string | undefined): string {
  return id === undefined ? "" : `${PREFIX}${id}`;
}

function toTools(tool: WireTool): Tool[] {
  if (tool.functionDeclarations) {
    return tool.functionDeclarations.map(({ name, description, parametersJsonSchema: schema, responseJsonSchema }) => ({
      kind: {
        case: "function",
        value: {
          name,
          description,
          parametersJsonSchema: schema ? JSON.stringify(schema) : "",
          responseJsonSchema: responseJsonSchema ? JSON.stringify(responseJsonSchema) : "",
        },
      },
    }));
  }
  if (tool.googleSearch) return [{ kind: { case: "googleSearch", value: {} } }];
  if (tool.codeExecution) return [{ kind: { case: "codeExecution", value: {} } }];
  return tool.urlContext ? [{ kind: { case: "urlContext", value: {} } }] : [];
}
