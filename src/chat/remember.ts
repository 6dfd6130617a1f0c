// Remembers the signatures of an answer while it passes by, because most clients lose them before the next turn.
// Calls are kept under their id, images under a digest, an answer's text and the parts OpenAI cannot say under a digest of its text or,
// when it has none, under the id of its first call.
import { toJson } from "@bufbuild/protobuf";
import type { ChatEvent, MediaChunk, Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { PartSchema } from "../gen/gemini/chat/v1/chat_pb.ts";
import { base64OfData, NO_BYTES, setSignature, signatureText } from "./bytes.ts";
import type { Memory } from "./ports.ts";
import { answerKey, callKey, imageKey, textKey, visibleText } from "./signature-keys.ts";

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
  part: number;
  event: ChatEvent;
  text: string;
  signature: string;
}

/** Watches the events of one candidate. Cheap until a signature or a special part shows up: it only keeps references. */
export class AnswerRecorder {
  readonly #licenceId: string;
  readonly #memory: Memory;
  readonly #entries: OpenEntry[] = [];
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
      entry = { part: event.part, event, text: "", signature: "" };
      this.#entries.push(entry);
    }
    entry.text += visibleText(event);
    entry.signature += signature;
    this.#signed ||= signature !== "";
    this.#special ||= kind !== "text" && kind !== "toolCall" && kind !== "media";
    if (event.event.case === "toolCall") this.#remember(callKey(event.event.value.id), signature || undefined);
    if (event.event.case === "media") this.#keepImage(event.event.value, signature);
  }

  #keepImage({ source, mimeType }: MediaChunk, signature: string): void {
    if (signature === "" || source.case !== "data" || !mimeType.startsWith("image/")) return;
    this.#remember(imageKey(base64OfData(source)), signature);
  }

  #keep(): void {
    // Nothing gets lost that is not kept elsewhere: signatures of calls and images have keys of their own. That nothing was lost is not
    // noted: a digest of each plain answer costs more than the few that come back, whose first turn asks the store in vain.
    if (!this.#special && !this.#signed) return;
    const text = this.#entries.map((entry) => entry.text).join("");
    const key = this.#special || text !== "" ? this.#keyOf(text) : undefined;
    if (key === undefined) return;
    const layout = JSON.stringify(this.#layout());
    if (layout.length > LAYOUT_MAX_LENGTH) return;
    this.#remember(key, layout);
    // With a JSON response format the facade leaves the fences of code out of `content`.
    const bare = this.#entries.map((entry) => (entry.event.event.case === "text" ? entry.text : "")).join("");
    if (bare !== text && bare !== "") this.#remember(textKey(bare), layout);
  }

  #remember(key: string, value: string | undefined): void {
    this.#memory.set(this.#licenceId, key, value);
  }

  #layout(): LayoutEntry[] {
    // A call that the upstream answered itself (server-side MCP) is shown to no client, so it comes back whole or not at all.
    const answered = new Set(
      this.#entries.map(({ event }) => (event.event.case === "toolResult" ? event.event.value.toolCallId : undefined)),
    );
    return this.#entries.map((entry) => {
      const { event } = entry.event;
      const hidden = event.case === "toolCall" && answered.has(event.value.id);
      return hidden ? toPartEntry(entry) : toLayoutEntry(entry);
    });
  }

  #keyOf(text: string): string | undefined {
    if (text !== "") return textKey(text);
    const call = this.#entries.map(({ event }) => event.event).find((event) => event.case === "toolCall");
    return call === undefined ? undefined : answerKey(call.value.id);
  }
}

function toLayoutEntry(entry: OpenEntry): LayoutEntry {
  const { event } = entry.event;
  switch (event.case) {
    case "text":
      return entry.signature === ""
        ? { text: entry.text.length }
        : { text: entry.text.length, signature: entry.signature };
    case "toolCall":
      return { call: event.value.id };
    case "media":
      return { image: true };
    default:
      return toPartEntry(entry);
  }
}

function toPartEntry(entry: OpenEntry): LayoutEntry {
  return { part: toJson(PartSchema, toPart(entry)), text: entry.text.length };
}

function toPart(entry: OpenEntry): Part {
  const part: Part = {
    $typeName: "gemini.chat.v1.Part",
    kind: entry.event.event as Part["kind"],
    signature: NO_BYTES,
    inThought: entry.event.inThought,
    speaker: "",
    style: "",
  };
  if (entry.signature !== "") setSignature(part, entry.signature);
  return part;
}
