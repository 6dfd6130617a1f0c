// Goal: whatever pieces the sound comes in, what goes out is one valid container with exactly the samples that came in.
// Method: answers as the upstream's state machine tells them, folded back; any split of the samples.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  base64OfData,
  dataLength,
  NO_BYTES,
  setSignature,
  signatureText,
  type DataSource,
} from "../../src/chat/bytes.ts";
import { AudioFormat, type MediaChunk, type StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { readWav, wavHeader } from "../../src/media/audio.ts";
import { createSpeechShaper } from "../../src/media/speech.ts";
import { batch, L16, piece, text } from "./speech-events.ts";

const MONO = { sampleRateHz: 24_000, channels: 1 };

/** Shapes all batches and joins the sound of a candidate, checking that all its pieces have one type. */
function shapeAll(
  format: AudioFormat,
  batches: StreamChatResponse[],
  { candidate = 0, isWhole = true } = {},
): { mimeType: string; bytes: Buffer } {
  const shaper = createSpeechShaper(format, isWhole);
  const media = batches
    .flatMap((each) => shaper.shape(each).events)
    .filter((event) => event.candidate === candidate)
    .flatMap(({ event }) => (event.case === "media" ? [event.value] : []));
  const [first] = media;
  assert.ok(first);
  assert.ok(media.every(({ mimeType }) => mimeType === first.mimeType));
  assert.deepEqual(
    media.map(({ last }) => last),
    media.map((_, index) => index === media.length - 1),
  );
  return { mimeType: first.mimeType, bytes: Buffer.concat(media.map(({ source }) => (source as DataSource).value)) };
}

describe("headerless samples", () => {
  test("get a header with the right lengths when the whole sound is there, as in a JSON answer", () => {
    const samples = Buffer.from("0102030405060708", "hex");
    const whole = batch(piece(L16, samples), piece(L16, NO_BYTES, { last: true }));
    for (const format of [AudioFormat.WAV, AudioFormat.UNSPECIFIED]) {
      const { mimeType, bytes } = shapeAll(format, [whole]);
      assert.equal(mimeType, "audio/wav");
      assert.deepEqual(bytes, Buffer.concat([wavHeader(MONO, 8), samples]));
    }
  });

  test("get one streaming header in a stream, whatever the pieces and their batches", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 2, maxLength: 8 }),
        fc.boolean(),
        (pieces, together) => {
          const events = [...pieces.map((bytes) => piece(L16, bytes)), piece(L16, NO_BYTES, { last: true })];
          const batches = together ? [batch(...events)] : events.map((event) => batch(event));
          const { mimeType, bytes } = shapeAll(AudioFormat.WAV, batches, { isWhole: false });
          assert.equal(mimeType, "audio/wav");
          assert.deepEqual(bytes, Buffer.concat([wavHeader(MONO), ...pieces]));
        },
      ),
    );
  });

  test("pass as they are, still as text, when bare samples are asked for", () => {
    const event = piece(L16, Buffer.from("hello"));
    const [shaped] = createSpeechShaper(AudioFormat.PCM16, true).shape(batch(event)).events;
    assert.ok(shaped);
    const { mimeType, source } = shaped.event.value as MediaChunk;
    assert.equal(mimeType, "audio/pcm;rate=24000");
    assert.equal(source, (event.event.value as MediaChunk).source);
  });

  test("of another rate say so", () => {
    const other = "audio/pcm;rate=16000;channels=2";
    const whole = batch(piece(other, Buffer.alloc(4), { last: true }));
    assert.equal(shapeAll(AudioFormat.PCM16, [whole]).mimeType, other);
    const { bytes } = shapeAll(AudioFormat.WAV, [whole]);
    assert.deepEqual(readWav(bytes)?.pcm, { sampleRateHz: 16_000, channels: 2 });
  });
});

