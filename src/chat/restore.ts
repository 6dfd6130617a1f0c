// Puts remembered signatures and parts back into a conversation whose client lost them (see remember.ts).
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type ChatRequest, type Message, type Part, PartSchema, Role } from "../gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData, NO_BYTES, setSignature, signatureText, unsigned } from "./bytes.ts";
import type { Memory } from "./ports.ts";
import type { LayoutEntry } from "./remember.ts";
import { answerKey, callKey, imageKey, textKey, visibleText } from "./signature-keys.ts";
import { signatureInForeignId } from "./tool-call-ids.ts";
import type { RaiseWarning } from "./warnings.ts";

/** Whether there is anything that could be restored: most requests have no history. */
export function hasAnswers({ messages }: ChatRequest): boolean {
  return messages.some(isAnswer);
}

/** The request with every signature that is known; the argument itself where nothing was missing. */
export async function restoreSignatures(request: ChatRequest, licenceId: string, memory: Memory): Promise<ChatRequest> {
  const wanted = new Map(request.messages.filter(isAnswer).map((message) => [message, toWanted(message)]));
  // The current turn is the one that Gemini checks: it is asked for first.
  const keys = Array.from(wanted.values(), keysOf).reverse().flat();
  if (keys.length === 0) return request;
  const known = await memory.get(licenceId, keys);
  const messages = request.messages.map((message) => {
    const lost = wanted.get(message);
    return lost ? restoreAnswer(message, lost, known) : message;
  });
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

/** The keys under which something of an answer may be known: one for each part, and one for how it was made up. */
interface Wanted {
  readonly parts: readonly (string | undefined)[];
  readonly layout: string | undefined;
}

function toWanted({ parts }: Message): Wanted {
  return { parts: parts.map(partKey), layout: parts.some(isSpecial) ? undefined : layoutKey(parts) };
}

function keysOf({ parts, layout }: Wanted): string[] {
  return [...parts, layout].filter((key) => key !== undefined);
}

function restoreAnswer(message: Message, wanted: Wanted, known: ReadonlyMap<string, string>): Message {
  const valueOf = (key: string | undefined): string | undefined => (key === undefined ? undefined : known.get(key));
  const parts = message.parts.map((part, index) => restorePart(part, valueOf(wanted.parts[index])));
  const kept = valueOf(wanted.layout);
  return { ...message, parts: kept === undefined ? parts : rearrange(parts, kept) };
}

/** The parts as a kept layout has them, where that is theirs. */
function rearrange(parts: Part[], kept: string): Part[] {
  try {
    const layout = JSON.parse(kept) as LayoutEntry[];
    return agrees(parts, layout) ? arrange(parts, layout) : parts;
  } catch {
    // Another version of this program kept it, on a replica or before a restart: the conversation goes on without.
    return parts;
  }
}

/** Whether the texts' own signatures are those of the layout: then it only adds how the texts were cut and where images stood. */
function agrees(parts: readonly Part[], layout: readonly LayoutEntry[]): boolean {
  const signatures = parts.filter(isText).map(signatureText);
  return signatures.every(
    (own) => own === "" || layout.some((entry) => "signature" in entry && entry.signature === own),
  );
}

function layoutKey(parts: readonly Part[]): string | undefined {
  const text = parts.map(visibleText).join("");
  if (text !== "") return textKey(text);
  const call = parts.map(({ kind }) => kind).find((kind) => kind.case === "toolCall");
  return call === undefined ? undefined : answerKey(call.value.id);
}

/** Undefined where nothing is missing or nothing can be known. */
function partKey(part: Part): string | undefined {
  if (signatureText(part) !== "") return undefined;
  const { kind } = part;
  if (kind.case === "toolCall") return callKey(kind.value.id);
  if (kind.case !== "media" || kind.value.source.case !== "data") return undefined;
  return imageKey(base64OfData(kind.value.source));
}

function restorePart(part: Part, known: string | undefined): Part {
  if (signatureText(part) !== "") return part;
  const hidden = part.kind.case === "toolCall" ? signatureInForeignId(part.kind.value.id) : undefined;
  return withSignature(part, hidden ?? known);
}

function withSignature(part: Part, signature: string | undefined): Part {
  if (signature === undefined) return part;
  const signed = { ...part, signature: NO_BYTES };
  setSignature(signed, signature);
  return signed;
}

/** The parts in the order and cut of the original answer. Parts the layout does not know stay, at the end. */
function arrange(parts: readonly Part[], layout: readonly LayoutEntry[]): Part[] {
  const text = parts.map(visibleText).join("");
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
