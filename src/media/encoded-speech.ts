// Encodes the sound Gemini made as mp3 or Opus, in the media thread. What cannot be encoded stays WAV, and a warning says so.
import { NO_BYTES, signatureText, unsigned } from "../chat/bytes.ts";
import type { SpeechShaper } from "../chat/ports.ts";
import { warning } from "../chat/warnings.ts";
import { AudioFormat, type ChatEvent, type StreamChatResponse } from "../gen/gemini/chat/v1/chat_pb.ts";
import { ENCODED_FORMATS, type EncodedFormat } from "./encoded-formats.ts";
import { readSoundHead, samplesOf, soundOf, withMedia, type SoundChunk } from "./sound-chunks.ts";
import type { SoundFormat } from "./sound-encoder.ts";
import { createSpeechShaper, type ContainerShaper } from "./speech.ts";
import type { Work } from "./worker-entry.ts";
import type { MediaWorker } from "./worker.ts";

/** 21 s of Gemini's samples: encoding them takes half a second at most. */
const TASK_MAX_BYTES = 1024 * 1024;

/** Makes the shaper of each answer: containers are written here and at once, everything else by the worker. */
export function createSpeechShapers(
  worker: MediaWorker,
): (format: AudioFormat, isWhole: boolean, signal: AbortSignal) => SpeechShaper {
  return (format, isWhole, signal) => {
    const encoded = ENCODED_FORMATS.get(format);
    if (encoded === undefined) return createSpeechShaper(format, isWhole);
    return new EncodedSpeech(encoded, isWhole, worker, signal);
  };
}

/** A sound that is being told. */
type Sound = {
  readonly part: number;
  /** What the worker calls it; undefined when it passes as it is. */
  readonly id: number | undefined;
  /** Until the worker was told. */
  begins: SoundFormat | undefined;
  /** Its first piece, whose place an end that was not announced takes. */
  readonly first: ChatEvent;
};

class EncodedSpeech implements SpeechShaper {
  readonly #encoded: EncodedFormat;
  readonly #isWhole: boolean;
  readonly #worker: MediaWorker;
  readonly #signal: AbortSignal;
  /** By candidate. */
  readonly #sounds = new Map<number, Sound>();
  readonly #containers: ContainerShaper;
  readonly #leave = (): void => this.close();

  constructor(encoded: EncodedFormat, isWhole: boolean, worker: MediaWorker, signal: AbortSignal) {
    this.#encoded = encoded;
    this.#isWhole = isWhole;
    this.#worker = worker;
    this.#signal = signal;
    this.#containers = createSpeechShaper(AudioFormat.WAV, isWhole);
    // A transport may never resume an answer whose caller has left, so nobody else would free its encoders then.
    signal.addEventListener("abort", this.#leave, { once: true });
  }

  shape(batch: StreamChatResponse): StreamChatResponse | Promise<StreamChatResponse> {
    const isAtWork = batch.events.some((event) => soundOf(event) !== undefined || this.#endedBy(event) !== undefined);
    return isAtWork ? this.#encodeBatch(batch) : batch;
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#leave);
    for (const { id } of this.#sounds.values()) if (id !== undefined) this.#worker.closeSound(id);
    this.#sounds.clear();
  }

  async #encodeBatch(batch: StreamChatResponse): Promise<StreamChatResponse> {
    const events: ChatEvent[] = [];
    for (const event of batch.events) {
      const ended = this.#endedBy(event);
      if (ended !== undefined) events.push(...(await this.#encode(ended, ended.first, undefined)));
      const media = soundOf(event);
      if (media === undefined) events.push(event);
      else events.push(...(await this.#tell(event, media)));
    }
    return this.#containers.shape({ ...batch, events });
  }

  /** The sound that is over because this event comes. */
  #endedBy({ candidate, part, event }: ChatEvent): Sound | undefined {
    const sound = this.#sounds.get(candidate);
    return sound !== undefined && (part > sound.part || event.case === "finished") ? sound : undefined;
  }

  async #tell(event: ChatEvent, media: SoundChunk): Promise<ChatEvent[]> {
    const told = this.#sounds.get(event.candidate);
    if (told !== undefined) return told.id === undefined ? [event] : this.#encode(told, event, media);
    this.#signal.throwIfAborted();
    const { pcm, wavHead } = readSoundHead(media);
    const begins =
      pcm !== undefined && this.#encoded.takes(pcm)
        ? { ...pcm, codec: this.#encoded.codec, isWhole: this.#isWhole }
        : undefined;
    const id = begins && this.#worker.openSound();
    const sound: Sound = { part: event.part, id, begins, first: event };
    this.#sounds.set(event.candidate, sound);
    if (begins !== undefined) return this.#encode(sound, event, media);
    if (this.#encoded.sameType.test(media.mimeType)) return [event];
    return [this.#adjusted(event, pcm === undefined && wavHead === undefined ? media.mimeType : "audio/wav"), event];
  }

  /** Encodes a piece; without one, ends the sound. */
  async #encode(sound: Sound, event: ChatEvent, media: SoundChunk | undefined): Promise<ChatEvent[]> {
    const isLast = media?.last ?? true;
    if (isLast) this.#sounds.delete(event.candidate);
    const { id, begins } = sound;
    if (id === undefined) return [];
    sound.begins = undefined;
    const samples = media === undefined ? NO_BYTES : samplesOf(media.source).value;
    try {
      const value = await this.#encodeSamples(id, begins, samples, isLast);
      if (value.length === 0 && !isLast && signatureText(event) === "") return [];
      const told = media === undefined ? unsigned(event) : event;
      const { mimeType } = this.#encoded;
      const piece = { ...(event.event.value as SoundChunk), mimeType, last: isLast };
      return [withMedia(told, { ...piece, source: { case: "data", value } })];
    } finally {
      if (isLast) this.#worker.closeSound(id);
    }
  }

  /** In tasks of bounded size, so that other sounds have their turn. */
  async #encodeSamples(
    sound: number,
    begins: SoundFormat | undefined,
    samples: Uint8Array,
    isLast: boolean,
  ): Promise<Uint8Array> {
    const encoded: Uint8Array[] = [];
    for (let start = 0; start === 0 || start < samples.length; start += TASK_MAX_BYTES) {
      const end = start + TASK_MAX_BYTES;
      const task: Work = {
        kind: "encode",
        sound,
        begins: start === 0 ? begins : undefined,
        samples: new Uint8Array(samples.subarray(start, end)), // a view would bring all memory behind it
        isLast: isLast && end >= samples.length,
      };
      encoded.push(await this.#worker.run(task, this.#signal));
    }
    return encoded.length === 1 && encoded[0] ? encoded[0] : Buffer.concat(encoded);
  }

  #adjusted({ candidate }: ChatEvent, mimeType: string): ChatEvent {
    const message = `This sound cannot be written as ${this.#encoded.codec}; it is ${mimeType}.`;
    return {
      $typeName: "gemini.chat.v1.ChatEvent",
      candidate,
      part: 0,
      signature: NO_BYTES,
      inThought: false,
      event: { case: "warning", value: warning("audio_format_adjusted", "speech.format", message) },
    };
  }
}
