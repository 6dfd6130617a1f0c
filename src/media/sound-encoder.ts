// Encodes one sound, however its samples are cut into pieces. Runs in the media thread.
import type { PcmFormat } from "./audio.ts";
import { createMp3Codec } from "./mp3.ts";
import { createOpusCodec } from "./opus.ts";

export type SoundFormat = PcmFormat & {
  readonly codec: "mp3" | "opus";
  /** False when its pieces go out one by one and each has to be playable for itself. */
  readonly isWhole: boolean;
};

/** Takes signed 16-bit samples, channels interleaved, in whole frames. */
export interface SoundCodec {
  encode(samples: Int16Array): Uint8Array;
  /** What is left when no more samples come. */
  end(): Uint8Array;
  /** Gives back its memory; nothing else may be called then. */
  free(): void;
}

/** Takes bytes of signed 16-bit little-endian samples, cut anywhere. */
export interface SoundEncoder extends Omit<SoundCodec, "encode"> {
  encode(bytes: Uint8Array): Uint8Array;
}

const BYTES_PER_SAMPLE = 2;

export async function createSoundEncoder(format: SoundFormat): Promise<SoundEncoder> {
  const codec = await (format.codec === "mp3" ? createMp3Codec(format) : createOpusCodec(format));
  const frameBytes = format.channels * BYTES_PER_SAMPLE;
  let rest: Uint8Array = new Uint8Array(0);
  return {
    encode: (bytes) => {
      const all = Buffer.concat([rest, bytes]);
      const end = all.length - (all.length % frameBytes);
      rest = all.subarray(end);
      return codec.encode(toSamples(all.subarray(0, end)));
    },
    end: () => codec.end(),
    free: () => codec.free(),
  };
}

/** In the byte order of this machine, at an even address. */
function toSamples(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length / BYTES_PER_SAMPLE);
  for (let index = 0; index < samples.length; index += 1) samples[index] = bytes.readInt16LE(index * BYTES_PER_SAMPLE);
  return samples;
}
