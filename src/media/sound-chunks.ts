// The pieces of generated sound among the events of an answer, and the samples in them.
import { type DataSource } from "../chat/bytes.ts";
import type { ChatEvent, MediaChunk } from "../gen/gemini/chat/v1/chat_pb.ts";
import { parsePcmMimeType, readWav, type PcmFormat } from "./audio.ts";
import { dataHead } from "./data-head.ts";

/** Gemini's WAV headers have 44 bytes; this leaves room for other chunks before the samples. */
const HEADER_MAX_BYTES = 4096;

export type SoundChunk = MediaChunk & { source: DataSource };

/** The piece of sound that an event brings, with its bytes; undefined for any other event. */
export function soundOf({ event }: ChatEvent): SoundChunk | undefined {
  if (event.case !== "media" || event.value.source.case !== "data") return undefined;
  return event.value.mimeType.startsWith("audio/") ? (event.value as SoundChunk) : undefined;
}

/** The event with another piece in it. */
export function withMedia(event: ChatEvent, value: MediaChunk): ChatEvent {
  return { ...event, event: { case: "media", value } };
}

export type SoundHead = {
  /** Set when the sound is signed 16-bit samples, with or without a header. */
  readonly pcm: PcmFormat | undefined;
  /** Its WAV header, up to the samples. */
  readonly wavHead: Buffer | undefined;
};

/** What the first piece of a sound tells of all of it. */
export function readSoundHead({ mimeType, source }: SoundChunk): SoundHead {
  const head = dataHead(source, HEADER_MAX_BYTES);
  const wav = readWav(head);
  if (wav === undefined) return { pcm: parsePcmMimeType(mimeType), wavHead: undefined };
  return { pcm: wav.pcm, wavHead: head.subarray(0, wav.dataOffset) };
}

/** A piece without a header of its own; bare samples stay the text they came as. */
export function samplesOf(source: DataSource): DataSource {
  const wav = readWav(dataHead(source, HEADER_MAX_BYTES));
  if (wav === undefined) return source;
  const { value } = source;
  const announced = wav.dataOffset + wav.dataBytes;
  // A header written before its samples announces 0 or 2^32 - 1 bytes; what follows samples are chunks of notes.
  const end = wav.dataBytes === 0 ? value.length : Math.min(announced, value.length);
  return { case: "data", value: value.subarray(wav.dataOffset, end) };
}
