// MP3 by LAME. Runs in the media thread.
import { createMp3Encoder, type WasmMediaEncoder } from "wasm-media-encoders";
import { Mp3Framer } from "./mp3-frames.ts";
import type { SoundCodec, SoundFormat } from "./sound-encoder.ts";

/** LAME converts other rates to it. */
const OUTPUT_RATE_HZ = 24_000;
/** Clear speech at 24 kHz, and the highest rate whose frames, with all they may borrow, fit a frame of their own (mp3-frames.ts). */
const BITRATE_KBPS = 64;
/** Encoders kept for the next sound: each has 16 MiB of memory that only garbage collection gives back. */
const SPARE_MAX = 4;

const spare: WasmMediaEncoder<"audio/mpeg">[] = [];

/** A whole sound is one stream of constant bitrate, so players know its length; in pieces every frame stands for itself. */
export async function createMp3Codec({ sampleRateHz, channels, isWhole }: SoundFormat): Promise<SoundCodec> {
  if (channels !== 1 && channels !== 2) throw new RangeError(`LAME takes no ${channels} channels`);
  const lame = spare.pop() ?? (await createMp3Encoder());
  lame.configure({ sampleRate: sampleRateHz, channels, bitrate: BITRATE_KBPS, outputSampleRate: OUTPUT_RATE_HZ });
  const framer = isWhole ? undefined : new Mp3Framer(channels);
  // What LAME gives lies in its memory, which the next call overwrites.
  const take = (bytes: Uint8Array): Uint8Array => framer?.push(bytes) ?? Uint8Array.from(bytes);
  return {
    encode: (samples) => take(lame.encode(toChannels(samples, channels))),
    end: () => take(lame.finalize()),
    free: () => {
      if (spare.length < SPARE_MAX) spare.push(lame);
    },
  };
}

/** A list per channel, between -1 and 1. */
function toChannels(samples: Int16Array, channels: number): Float32Array[] {
  return Array.from({ length: channels }, (_, channel) => {
    const own = new Float32Array(samples.length / channels);
    for (let index = 0; index < own.length; index += 1)
      own[index] = (samples[index * channels + channel] ?? 0) / 32_768;
    return own;
  });
}
