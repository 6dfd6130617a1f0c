// What a stream must remember of an answer to end it: its parts without thoughts and without bytes of media, and all that is told about it.
// The result has the shape of the whole answer's Candidate, so both are ended by the same code.
import { NO_BYTES, setSignature, signatureText } from "../chat/bytes.ts";
import type { Candidate, ChatEvent, MediaChunk, Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { joinBase64 } from "./base64-pieces.ts";

export function createOutline(): Candidate {
  return {
    $typeName: "gemini.chat.v1.Candidate",
    parts: [],
    citations: [],
    urlContext: [],
  };
}

/** Takes the next event of the candidate. Log probabilities are not kept: they leave at once. */
export function addToOutline(outline: Candidate, event: ChatEvent): void {
  const { case: name, value } = event.event;
  switch (name) {
    case "citation":
      outline.citations.push(value);
      break;
    case "grounding":
      outline.grounding = value;
      break;
    case "urlContext":
      outline.urlContext.push(value);
      break;
    case "safetyRatings":
      outline.safetyRatings = value;
      break;
    case "finished":
      outline.finished = value;
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
      addPart(outline.parts, event);
      break;
    default:
  }
}

function addPart(parts: Part[], event: ChatEvent): void {
  const known = parts[event.part];
  const part = (parts[event.part] ??= toOutlinePart(event));
  if (known?.kind.case === "text" && event.event.case === "text") known.kind.value += event.event.value;
  const signature = signatureText(event);
  if (signature !== "") setSignature(part, joinBase64([signatureText(part), signature]));
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
      return { case: "text", value: event.value };
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
