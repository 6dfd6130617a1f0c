// Opus by libopus, in Ogg pages. Runs in the media thread.
import { randomInt } from "node:crypto";
import { ctl, Encoder } from "@evan/wasm/target/opus/node.mjs";
import { OggOpusWriter, OPUS_RATE_HZ } from "./ogg-opus.ts";
import type { SoundCodec, SoundFormat } from "./sound-encoder.ts";

/** RFC 6716 §2.1.1: the least for full-band mono music, well above speech. */
const BITS_PER_SECOND_OF_CHANNEL = 48_000;
/** The usual frame: 20 ms. */
const FRAMES_PER_SECOND = 50;

export async function createOpusCodec({ sampleRateHz, channels }: SoundFormat): Promise<SoundCodec> {
  const encoder = new Encoder({ channels, sample_rate: sampleRateHz, application: "audio" });
  encoder.ctl(ctl.set.signal, ctl.signal.voice);
  encoder.ctl(ctl.set.bitrate, BITS_PER_SECOND_OF_CHANNEL * channels);
  const lookahead = encoder.ctl(ctl.get.lookahead);
  const scale = OPUS_RATE_HZ / sampleRateHz;
  const ogg = new OggOpusWriter({
    serial: randomInt(2 ** 32),
    channels,
    inputRateHz: sampleRateHz,
    preSkip: lookahead * scale,
  });
  const frameLength = (sampleRateHz / FRAMES_PER_SECOND) * channels;
  let rest = new Int16Array(0);
  let samplesIn = 0;

  function packetsOf(samples: Int16Array): Uint8Array[] {
    const all = new Int16Array(rest.length + samples.length);
    all.set(rest);
    all.set(samples, rest.length);
    const packets: Uint8Array[] = [];
    let start = 0;
    for (; start + frameLength <= all.length; start += frameLength) {
      packets.push(encoder.encode(all.subarray(start, start + frameLength)));
    }
    rest = all.slice(start);
    return packets;
  }

  return {
    encode: (samples) => {
      samplesIn += samples.length / channels;
      return ogg.write(packetsOf(samples));
    },
    end: () => {
      // Silence pushes the last samples through the encoder's delay and fills the last frame; the pages tell where to stop.
      const filled = rest.length + lookahead * channels;
      const missing = Math.ceil(filled / frameLength) * frameLength - rest.length;
      return ogg.end(packetsOf(new Int16Array(missing)), samplesIn * scale);
    },
    free: () => encoder.drop(),
  };
}
