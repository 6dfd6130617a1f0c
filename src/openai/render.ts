// Turns the parts of one answer into what an OpenAI message says, piece by piece. The stream and the JSON answer both write through it.
// It alone decides what enters `content`, and knows where in `content` each part's text begins.
import { base64OfData, signatureText, type Base64 } from "../chat/bytes.ts";
import { fenceCode, fenceResult } from "../chat/fences.ts";
import { warning } from "../chat/warnings.ts";
import type { ChatEvent, MediaChunk, ToolCall, ToolResult, Warning } from "../gen/gemini/chat/v1/chat_pb.ts";
import { joinBase64 } from "./base64-pieces.ts";
import type { Delivery } from "./intent.ts";
import { Unfencer } from "./unfence.ts";

/** A call of one of the caller's functions, ready to be written. */
export interface RenderedCall {
  /** From 0, without gaps. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** Text of a JSON object, never empty. */
  readonly arguments: string;
  /** Base64; "" when it has none. */
  readonly signature: string;
  /** A call of a custom tool: its arguments hold one text, `input`. */
  readonly custom: boolean;
}

/** A whole image, sound or file. Its URL is `head + data`; `data` is base64 and needs no escaping. */
export interface RenderedMedia {
  readonly head: string;
  readonly data: Base64;
  /** Stands in `content` as `![image](…)`, `[audio](…)` or `[media](…)`: this is what precedes the URL, and `)` follows. */
  readonly opening: string | undefined;
  /** Position in the list `images`, when it stands there. */
  readonly imageIndex: number | undefined;
}

/** Where a message is written to: deltas of a stream, or one object. */
export interface MessageWriter {
  content(text: string): void;
  reasoning(text: string): void;
  refusal(text: string): void;
  toolCall(call: RenderedCall): void;
  /** At most once, only for callers that declared the old `functions`. */
  functionCall(call: RenderedCall): void;
  media(media: RenderedMedia): void;
  /** Base64 of a piece of sound; pieces may end in padding. */
  audio(data: string): void;
}

type WaitingCall = Omit<RenderedCall, "index">;

interface OpenMedia {
  readonly part: number;
  readonly mimeType: string;
  readonly pieces: Base64[];
}

/** The rules of one candidate. Feed it the events that are parts, in order, then close it. */
export class PartRenderer {
  /** Part index → UTF-16 offset of its text in `content`. */
  readonly offsets: Map<number, number> = new Map();
  /** What cannot be said, once per kind. */
  readonly warnings: Warning[] = [];
  calls = 0;
  /** UTF-16 units of `content` so far. */
  contentLength = 0;
  images = 0;
  hasAudio = false;
  hasRefusal = false;
  readonly #delivery: Delivery;
  readonly #candidate: number;
  readonly #writer: MessageWriter;
  #media: OpenMedia | undefined;
  // A call waits until it is clear that its result does not follow: then the upstream answered it (server-side MCP, observed on
  // 2.5-flash: call and result in two chunks, text after them), and no client may be asked to.
  #waitingCalls: WaitingCall[] = [];
  /** Only for structured answers. */
  readonly #unfencer: Unfencer | undefined;

  constructor(delivery: Delivery, candidate: number, writer: MessageWriter) {
    this.#delivery = delivery;
    this.#unfencer = delivery.structured ? new Unfencer() : undefined;
    this.#candidate = candidate;
    this.#writer = writer;
  }

