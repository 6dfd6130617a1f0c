// What a stream must remember of an answer to end it: its parts without thoughts and without bytes of media, and all that is told about it.
// The result has the shape of the whole answer's Candidate, so both are ended by the same code.
import { NO_BYTES, setSignature, signatureText } from "../chat/bytes.ts";
import { KEPT_TEXT_MAX_LENGTH } from "../chat/kept-text.ts";
import type { Candidate, ChatEvent, MediaChunk, Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { joinBase64 } from "./base64-pieces.ts";

/** What is remembered of one candidate. Feed it all events of it, in order. */
export class Outline {
  readonly candidate: Candidate = {
    $typeName: "gemini.chat.v1.Candidate",
    parts: [],
    citations: [],
    urlContext: [],
  };
  /**
   * UTF-8 bytes of text by part, once there is too much to keep (kept-text.ts): then the texts of `candidate` are empty. Counted by piece,
   * so that a surrogate pair cut in two counts two too many.
   */
  letGoBytes: number[] | undefined;
  #textLength = 0;

  /** Takes the next event of the candidate. Log probabilities are not kept: they leave at once. */
  add(event: ChatEvent): void {
    const { candidate } = this;
    const { case: name, value } = event.event;
    switch (name) {
      case "citation":
        candidate.citations.push(value);
        break;
      case "grounding":
        candidate.grounding = value;
        break;
      case "urlContext":
        candidate.urlContext.push(value);
        break;
      case "safetyRatings":
        candidate.safetyRatings = value;
        break;
      case "finished":
        candidate.finished = value;
        break;
      case "text":
      case "thought":
      case "toolCall":
      case "toolResult":
      case "media":
      case "executableCode":
      case "codeResult":
      case "serverToolCall":
      case "serverToolResult":
      case "nativePart":
        this.#addPart(event);
        break;
      default:
    }
  }

  #addPart(event: ChatEvent): void {
    const { parts } = this.candidate;
    const part = (parts[event.part] ??= toOutlinePart(event));
    if (event.event.case === "text") this.#addText(part, event.part, event.event.value);
    const signature = signatureText(event);
    if (signature !== "") setSignature(part, joinBase64([signatureText(part), signature]));
  }

  #addText({ kind }: Part, index: number, text: string): void {
    if (kind.case !== "text") return;
    this.#textLength += text.length;
    if (this.#textLength <= KEPT_TEXT_MAX_LENGTH) {
      kind.value += text;
      return;
    }
    this.letGoBytes ??= this.candidate.parts.map(letGo);
    this.letGoBytes[index] = (this.letGoBytes[index] ?? 0) + Buffer.byteLength(text);
  }
}

/** The UTF-8 bytes of the text that the part had. */
function letGo({ kind }: Part): number {
  if (kind.case !== "text") return 0;
  const bytes = Buffer.byteLength(kind.value);
  kind.value = "";
  return bytes;
}

function toOutlinePart({ event, inThought }: ChatEvent): Part {
  return {
    $typeName: "gemini.chat.v1.Part",
    kind: toOutlineKind(event),
    signature: NO_BYTES,
    inThought,
    speaker: "",
    style: "",
  };
}

function toOutlineKind(event: ChatEvent["event"]): Part["kind"] {
  switch (event.case) {
    case "text":
      return { case: "text", value: "" };
    case "thought":
      return { case: "thought", value: "" };
    case "media":
      return { case: "media", value: toOutlineMedia(event.value) };
    case "toolCall":
    case "toolResult":
    case "executableCode":
    case "codeResult":
    case "serverToolCall":
    case "serverToolResult":
    case "nativePart":
      return event;
    default:
      return { case: undefined };
  }
}

function toOutlineMedia({ mimeType, source }: MediaChunk) {
  return {
    $typeName: "gemini.chat.v1.Media",
    mimeType,
    source: source.case === "uri" ? source : { case: undefined },
    resolution: 0,
    name: "",
  } as const;
}
