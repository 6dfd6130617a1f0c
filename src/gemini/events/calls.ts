// Function calls of the model, and results of those that Google made itself.
import type { ToolCall, ToolResult } from "../../gen/gemini/chat/v1/chat_pb.ts";
import { Base64Bytes, lazyData } from "../../chat/bytes.ts";
import type { GeminiFunctionCall, GeminiPart } from "../wire.ts";
import { asText } from "./as-text.ts";
import { tellWhole, type CandidateState, type PartSink } from "./candidate.ts";
import { PendingCall } from "./partial-call.ts";

interface WholeCall {
  readonly geminiId: string;
  readonly name: string;
  readonly arguments: string;
  readonly signature: string;
  readonly inThought: boolean;
}

/** Calls come whole, one or several in a chunk; from Vertex with streamed arguments in pieces, which are told as one. */
export function addFunctionCall(
  candidate: CandidateState,
  part: GeminiPart,
  call: GeminiFunctionCall,
  sink: PartSink,
): void {
  const inThought = part.thought === true;
  const { willContinue = false, partialArgs } = call;
  const geminiId = asText(call.id);
  const name = asText(call.name);
  if (candidate.pendingCall && name !== "") flushCall(candidate, sink);
  if (!candidate.pendingCall && !willContinue && partialArgs === undefined) {
    // `{"functionCall":{}}` ends a call that came in pieces; here none is open.
    if (name === "" && call.args === undefined) return;
    const whole = { geminiId, name, arguments: JSON.stringify(call.args ?? {}), inThought };
    tellCall(candidate, { ...whole, signature: asText(part.thoughtSignature) }, sink);
    return;
  }
  const pending = (candidate.pendingCall ??= new PendingCall(call, inThought));
  pending.add(call);
  pending.signature ||= asText(part.thoughtSignature);
  if (!willContinue) flushCall(candidate, sink);
}

/** Tells a call whose end was not marked as if it had been (seen in a Vertex stream). */
export function flushCall(candidate: CandidateState, sink: PartSink): void {
  const call = candidate.pendingCall;
  if (call === undefined) return;
  candidate.pendingCall = undefined;
  tellCall(candidate, call, sink);
}

/** The result of a call to a remote MCP server. Without ids, name and order pair them. */
export function toToolResult(
  candidate: CandidateState,
  response: NonNullable<GeminiPart["functionResponse"]>,
): ToolResult {
  const id = asText(response.id);
  const name = asText(response.name);
  const call = candidate.calls.find(
    (told) => !told.answered && (id === "" ? told.name === name : told.geminiId === id),
  );
  if (call) call.answered = true;
  return {
    $typeName: "gemini.chat.v1.ToolResult",
    toolCallId: call?.id ?? id,
    name,
    content: JSON.stringify(response.response ?? {}),
    isError: false,
    media: (response.parts ?? []).flatMap(({ inlineData }) => {
      if (!inlineData) return [];
      const mimeType = asText(inlineData.mimeType);
      const { data } = inlineData;
      const source = lazyData(data instanceof Base64Bytes ? data : asText(data));
      return [
        { $typeName: "gemini.chat.v1.Media", mimeType, source, resolution: 0, name: asText(inlineData.displayName) },
      ];
    }),
  };
}

function tellCall(candidate: CandidateState, call: WholeCall, sink: PartSink): void {
  const { geminiId, name } = call;
  const id = sink.mintToolCallId(geminiId);
  candidate.calls.push({ geminiId, name, id, answered: false });
  const value: ToolCall = { $typeName: "gemini.chat.v1.ToolCall", id, name, arguments: call.arguments };
  tellWhole(candidate, { case: "toolCall", value }, call.signature, call.inThought, sink);
}