  add(event: ChatEvent): void {
    if (this.#media !== undefined && this.#media.part !== event.part) this.#writeMedia(this.#media);
    const part = event.event;
    switch (part.case) {
      case "text":
        if (part.value !== "") this.#addText(event.part, part.value);
        break;
      case "thought":
        if (part.value !== "") this.#writer.reasoning(part.value);
        break;
      case "toolCall":
        this.#waitingCalls.push(this.#toWaitingCall(part.value, signatureText(event)));
        break;
      case "toolResult":
        this.#settleCall(part.value);
        break;
      case "media":
        if (!event.inThought) this.#addMedia(event.part, part.value);
        break;
      case "executableCode":
        if (!event.inThought) this.#addFence(fenceCode(part.value));
        break;
      case "codeResult":
        if (!event.inThought) this.#addFence(fenceResult(part.value));
        break;
      case "nativePart":
        this.#warn("A part of an unknown kind stands only in extra_content.google.parts.");
        break;
      default:
    }
  }

  /** Only in whole answers: no event brings one. */
  addRefusal(text: string): void {
    this.hasRefusal = true;
    this.#writer.refusal(text);
  }

  /** Writes what was still waiting. */
  close(): void {
    if (this.#media !== undefined) this.#writeMedia(this.#media);
    this.#writeText(this.#unfencer?.end() ?? "");
    this.#writeCalls();
  }

  /** Whether the message says anything; thoughts do not count. */
  get isEmpty(): boolean {
    return this.contentLength === 0 && this.calls === 0 && this.images === 0 && !this.hasAudio && !this.hasRefusal;
  }

  #addText(part: number, text: string): void {
    if (this.#waitingCalls.length > 0) this.#writeCalls();
    if (this.#unfencer === undefined) {
      if (!this.offsets.has(part)) this.offsets.set(part, this.contentLength);
      return this.#writeText(text);
    }
    if (!this.offsets.has(part)) this.offsets.set(part, this.contentLength + this.#unfencer.heldLength);
    this.#writeText(this.#unfencer.push(text));
    // Nothing can be cited in what is told without its fence.
    if (this.#unfencer.hasOpened) this.offsets.clear();
  }

  #writeText(text: string): void {
    if (text === "") return;
    this.contentLength += text.length;
    this.#writer.content(text);
  }

  #addFence(fence: string): void {
    if (this.#waitingCalls.length > 0) this.#writeCalls();
    if (this.#delivery.structured) return;
    this.contentLength += fence.length;
    this.#writer.content(fence);
  }

  #addMedia(part: number, { mimeType, source, last }: MediaChunk): void {
    if (this.#waitingCalls.length > 0) this.#writeCalls();
    if (source.case === "uri") return this.#placeMedia(mimeType, source.value, "");
    if (source.case !== "data") return;
    const data = base64OfData(source);
    if (isAudio(mimeType) && (this.#delivery.audio === "message" || this.#delivery.structured)) {
      if (data === "") return;
      this.hasAudio = true;
      return this.#writer.audio(String(data));
    }
    this.#media ??= { part, mimeType, pieces: [] };
    this.#media.pieces.push(data);
    if (last) this.#writeMedia(this.#media);
  }

  #writeMedia({ mimeType, pieces }: OpenMedia): void {
    this.#media = undefined;
    const data = joinBase64(pieces);
    if (data === "") return this.#warn(`A file of type ${mimeType} was empty and was left out.`);
    this.#placeMedia(mimeType, `data:${mimeType};base64,`, data);
  }

  /** A JSON response format keeps links out of `content`: then images have their list, and other files no place at all. */
  #placeMedia(mimeType: string, head: string, data: Base64): void {
    const image = mimeType.startsWith("image/");
    const { images, structured } = this.#delivery;
    if (structured && !image) return this.#warn(`A file of type ${mimeType} has no place beside a JSON answer.`);
    const inList = image && (structured || images !== "markdown");
    const inContent = !structured && (!image || images !== "images");
    const opening = inContent ? (image ? "![image](" : isAudio(mimeType) ? "[audio](" : "[media](") : undefined;
    if (opening !== undefined) this.contentLength += opening.length + head.length + data.length + 1;
    this.#writer.media({ head, data, opening, imageIndex: inList ? this.images++ : undefined });
  }

  #toWaitingCall({ id, name, arguments: text }: ToolCall, signature: string): WaitingCall {
    return { id, name, arguments: text || "{}", signature, custom: this.#delivery.customTools.has(name) };
  }

  #settleCall({ toolCallId, name, media }: ToolResult): void {
    const waiting = this.#waitingCalls;
    const answered = waiting.find((call) => call.id === toolCallId) ?? waiting.find((call) => call.name === name);
    this.#waitingCalls = waiting.filter((call) => call !== answered);
    this.#warn("A tool call that Google answered itself stands only in extra_content.google.parts.");
    if (media.length > 0) this.#warn("Media in the result of a tool call that Google answered itself were left out.");
  }

  #writeCalls(): void {
    const calls = this.#waitingCalls;
    this.#waitingCalls = [];
    for (const call of calls) {
      const index = this.calls++;
      if (!this.#delivery.legacyFunctions) this.#writer.toolCall({ ...call, index });
      else if (index === 0) this.#writer.functionCall({ ...call, index });
      else
        this.#warn("`function_call` has room for one call; declare `tools` instead of `functions` to get the others.");
    }
  }

  #warn(message: string): void {
    if (this.warnings.some((known) => known.message === message)) return;
    this.warnings.push(warning("part_unsupported", `choices[${this.#candidate}].message`, message));
  }
}

function isAudio(mimeType: string): boolean {
  return mimeType.startsWith("audio/");
}