describe("WAV from the upstream", () => {
  const samples = Buffer.from("000102030405060708090a0b", "hex");

  test("keeps one header, though every piece brings its own", () => {
    const parts = [samples.subarray(0, 4), samples.subarray(4, 12)].map((part) =>
      Buffer.concat([wavHeader(MONO, part.length), part]),
    );
    const batches = [
      ...parts.map((bytes) => batch(piece("audio/wav", bytes))),
      batch(piece("audio/wav", NO_BYTES, { last: true })),
    ];
    assert.deepEqual(shapeAll(AudioFormat.WAV, batches).bytes, Buffer.concat([wavHeader(MONO), samples]));
    assert.deepEqual(shapeAll(AudioFormat.PCM16, batches), { mimeType: "audio/pcm;rate=24000", bytes: samples });
  });

  test("in one piece comes out as it went in, without the notes behind its samples", () => {
    const wav = Buffer.concat([wavHeader(MONO, samples.length), samples]);
    const noted = Buffer.concat([wav, Buffer.from("LIST\x04\0\0\0abcd", "latin1")]);
    for (const bytes of [wav, noted]) {
      const whole = batch(piece("audio/wav", bytes), piece("audio/wav", NO_BYTES, { last: true }));
      assert.deepEqual(shapeAll(AudioFormat.WAV, [whole]).bytes, wav);
      assert.deepEqual(shapeAll(AudioFormat.PCM16, [whole]).bytes, samples);
    }
  });

  test("with a header that was written before its samples is read to the end", () => {
    for (const dataBytes of [0, undefined]) {
      const whole = batch(piece("audio/wav", Buffer.concat([wavHeader(MONO, dataBytes), samples]), { last: true }));
      assert.deepEqual(
        shapeAll(AudioFormat.WAV, [whole]).bytes,
        Buffer.concat([wavHeader(MONO, samples.length), samples]),
      );
    }
  });

  test("of other samples keeps its header, and passes where bare samples are asked for", () => {
    const header = wavHeader({ sampleRateHz: 8000, channels: 1 }, samples.length);
    header.writeUInt16LE(7, 20); // mu-law
    const wav = Buffer.concat([header, samples]);
    const whole = batch(piece("audio/wav", wav, { last: true }));
    for (const format of [AudioFormat.WAV, AudioFormat.PCM16]) {
      assert.deepEqual(shapeAll(format, [whole]), { mimeType: "audio/wav", bytes: wav });
    }
  });
});

describe("everything else", () => {
  test("passes untouched", () => {
    const shaper = createSpeechShaper(AudioFormat.WAV, true);
    const plain = batch(text("hello"), piece("image/png", Buffer.from("png"), { last: true }));
    assert.equal(shaper.shape(plain), plain);
    const mixed = batch(
      text("hello"),
      piece("audio/mp3", Buffer.from("ID3")),
      piece(L16, Buffer.alloc(2), { part: 1 }),
    );
    const { events } = shaper.shape(mixed);
    assert.equal(events[0], mixed.events[0]);
    assert.equal(events[1], mixed.events[1]);
    assert.equal(events.length, 4);
  });

  test("of a sound stays with it: candidate, part, thought and signature", () => {
    const event = { ...piece(L16, Buffer.alloc(6), { last: true, candidate: 2, part: 3 }), inThought: true };
    setSignature(event, "c2lnbmVk");
    const [header, samples] = createSpeechShaper(AudioFormat.WAV, true).shape(batch(event)).events;
    for (const each of [header, samples])
      assert.deepEqual([each?.candidate, each?.part, each?.inThought], [2, 3, true]);
    assert.equal(header && signatureText(header), "");
    assert.equal(samples && signatureText(samples), "c2lnbmVk");
    assert.equal(signatureText(event), "c2lnbmVk");
  });
});

test("candidates and parts that come mixed have a header each", () => {
  const shaper = createSpeechShaper(AudioFormat.WAV, true);
  const events = [
    batch(piece(L16, Buffer.alloc(2)), piece(L16, Buffer.alloc(4), { candidate: 1 })),
    batch(
      piece(L16, Buffer.alloc(2)),
      piece(L16, NO_BYTES, { candidate: 1, last: true }),
      piece(L16, NO_BYTES, { last: true }),
    ),
    batch(piece(L16, Buffer.alloc(6), { part: 1, last: true })),
  ].flatMap((each) => shaper.shape(each).events);
  const sizes = events.map(({ candidate, part, event }) => [
    candidate,
    part,
    dataLength((event.value as MediaChunk).source as DataSource),
  ]);
  assert.deepEqual(sizes, [
    [0, 0, 44],
    [0, 0, 2],
    [1, 0, 44],
    [1, 0, 4],
    [0, 0, 2],
    [1, 0, 0],
    [0, 0, 0],
    [0, 1, 44],
    [0, 1, 6],
  ]);
  assert.ok(events[7]);
  const { source } = events[7].event.value as MediaChunk;
  assert.deepEqual(Buffer.from(String(base64OfData(source as DataSource)), "base64"), wavHeader(MONO, 6));
});
