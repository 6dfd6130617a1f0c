// Puts the sound Gemini made into the container a caller asked for: WAV with one header, or bare 16-bit samples.
import { dataLength, NO_BYTES } from "../chat/bytes.ts";
import type { SpeechShaper } from "../chat/ports.ts";
import {
  AudioFormat,
  type ChatEvent,
  type MediaChunk,
  type StreamChatResponse,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import { wavHeader, withLengths } from "./audio.ts";
import { readSoundHead, samplesOf, soundOf, withMedia, type SoundChunk } from "./sound-chunks.ts";

/** Writes containers only: never a promise. */
export interface ContainerShaper extends SpeechShaper {
  shape(batch: StreamChatResponse): StreamChatResponse;
}

/** A sound that is being told. */
type Sound = {
  readonly part: number;
  /** What all its pieces are called; undefined when they pass as they are. */
  readonly mimeType: string | undefined;
  /** Makes what goes before its samples. */
  readonly header: ((dataBytes?: number) => Buffer) | undefined;
};

/** An event as it goes out; `begins` on the first piece of a sound. */
type Shaped = { readonly event: ChatEvent; readonly begins?: Sound };

/**
 * A shaper for one answer. Headerless PCM gets a header or none; WAV keeps one header whatever comes (3.8 models send
 * WAV, and each piece may bring its own) or loses it. Its lengths are exact in an answer that comes as a whole, in one
 * batch; in a stream they are unknown, however much of it happens to come at once. Other sound (mp3, Ogg, WAV of other
 * samples than 16-bit where bare ones are asked for) passes as it is.
 */
export function createSpeechShaper(format: AudioFormat, isWhole: boolean): ContainerShaper {
  const sounds = new Map<number, Sound>();
  return {
    shape: (batch) => {
      if (!batch.events.some((event) => soundOf(event) !== undefined)) return batch;
      const shaped = batch.events.map((event) => shapeEvent(event, format, sounds));
      const events = shaped.flatMap(({ event, begins }, index) =>
        begins?.header === undefined
          ? [event]
          : [withData(event, begins.header(isWhole ? lengthWithin(shaped.slice(index), event) : undefined)), event],
      );
      return { ...batch, events };
    },
    close: () => {},
  };
}

function shapeEvent(event: ChatEvent, format: AudioFormat, sounds: Map<number, Sound>): Shaped {
  const media = soundOf(event);
  if (media === undefined) return { event };
  const told = sounds.get(event.candidate);
  const sound = told?.part === event.part ? told : beginSound(event.part, media, format);
  sounds.set(event.candidate, sound);
  const { mimeType } = sound;
  const shaped =
    mimeType === undefined ? event : withMedia(event, { ...media, mimeType, source: samplesOf(media.source) });
  return sound === told ? { event: shaped } : { event: shaped, begins: sound };
}

function beginSound(part: number, chunk: SoundChunk, format: AudioFormat): Sound {
  const { pcm, wavHead } = readSoundHead(chunk);
  if (format === AudioFormat.PCM16) {
    const channels = pcm === undefined || pcm.channels === 1 ? "" : `;channels=${pcm.channels}`;
    return { part, mimeType: pcm && `audio/pcm;rate=${pcm.sampleRateHz}${channels}`, header: undefined };
  }
  if (wavHead !== undefined) {
    return { part, mimeType: "audio/wav", header: (dataBytes) => withLengths(wavHead, dataBytes) };
  }
  if (pcm === undefined) return { part, mimeType: undefined, header: undefined };
  return { part, mimeType: "audio/wav", header: (dataBytes) => wavHeader(pcm, dataBytes) };
}

/** Bytes of a sound that begins and ends within these events; undefined when its end is still to come. */
function lengthWithin(events: readonly Shaped[], first: ChatEvent): number | undefined {
  const pieces = events
    .filter(({ event }) => event.candidate === first.candidate && event.part === first.part)
    .map(({ event }) => soundOf(event));
  const isWhole = pieces.some((piece) => piece?.last);
  return isWhole ? pieces.reduce((sum, piece) => sum + (piece ? dataLength(piece.source) : 0), 0) : undefined;
}

/** A piece before the first one: of the same part, without its signature. */
function withData(first: ChatEvent, value: Uint8Array): ChatEvent {
  const { $typeName, candidate, part, inThought } = first;
  const media = first.event.value as MediaChunk;
  const piece: MediaChunk = { ...media, source: { case: "data", value }, last: false };
  return { $typeName, candidate, part, inThought, signature: NO_BYTES, event: { case: "media", value: piece } };
}
