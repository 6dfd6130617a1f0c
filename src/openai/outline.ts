// What a stream must remember of an answer to end it: its parts without thoughts and without bytes of media, and all that is told about it.
// The result has the shape of the whole answer's Candidate, so both are ended by the same code.
import { NO_BYTES, setSignature, signatureText } from "../chat/bytes.ts";
import { KeptTexts } from "../chat/kept-texts.ts";
import type { Candidate, ChatEvent, MediaChunk, Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { joinBase64 } from "./base64-pieces.ts";

/** What is remembered of one candidate. Feed it all events of it, in order. */
export class Outline {
  readonly #candidate: Candidate = {
    $typeName: "gemini.chat.v1.Candidate",
    parts: [],
    citations: [],
    urlContext: [],
  };
  readonly #texts = new KeptTexts();

  /** Takes the next event of the candidate. Log probabilities are not kept: they leave at once. */
  add(event: ChatEvent): void {
    const candidate = this.#candidate;
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

  /** All of it. `letGoBytes`, UTF-8 bytes by part, instead of texts that were too long to keep. */
  end(): { readonly candidate: Candidate; readonly letGoBytes: readonly number[] | undefined } {
    const { parts } = this.#candidate;
    parts.forEach(({ kind }, part) => {
      if (kind.case === "text") kind.value = this.#texts.text(part);
    });
    const letGoBytes = this.#texts.areLetGo ? parts.map((_, part) => this.#texts.byteLength(part)) : undefined;
    return { candidate: this.#candidate, letGoBytes };
  }

  #addPart(event: ChatEvent): void {
    const part = (this.#candidate.parts[event.part] ??= toOutlinePart(event));
    if (event.event.case === "text") this.#texts.add(event.part, event.event.value);
    const signature = signatureText(event);
    if (signature !== "") setSignature(part, joinBase64([signatureText(part), signature]));
  }
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
