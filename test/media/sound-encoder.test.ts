// Goal: what is written as mp3 and Opus is by the standards, plays as the sound that came, and can be cut where we cut it.
// Method: strict readers of both containers; libopus decodes the packets; every frame of a cut mp3 stream is compared with LAME's own.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MPEGDecoder } from "mpg123-decoder";
import { Decoder } from "@evan/wasm/target/opus/node.mjs";
import fc from "fast-check";
import { createSoundEncoder, type SoundFormat } from "../../src/media/sound-encoder.ts";
import { likeness, mainDataOf, pitchOf, readMp3Frames, readOggPages } from "./sound-judges.ts";
import { bytesOf, makeTone } from "./sounds.ts";

const SPEECH = { sampleRateHz: 24_000, channels: 1 };

/** What comes out for each piece, the last one with what was left. */
async function encode(pieces: readonly Uint8Array[], format: SoundFormat): Promise<Uint8Array[]> {
  const encoder = await createSoundEncoder(format);
  const encoded = pieces.map((piece) => Buffer.from(encoder.encode(piece)));
  encoded.push(Buffer.from(encoder.end()));
  encoder.free();
  return encoded;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const somePlaces = fc.array(fc.nat(200_000), { maxLength: 12 });

describe("mp3", () => {
  const mp3 = (isWhole: boolean, other: Partial<SoundFormat> = {}): SoundFormat => ({
    codec: "mp3",
    isWhole,
    ...SPEECH,
    ...other,
  });

  test("of a whole sound has one bitrate, so that players know how long it is", async () => {
    for (const channels of [1, 2]) {
      const bytes = bytesOf(makeTone(440, 30_000, { channels }));
      const frames = readMp3Frames(Buffer.concat(await encode([bytes], mp3(true, { channels }))));
      assert.deepEqual([...new Set(frames.map(({ kbps }) => kbps))], [64]);
      assert.deepEqual([...new Set(frames.map((frame) => frame.channels))], [channels]);
      // LAME puts 1,105 samples before the sound and fills the last frame of 576.
      assert.equal(frames.length, Math.ceil((30_000 + 1105) / 576));
      mainDataOf(frames);
    }
  });

  test("in pieces is the same sound in whole frames, none of which needs another one's data, however it is cut", async () => {
    for (const channels of [1, 2]) {
      const bytes = bytesOf(makeTone(330, 24_000, { channels }));
      const whole = readMp3Frames(Buffer.concat(await encode([bytes], mp3(true, { channels }))));
      assert.ok(
        whole.some(({ borrowed }) => borrowed > 0),
        "LAME borrows, else there is nothing to show",
      );
      const told = mainDataOf(whole);
      await fc.assert(
        fc.asyncProperty(somePlaces, async (places) => {
          const pieces = (await encode(cut(bytes, places), mp3(false, { channels }))).map(readMp3Frames);
          const frames = pieces.flat();
          assert.ok(frames.every(({ borrowed }) => borrowed === 0));
          assert.deepEqual(mainDataOf(frames), told);
          assert.deepEqual(
            frames.map(({ side }) => side),
            whole.map(({ side }) => side),
          );
        }),
        { numRuns: 8 },
      );
    }
  });

  test("in pieces is not larger than one stream, and comes while the sound is told", async () => {
    const bytes = bytesOf(makeTone(330, 240_000));
    const whole = Buffer.concat(await encode([bytes], mp3(true)));
    const pieces = await encode(cut(bytes, [96_000, 192_000, 288_000]), mp3(false));
    assert.ok(Buffer.concat(pieces).length <= whole.length);
    for (const piece of pieces.slice(0, -1)) assert.ok(piece.length > 10_000, `${piece.length} bytes`);
  });

  test("takes the loudest and the most silent sound, and other rates", async () => {
    const noise = Int16Array.from({ length: 48_000 }, (_, index) => ((index * 7919 * index) % 65_536) - 32_768);
    for (const samples of [noise, new Int16Array(24_000), new Int16Array(0)]) {
      mainDataOf(readMp3Frames(Buffer.concat(await encode([bytesOf(samples)], mp3(false)))));
    }
    for (const sampleRateHz of [8000, 11_025, 16_000, 22_050]) {
      const bytes = bytesOf(makeTone(440, sampleRateHz, { rateHz: sampleRateHz }));
      const frames = readMp3Frames(Buffer.concat(await encode([bytes], mp3(false, { sampleRateHz }))));
      assert.ok(
        Math.abs(frames.length - 24_000 / 576) <= 4,
        `${frames.length} frames of a second of ${sampleRateHz} Hz`,
      );
    }
  });

  test("plays as the sound that came, each piece for itself", async () => {
    const samples = makeTone(440, 96_000);
    const pieces = await encode(cut(bytesOf(samples), [50_000, 100_000]), mp3(false));
    const whole = await playMp3(Buffer.concat(pieces));
    assert.ok(likeness(samples, whole, 1105) > 0.99);
    assert.ok(Math.abs(pitchOf(whole.subarray(1105, 1105 + samples.length), 24_000) - 440) < 5);
    let start = 0;
    for (const piece of pieces) {
      const alone = await playMp3(piece);
      assert.equal(alone.length, readMp3Frames(piece).length * 576);
      // The first frame of a piece lacks what the one before it adds.
      assert.ok(likeness(alone.subarray(1200), whole.subarray(start + 1200)) > 0.9999);
      start += alone.length;
    }
    assert.equal(start, whole.length);
  });
});

describe("Opus", () => {
  const opus = (other: Partial<SoundFormat> = {}): SoundFormat => ({
    codec: "opus",
    isWhole: false,
    ...SPEECH,
    ...other,
  });

  /** Checks the stream by RFC 7845 and plays it. */
  function play(
    stream: Uint8Array,
    { sampleRateHz, channels }: Pick<SoundFormat, "sampleRateHz" | "channels">,
  ): Int16Array {
    const pages = readOggPages(stream);
    assert.deepEqual(
      pages.map(({ sequence }) => sequence),
      pages.map((_, index) => index),
    );
    assert.equal(new Set(pages.map(({ serial }) => serial)).size, 1);
    assert.deepEqual(
      pages.map(({ flags }) => flags),
      pages.map((_, index) => (index === 0 ? 2 : index === pages.length - 1 ? 4 : 0)),
    );
    const [head, tags, ...sound] = pages;
    assert.ok(head && tags);
    const [opusHead = Buffer.alloc(0)] = head.packets;
    assert.equal(opusHead.toString("latin1", 0, 8), "OpusHead");
    assert.deepEqual(
      [head.packets.length, opusHead.length, opusHead[8], opusHead[9], opusHead.readUInt32LE(12), opusHead[18]],
      [1, 19, 1, channels, sampleRateHz, 0],
    );
    assert.equal(tags.packets[0]?.toString("latin1", 0, 8), "OpusTags");
    assert.deepEqual([head.position, tags.position, tags.packets.length], [0n, 0n, 1]);

    const decoder = new Decoder({ channels, sample_rate: 48_000 });
    const played: number[] = [];
    for (const [index, { packets, position }] of sound.entries()) {
      assert.ok(packets.length > 0);
      for (const packet of packets) {
        const bytes = Buffer.from(decoder.decode(packet));
        for (let at = 0; at < bytes.length; at += 2) played.push(bytes.readInt16LE(at));
      }
      const sofar = played.length / channels;
      if (index < sound.length - 1) assert.equal(position, BigInt(sofar));
      else assert.ok(position <= sofar && position > sofar - 960, "the last page trims less than a packet");
    }
    decoder.drop();
    const end = Number(sound.at(-1)?.position ?? 0n) * channels;
    return Int16Array.from(played.slice(opusHead.readUInt16LE(10) * channels, end));
  }

  test("is an Ogg stream of exactly the length of the sound, and plays as it, at every rate libopus takes", async () => {
    for (const sampleRateHz of [8000, 12_000, 16_000, 24_000, 48_000]) {
      for (const channels of [1, 2]) {
        const format = { sampleRateHz, channels };
        const tone = makeTone(440, sampleRateHz + 123, { rateHz: sampleRateHz, channels });
        const played = play(Buffer.concat(await encode([bytesOf(tone)], opus(format))), format);
        const scale = 48_000 / sampleRateHz;
        assert.equal(played.length, tone.length * scale);
        const left = played.filter((_, index) => index % channels === 0);
        assert.ok(Math.abs(pitchOf(left, 48_000) - 440) < 5, `${pitchOf(left, 48_000)} Hz`);
        const thinned = left.filter((_, index) => index % scale === 0);
        const original = tone.filter((_, index) => index % channels === 0);
        assert.ok(likeness(original, thinned) > 0.95, `${likeness(original, thinned)} at ${sampleRateHz} Hz`);
      }
    }
  });

  test("is the same packets however the samples were cut, and every piece is whole pages", async () => {
    const bytes = bytesOf(makeTone(330, 24_000));
    const packetsOf = (stream: Uint8Array): readonly Buffer[] => readOggPages(stream).flatMap(({ packets }) => packets);
    const whole = packetsOf(Buffer.concat(await encode([bytes], opus())));
    await fc.assert(
      fc.asyncProperty(somePlaces, async (places) => {
        const pieces = await encode(cut(bytes, places), opus());
        for (const piece of pieces) readOggPages(piece);
        assert.deepEqual(packetsOf(pieces[0] ?? Buffer.alloc(0)).slice(0, 2), whole.slice(0, 2), "headers come first");
        const stream = Buffer.concat(pieces);
        assert.deepEqual(packetsOf(stream), whole);
        assert.equal(play(stream, SPEECH).length, 48_000);
      }),
      { numRuns: 12 },
    );
  });

  test("has a number of its own, so that sounds can be joined", async () => {
    const serials = await Promise.all(
      [1, 2].map(async () => readOggPages(Buffer.concat(await encode([], opus())))[0]?.serial),
    );
    assert.notEqual(serials[0], serials[1]);
  });

  test("of no samples plays nothing", async () => {
    assert.equal(play(Buffer.concat(await encode([], opus())), SPEECH).length, 0);
  });

  test("takes noise, whose packets are large", async () => {
    const noise = Int16Array.from({ length: 96_000 }, (_, index) => ((index * 7919 * index) % 65_536) - 32_768);
    const format = { sampleRateHz: 48_000, channels: 2 };
    assert.equal(play(Buffer.concat(await encode([bytesOf(noise)], opus(format))), format).length, 96_000);
  });
});

/** The first channel as mpg123 plays it. */
async function playMp3(bytes: Uint8Array): Promise<Float32Array> {
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const { channelData, errors } = decoder.decode(bytes);
  assert.deepEqual(errors, []);
  decoder.free();
  return Float32Array.from(channelData[0] ?? []);
}
