// The formats of generated sound that need an encoder: what they are called, and which samples they take.
import { AudioFormat } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { PcmFormat } from "./audio.ts";
import type { SoundFormat } from "./sound-encoder.ts";

export type EncodedFormat = {
  readonly codec: SoundFormat["codec"];
  readonly mimeType: string;
  /** The same sound as Gemini may make it by itself. */
  readonly sameType: RegExp;
  readonly takes: (pcm: PcmFormat) => boolean;
};

/** What libopus takes without converting rates. */
const OPUS_RATES_HZ: readonly number[] = [8000, 12_000, 16_000, 24_000, 48_000];

export const ENCODED_FORMATS: ReadonlyMap<AudioFormat, EncodedFormat> = new Map([
  [
    AudioFormat.MP3,
    {
      codec: "mp3",
      mimeType: "audio/mpeg",
      sameType: /^audio\/(mpeg|mp3)\b/i,
      // Written at 24 kHz: higher rates would lose what they have above speech.
      takes: ({ sampleRateHz, channels }) => channels <= 2 && sampleRateHz >= 8000 && sampleRateHz <= 24_000,
    },
  ],
  [
    AudioFormat.OPUS,
    {
      codec: "opus",
      mimeType: "audio/ogg;codecs=opus", // RFC 7845 §9
      sameType: /^audio\/(ogg|opus)\b/i,
      takes: ({ sampleRateHz, channels }) => channels <= 2 && OPUS_RATES_HZ.includes(sampleRateHz),
    },
  ],
]);
