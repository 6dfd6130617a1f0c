// Remembers the signatures of an answer while it passes by, because most clients lose them before the next turn.
// Calls are kept under their id, images under a digest, an answer's text and the parts OpenAI cannot say under a digest of its text or,
// when it has none, under the id of its first call.
import { toJson } from "@bufbuild/protobuf";
import type { ChatEvent, MediaChunk, Part, ToolCall, ToolResult } from "../gen/gemini/chat/v1/chat_pb.ts";
import { PartSchema } from "../gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData, NO_BYTES, setSignature, signatureText } from "./bytes.ts";
import type { Memory } from "./ports.ts";
import { answerKey, callKey, imageKey, TextDigest, visibleText } from "./signature-keys.ts";

/** How an answer was made up, so that its text alone brings it back: a slice of the text, a call, an image, or a whole part. */
export type LayoutEntry =
  | { readonly text: number; readonly signature?: string }
  | { readonly call: string }
  | { readonly image: true }
  | { readonly part: unknown; readonly text: number };

/**
 * An answer larger than this is not kept: it would push out too many others. In UTF-16 units of its layout. Image models sign with
 * megabytes (1.5 to 2.9 MB observed for an image), and their text may be signed as well.
 */
const LAYOUT_MAX_LENGTH = 8 * 1024 * 1024;

interface OpenEntry {
  readonly part: number;
  readonly kind: ChatEvent["event"]["case"];
  /** A part that comes whole; of text and media only the place is kept. */
  readonly whole: ChatEvent | undefined;
  /** UTF-16 units of visible text. */
  length: number;
  signature: string;
}

/** Watches the events of one candidate. Cheap until a signature or a special part shows up: it only adds up. */
export class AnswerRecorder {
  readonly #licenceId: string;
  readonly #memory: Memory;
  readonly #entries: OpenEntry[] = [];
  /** What clients see of the answer as its text. */
  readonly #visible = new TextDigest();
  /** The same without the fences of code: with a JSON response format the facade leaves them out. Undefined while there are none. */
  #bare: TextDigest | undefined;
  #signed = false;
  /** Whether there are parts that OpenAI cannot say. */
  #special = false;

  constructor(licenceId: string, memory: Memory) {
    this.#licenceId = licenceId;
    this.#memory = memory;
  }

  /** Takes the next event of the candidate. */
  add(event: ChatEvent): void {
    switch (event.event.case) {
      case "media":
        // Drafts of an image reach no client, so none can send them back.
        if (!event.inThought) this.#addPart(event);
        break;
      case "text":
      case "toolCall":
      case "toolResult":
      case "executableCode":
      case "codeResult":
      case "serverToolCall":
      case "serverToolResult":
      case "nativePart":
        this.#addPart(event);
        break;
      case "finished":
        this.#keep();
        break;
      default:
    }
  }

  #addPart(event: ChatEvent): void {
    const signature = signatureText(event);
    const kind = event.event.case;
    let entry = this.#entries.at(-1);
    if (!entry || entry.part !== event.part) {
      const whole = kind === "text" || kind === "media" ? undefined : event;
      entry = { part: event.part, kind, whole, length: 0, signature: "" };
      this.#entries.push(entry);
    }
    entry.length += this.#addText(event);
    entry.signature += signature;
    this.#signed ||= signature !== "";
    this.#special ||= kind !== "text" && kind !== "toolCall" && kind !== "media";
    if (event.event.case === "toolCall") this.#remember(callKey(event.event.value.id), signature || undefined);
    if (event.event.case === "media") this.#keepImage(event.event.value, signature);
  }

  /** UTF-16 units that clients see of the event as text. */
  #addText(event: ChatEvent): number {
    const text = visibleText(event);
    if (event.event.case === "text") this.#bare?.add(text);
    else if (text !== "") this.#bare ??= this.#visible.copy();
    this.#visible.add(text);
    return text.length;
  }

  #keepImage({ source, mimeType }: MediaChunk, signature: string): void {
    if (signature === "" || source.case !== "data" || !mimeType.startsWith("image/")) return;
    this.#remember(imageKey(base64OfData(source)), signature);
  }

  #keep(): void {
    // Nothing gets lost that is not kept elsewhere: signatures of calls and images have keys of their own. That nothing was lost is not
    // noted: a digest of each plain answer costs more than the few that come back, whose first turn asks the store in vain.
    if (!this.#special && !this.#signed) return;
    const key = this.#visible.length > 0 ? this.#visible.key() : this.#special ? this.#firstCallKey() : undefined;
    if (key === undefined) return;
    const layout = JSON.stringify(this.#layout());
    if (layout.length > LAYOUT_MAX_LENGTH) return;
    this.#remember(key, layout);
    if (this.#bare && this.#bare.length > 0) this.#remember(this.#bare.key(), layout);
  }

  #remember(key: string, value: string | undefined): void {
    this.#memory.set(this.#licenceId, key, value);
  }

  #layout(): LayoutEntry[] {
    // A call that the upstream answered itself (server-side MCP) is shown to no client, so it comes back whole or not at all.
    const answered = new Set(this.#entries.map(({ whole }) => toolResultOf(whole)?.toolCallId));
    return this.#entries.map((entry) => toLayoutEntry(entry, answered));
  }

  #firstCallKey(): string | undefined {
    const call = this.#entries.map(({ whole }) => toolCallOf(whole)).find((one) => one !== undefined);
    return call && answerKey(call.id);
  }
}

function toLayoutEntry(
  { whole, kind, length, signature }: OpenEntry,
  answered: ReadonlySet<string | undefined>,
): LayoutEntry {
  if (whole === undefined) {
    if (kind === "media") return { image: true };
    return signature === "" ? { text: length } : { text: length, signature };
  }
  const call = toolCallOf(whole);
  if (call && !answered.has(call.id)) return { call: call.id };
  return { part: toJson(PartSchema, toPart(whole, signature)), text: length };
}

function toPart({ event, inThought }: ChatEvent, signature: string): Part {
  const part: Part = {
    $typeName: "gemini.chat.v1.Part",
    kind: event as Part["kind"],
    signature: NO_BYTES,
    inThought,
    speaker: "",
    style: "",
  };
  if (signature !== "") setSignature(part, signature);
  return part;
}

function toolCallOf(whole: ChatEvent | undefined): ToolCall | undefined {
  return whole?.event.case === "toolCall" ? whole.event.value : undefined;
}

function toolResultOf(whole: ChatEvent | undefined): ToolResult | undefined {
  return whole?.event.case === "toolResult" ? whole.event.value : undefined;
}
