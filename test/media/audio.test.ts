// Goal: headers that players read, and headers of others read right. Method: bytes written out, and round trips.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePcmMimeType, readWav, wavHeader, withLengths } from "../../src/media/audio.ts";

test("writes the 44 bytes of a header for 16-bit samples", () => {
  assert.equal(
    wavHeader({ sampleRateHz: 24_000, channels: 1 }, 48_000).toString("hex"),
    "52494646a4bb0000" +
      "57415645" +
      "666d7420" +
      "10000000" +
      "01000100" +
      "c05d0000" +
      "80bb0000" +
      "02001000" +
      "64617461" +
      "80bb0000",
  );
});

test("leaves both lengths unknown in a stream, or when they do not fit", () => {
  for (const header of [
    wavHeader({ sampleRateHz: 24_000, channels: 1 }),
    wavHeader({ sampleRateHz: 8000, channels: 2 }, 2 ** 32 - 20),
  ]) {
    assert.equal(header.readUInt32LE(4), 0xffffffff);
    assert.equal(header.readUInt32LE(40), 0xffffffff);
  }
});

test("reads back what it wrote, and any chunks between format and samples", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 192_000 }),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(1e9),
      fc.uint8Array({ maxLength: 40 }),
      (sampleRateHz, channels, dataBytes, note) => {
        const pcm = { sampleRateHz, channels };
        const plain = wavHeader(pcm, dataBytes);
        assert.deepEqual(readWav(plain), { dataOffset: 44, dataBytes, pcm });
        const list = Buffer.concat([Buffer.from("LIST\0\0\0\0", "latin1"), note, Buffer.alloc(note.length % 2)]);
        list.writeUInt32LE(note.length, 4);
        const noted = Buffer.concat([plain.subarray(0, 36), list, plain.subarray(36)]);
        assert.deepEqual(readWav(noted), { dataOffset: 44 + list.length, dataBytes, pcm });
        assert.deepEqual(readWav(withLengths(noted, 10)), { dataOffset: 44 + list.length, dataBytes: 10, pcm });
        assert.equal(withLengths(noted, 10).readUInt32LE(4), noted.length - 8 + 10);
      },
    ),
  );
});

test("knows no PCM format in other encodings", () => {
  const aLaw = wavHeader({ sampleRateHz: 8000, channels: 1 }, 4);
  aLaw.writeUInt16LE(6, 20);
  const deep = wavHeader({ sampleRateHz: 8000, channels: 1 }, 4);
  deep.writeUInt16LE(24, 34);
  for (const header of [aLaw, deep])
    assert.deepEqual(readWav(header), { dataOffset: 44, dataBytes: 4, pcm: undefined });
});

test("takes nothing else for a header, cut or hostile ones included", () => {
  const header = wavHeader({ sampleRateHz: 8000, channels: 1 }, 4);
  for (let length = 0; length < 44; length += 1) assert.equal(readWav(header.subarray(0, length)), undefined);
  assert.equal(readWav(Buffer.from("RIFF\0\0\0\0AVI LIST", "latin1")), undefined);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      (tail) => void readWav(Buffer.concat([header.subarray(0, 12), tail])),
    ),
  );
});

test("reads the types of bare samples", () => {
  for (const [mimeType, sampleRateHz, channels] of [
    ["audio/L16;codec=pcm;rate=24000", 24_000, 1],
    ["audio/pcm;rate=16000", 16_000, 1],
    ["audio/pcm; rate=48000; channels=2", 48_000, 2],
    ["AUDIO/L16", 24_000, 1],
    ["audio/pcm;rate=abc;channels=0", 24_000, 1],
    ["audio/pcm;rate=99999999999", 24_000, 1],
  ] as const) {
    assert.deepEqual(parsePcmMimeType(mimeType), { sampleRateHz, channels }, mimeType);
  }
  for (const mimeType of ["audio/wav", "audio/mpeg", "audio/l160", "", "text/plain"]) {
    assert.equal(parsePcmMimeType(mimeType), undefined, mimeType);
  }
});
