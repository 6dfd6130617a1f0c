// Puts remembered signatures and parts back into a conversation whose client lost them (see remember.ts).
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type ChatRequest, type Message, type Part, PartSchema, Role } from "../gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData, NO_BYTES, setSignature, signatureText, unsigned } from "./bytes.ts";
import type { Memory } from "./ports.ts";
import type { LayoutEntry } from "./remember.ts";
import { answerKey, callKey, imageKey, textKey, visibleText } from "./signature-keys.ts";
import { signatureInForeignId } from "./tool-call-ids.ts";
import type { RaiseWarning } from "./warnings.ts";

/** The request with every signature that is known; the argument itself where nothing was missing. */
export async function restoreSignatures(request: ChatRequest, licenceId: string, memory: Memory): Promise<ChatRequest> {
  if (!request.messages.some(isAnswer)) return request;
  const messages = await Promise.all(
    request.messages.map(async (message) => (isAnswer(message) ? restoreAnswer(message, licenceId, memory) : message)),
  );
  return { ...request, messages };
}

/** The request without any signature of earlier answers; where the model wants one, its mapping puts the bypass. */
export function withoutSignatures(request: ChatRequest, raise: RaiseWarning): ChatRequest {
  raise(
    "signature_invalid",
    "messages",
    "Gemini refused a thought signature; the earlier answers were sent without theirs.",
  );
  const messages = request.messages.map((message) =>
    isAnswer(message) ? { ...message, parts: message.parts.map(unsigned) } : message,
  );
  return { ...request, messages };
}

function isAnswer(message: Message): boolean {
  return message.role === Role.ASSISTANT && message.parts.length > 0;
}

async function restoreAnswer(message: Message, licenceId: string, memory: Memory): Promise<Message> {
  const parts = await Promise.all(message.parts.map((part) => restorePart(part, licenceId, memory)));
  const text = parts.map(visibleText).join("");
  const key = parts.some(isSpecial) ? undefined : layoutKey(licenceId, text, parts);
  const kept = key === undefined ? undefined : await memory.get(key);
  const layout = kept === undefined ? undefined : (JSON.parse(kept) as LayoutEntry[]);
  return { ...message, parts: layout && agrees(parts, layout) ? arrange(parts, text, layout) : parts };
}

/** Whether the texts' own signatures are those of the layout: then it only adds how the texts were cut and where images stood. */
function agrees(parts: readonly Part[], layout: readonly LayoutEntry[]): boolean {
  const signatures = parts.filter(isText).map(signatureText);
  return signatures.every(
    (own) => own === "" || layout.some((entry) => "signature" in entry && entry.signature === own),
  );
}

function layoutKey(licenceId: string, text: string, parts: readonly Part[]): string | undefined {
  if (text !== "") return textKey(licenceId, text);
  const call = parts.map(({ kind }) => kind).find((kind) => kind.case === "toolCall");
  return call === undefined ? undefined : answerKey(licenceId, call.value.id);
}

async function restorePart(part: Part, licenceId: string, memory: Memory): Promise<Part> {
  if (signatureText(part) !== "") return part;
  const { kind } = part;
  if (kind.case === "toolCall") {
    const known = signatureInForeignId(kind.value.id) ?? (await memory.get(callKey(licenceId, kind.value.id)));
    return withSignature(part, known);
  }
  if (kind.case === "media" && kind.value.source.case === "data") {
    return withSignature(part, await memory.get(imageKey(licenceId, base64OfData(kind.value.source))));
  }
  return part;
}

function withSignature(part: Part, signature: string | undefined): Part {
  if (signature === undefined) return part;
  const signed = { ...part, signature: NO_BYTES };
  setSignature(signed, signature);
  return signed;
}

/** The parts in the order and cut of the original answer. Parts the layout does not know stay, at the end. */
function arrange(parts: readonly Part[], text: string, layout: readonly LayoutEntry[]): Part[] {
  const calls = parts.filter((part) => part.kind.case === "toolCall");
  const images = parts.filter((part) => part.kind.case === "media");
  const rest = parts.filter((part) => !isText(part) && part.kind.case !== "toolCall" && part.kind.case !== "media");
  const fences = layout.reduce((sum, entry) => sum + ("part" in entry ? entry.text : 0), 0);
  const length = layout.reduce((sum, entry) => sum + ("text" in entry ? entry.text : 0), 0);
  // A JSON response format left the fences out of the text.
  const withFences = text.length === length;
  if (!withFences && text.length !== length - fences) return [...parts];
  const arranged: Part[] = [];
  let at = 0;
  for (const entry of layout) {
    if ("call" in entry) {
      const index = calls.findIndex((part) => part.kind.case === "toolCall" && part.kind.value.id === entry.call);
      if (index >= 0) arranged.push(...calls.splice(index, 1));
    } else if ("image" in entry) {
      const image = images.shift();
      if (image) arranged.push(image);
    } else if ("part" in entry) {
      arranged.push(fromJson(PartSchema, entry.part as JsonValue));
      if (withFences) at += entry.text;
    } else {
      arranged.push(textPart(text.slice(at, at + entry.text), entry.signature));
      at += entry.text;
    }
  }
  return [...arranged, ...calls, ...images, ...rest];
}

function textPart(text: string, signature: string | undefined): Part {
  const part: Part = {
    $typeName: "gemini.chat.v1.Part",
    kind: { case: "text", value: text },
    signature: NO_BYTES,
    inThought: false,
    speaker: "",
    style: "",
  };
  return withSignature(part, signature);
}

function isText(part: Part): boolean {
  return part.kind.case === "text";
}

/** Parts that only a client that speaks the contract, or extra_content.google.parts, can bring back: then nothing was lost. */
function isSpecial(part: Part): boolean {
  switch (part.kind.case) {
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
