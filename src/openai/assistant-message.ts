// Earlier answers: text, refusals, images in whatever form they were delivered, calls, and the signatures that belong to them.
import type { RaiseWarning } from "../chat/warnings.ts";
import type { Media, Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { toJsonText } from "./json-text.ts";
import { readNativeParts } from "./native-parts.ts";
import { PartList } from "./part-list.ts";
import type { AssistantMessage, CallShape } from "./schema/messages.ts";

/** Parts of an assistant message. `at` is its OpenAI parameter. Thoughts are not read: Gemini wants their signatures back, not them. */
export function readAssistantMessage(message: AssistantMessage, at: string, raise: RaiseWarning): PartList {
  const list = readAnswer(message, at, raise);
  const known = new Set(list.parts.map(callId).filter((id) => id !== undefined && id !== ""));
  for (const [index, call] of (message.tool_calls ?? []).entries()) {
    if (!known.has(call.id ?? "")) addCall(list, call, `tool_calls[${index}]`);
  }
  list.signWhole(message.extra_content?.google?.thought_signature, "extra_content.google.thought_signature");
  if (message.audio) {
    raise("audio_reference_ignored", `${at}.audio`, "Earlier audio cannot be referred to; it was left out.");
  }
  return list;
}

/** What the answer said: Gemini's own parts where the client returned them, because they tell more than `content` can. */
function readAnswer(message: AssistantMessage, at: string, raise: RaiseWarning): PartList {
  const said = new PartList(at, raise);
  said.addContent(message.content);
  said.addRefusal(message.refusal, "refusal");
  const native = message.extra_content?.google?.parts ?? undefined;
  if (native === undefined) return said;
  const list = new PartList(at, raise);
  const field = "extra_content.google.parts";
  const parts = readNativeParts(native, said.parts.flatMap(mediaOf), `${at}.${field}`, raise);
  for (const { part, index } of parts) list.push(part, `${field}[${index}]`);
  return list;
}

function addCall(list: PartList, call: CallShape, param: string): void {
  const custom = "custom" in call && call.type === "custom" ? call.custom : undefined;
  const called = custom
    ? { name: custom.name, arguments: toJsonText({ input: custom.input }, param) }
    : functionOf(call);
  const value = {
    $typeName: "gemini.chat.v1.ToolCall" as const,
    id: (call.id ?? "").toWellFormed(),
    name: called.name.toWellFormed(),
    // A function without parameters is called with empty text by OpenAI's models.
    arguments: (called.arguments ?? "").toWellFormed() || "{}",
  };
  const part = list.add({ case: "toolCall", value }, param);
  list.sign(part, call.extra_content?.google?.thought_signature, `${param}.extra_content.google.thought_signature`);
}

function functionOf(call: CallShape): { name: string; arguments?: string | null } {
  return "function" in call ? call.function : { name: "" };
}

function callId({ kind }: Part): string | undefined {
  return kind.case === "toolCall" ? kind.value.id : undefined;
}

function mediaOf({ kind }: Part): Media[] {
  return kind.case === "media" && !kind.value.mimeType.startsWith("audio/") ? [kind.value] : [];
}
