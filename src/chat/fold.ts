// Rebuilds a whole answer from its events. The JSON answer is always made this way, so that it cannot differ from the stream.
import type {
  Candidate,
  ChatEvent,
  ChatResponse,
  Media,
  MediaChunk,
  Part,
  Started,
  StreamChatResponse,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import { dataLength, decodeBase64, encodeBase64, NO_BYTES, setSignature, signatureText } from "./bytes.ts";

interface Fold {
  /** Takes the next event. Events of one part must come together and in order, as the contract says. */
  add(event: ChatEvent): void;
  /** The answer so far; call it once, at the end. Candidates without a Finished are included: whether one is due is not judged here. */
  finish(): ChatResponse;
}

/** A part whose pieces are still coming in. */
interface OpenPart {
  readonly index: number;
  readonly part: Part;
  readonly media: MediaChunk[];
  readonly signatures: string[];
}

interface OpenCandidate {
  readonly index: number;
  readonly candidate: Candidate;
  open: OpenPart | undefined;
}

export function createFold(): Fold {
  const response: ChatResponse = {
    $typeName: "gemini.chat.v1.ChatResponse",
    responseId: "",
    model: "",
    modelVersion: "",
    candidates: [],
    warnings: [],
    serviceTier: 0,
    nativeServiceTier: "",
  };
  const candidates: OpenCandidate[] = [];
  return {
    add(event) {
      if (!addToResponse(response, event)) addToCandidate(candidateOf(candidates, event.candidate), event);
    },
    finish() {
      for (const candidate of candidates) closePart(candidate);
      if (candidates.length > 1) candidates.sort((a, b) => a.index - b.index);
      for (const { candidate } of candidates) response.candidates.push(candidate);
      return response;
    },
  };
}

/** The whole answer of a stream. Rejects with what the stream rejects with. */
export async function foldEvents(
  batches: AsyncIterable<StreamChatResponse> | Iterable<StreamChatResponse>,
): Promise<ChatResponse> {
  const fold = createFold();
  for await (const { events } of batches) for (const event of events) fold.add(event);
  return fold.finish();
}

/** Takes what belongs to the answer as a whole; false when the event is a candidate's. */
function addToResponse(response: ChatResponse, { event }: ChatEvent): boolean {
  switch (event.case) {
    case "started":
      addStarted(response, event.value);
      return true;
    case "usage":
      response.usage = event.value;
      return true;
    case "modelStatus":
      response.modelStatus = event.value;
      return true;
    case "warning":
      response.warnings.push(event.value);
      return true;
    default:
      return false;
  }
}

function addStarted(response: ChatResponse, started: Started): void {
  response.responseId = started.responseId;
  response.model = started.model;
  response.modelVersion = started.modelVersion;
  response.serviceTier = started.serviceTier;
  response.nativeServiceTier = started.nativeServiceTier;
  response.warnings.push(...started.warnings);
  if (started.modelStatus) response.modelStatus = started.modelStatus;
  if (started.promptSafetyRatings) response.promptSafetyRatings = started.promptSafetyRatings;
}

function candidateOf(candidates: OpenCandidate[], index: number): OpenCandidate {
  const known = candidates.find((candidate) => candidate.index === index);
  if (known) return known;
  const candidate: Candidate = { $typeName: "gemini.chat.v1.Candidate", parts: [], citations: [], urlContext: [] };
  const added = { index, candidate, open: undefined };
  candidates.push(added);
  return added;
}

function addToCandidate(open: OpenCandidate, event: ChatEvent): void {
  const { candidate } = open;
  const told = event.event;
  switch (told.case) {
    case "citation":
      candidate.citations.push(told.value);
      break;
    case "grounding":
      candidate.grounding = told.value;
      break;
    case "urlContext":
      candidate.urlContext.push(told.value);
      break;
    case "logprobs":
      candidate.logprobs ??= { $typeName: "gemini.chat.v1.Logprobs", tokens: [] };
      candidate.logprobs.tokens.push(...told.value.tokens);
      break;
    case "safetyRatings":
      candidate.safetyRatings = told.value;
      break;
    case "finished":
      candidate.finished = told.value;
      break;
    default:
      addPiece(open, event);
  }
}

function addPiece(candidate: OpenCandidate, event: ChatEvent): void {
  const told = event.event;
  if (candidate.open?.index !== event.part) {
    closePart(candidate);
    const kind = (told.case === "media" ? { case: "media", value: toMedia(told.value) } : { ...told }) as Part["kind"];
    const { inThought } = event;
    const part: Part = {
      $typeName: "gemini.chat.v1.Part",
      kind,
      signature: NO_BYTES,
      inThought,
      speaker: "",
      style: "",
    };
    candidate.open = { index: event.part, part, media: [], signatures: [] };
  } else if (told.case === "text" || told.case === "thought") {
    (candidate.open.part.kind as { value: string }).value += told.value;
  }
  if (told.case === "media") candidate.open.media.push(told.value);
  const signature = signatureText(event);
  if (signature !== "") candidate.open.signatures.push(signature);
}

function closePart({ candidate, open }: OpenCandidate): void {
  if (!open || candidate.parts.at(-1) === open.part) return;
  const { part, media, signatures } = open;
  if (part.kind.case === "media") part.kind.value.source = joinMedia(media);
  if (signatures.length > 0) setSignature(part, joinSignature(signatures));
  candidate.parts.push(part);
}

function toMedia({ mimeType, name, source }: MediaChunk): Media {
  return { $typeName: "gemini.chat.v1.Media", mimeType, name, source, resolution: 0 };
}

/** A single piece stays what it is, base64 text included. The last piece of a sound is mostly empty. */
function joinMedia(pieces: readonly MediaChunk[]): Media["source"] {
  const filled = pieces
    .map(({ source }) => source)
    .filter((source) => source.case !== "data" || dataLength(source) > 0);
  if (filled.length <= 1) return filled[0] ?? pieces[0]?.source ?? { case: undefined };
  return {
    case: "data",
    value: Buffer.concat(filled.flatMap((source) => (source.case === "data" ? [source.value] : []))),
  };
}

function joinSignature(pieces: readonly string[]): string {
  const [only = ""] = pieces;
  return pieces.length === 1 ? only : encodeBase64(Buffer.concat(pieces.map(decodeBase64)));
}
