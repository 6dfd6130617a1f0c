// Strict readers of the sound formats we write: they know the standards, and nothing of our writers.
import assert from "node:assert/strict";

export type OggPage = {
  readonly flags: number;
  readonly position: bigint;
  readonly serial: number;
  readonly sequence: number;
  readonly packets: readonly Buffer[];
};

/** All pages of a stream whose packets never go over a page's end: RFC 3533, checksums included. */
export function readOggPages(stream: Uint8Array): OggPage[] {
  const bytes = Buffer.from(stream);
  const pages: OggPage[] = [];
  for (let offset = 0; offset < bytes.length;) {
    assert.equal(bytes.toString("latin1", offset, offset + 5), "OggS\0");
    const count = bytes.readUInt8(offset + 26);
    const lacing = bytes.subarray(offset + 27, offset + 27 + count);
    assert.equal(lacing.length, count);
    const packets: Buffer[] = [];
    let start = offset + 27 + count;
    let length = 0;
    for (const value of lacing) {
      length += value;
      if (value === 255) continue;
      packets.push(bytes.subarray(start, start + length));
      start += length;
      length = 0;
    }
    assert.equal(length, 0, "a packet goes on in the next page");
    assert.ok(start <= bytes.length, "the page is cut off");
    const page = Buffer.from(bytes.subarray(offset, start));
    const checksum = page.readUInt32LE(22);
    page.writeUInt32LE(0, 22);
    assert.equal(oggChecksum(page), checksum);
    pages.push({
      flags: page.readUInt8(5),
      position: page.readBigUInt64LE(6),
      serial: page.readUInt32LE(14),
      sequence: page.readUInt32LE(18),
      packets,
    });
    offset = start;
  }
  return pages;
}

/** Bit by bit, as the RFC words it. */
function oggChecksum(bytes: Uint8Array): number {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte) << 24n;
    for (let bit = 0; bit < 8; bit += 1)
      crc = crc & 0x8000_0000n ? ((crc << 1n) ^ 0x1_04c1_1db7n) & 0xffff_ffffn : crc << 1n;
  }
  return Number(crc);
}

export type Mp3Frame = {
  readonly kbps: number;
  readonly channels: number;
  /** Bytes before the frame in which its data begins. */
  readonly borrowed: number;
  /** Bits of its data. */
  readonly bits: number;
  /** The side information behind the field that tells what is borrowed. */
  readonly side: Buffer;
  /** What follows the side information. */
  readonly payload: Buffer;
};

const KBPS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** All frames of an MPEG-2 layer III stream of 24 kHz; nothing may stand between or behind them. */
export function readMp3Frames(stream: Uint8Array): Mp3Frame[] {
  const bytes = Buffer.from(stream);
  const frames: Mp3Frame[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const header = bytes.readUInt32BE(offset);
    assert.equal(header >>> 16, 0xfff3, `no MPEG-2 layer III frame at ${offset}`);
    assert.equal((header >>> 10) & 3, 1, "not 24 kHz");
    assert.equal((header >>> 9) & 1, 0, "padding");
    const kbps = KBPS[(header >>> 12) & 15] ?? 0;
    const channels = (header >>> 6) & 3 ? (((header >>> 6) & 3) === 3 ? 1 : 2) : 2;
    const frame = bytes.subarray(offset, offset + kbps * 3);
    assert.ok(kbps > 0 && frame.length === kbps * 3, "a frame is cut off");
    const sideEnd = channels === 1 ? 13 : 21;
    const bitsAt = (bit: number): number =>
      Number((BigInt(`0x${frame.toString("hex", 4, sideEnd)}`) >> BigInt((sideEnd - 4) * 8 - bit - 12)) & 0xfffn);
    const bits = channels === 1 ? bitsAt(9) : bitsAt(10) + bitsAt(73);
    frames.push({
      kbps,
      channels,
      borrowed: frame.readUInt8(4),
      bits,
      side: frame.subarray(5, sideEnd),
      payload: frame.subarray(sideEnd),
    });
    offset += frame.length;
  }
  return frames;
}

/** The data of each frame, gathered from where the frames say it lies. */
export function mainDataOf(frames: readonly Mp3Frame[]): Buffer[] {
  const all = Buffer.concat(frames.map(({ payload }) => payload));
  let start = 0;
  return frames.map(({ borrowed, bits, payload }) => {
    const from = start - borrowed;
    start += payload.length;
    const data = Buffer.from(all.subarray(from, from + Math.ceil(bits / 8)));
    assert.ok(from >= 0 && from + data.length <= start, "data of a frame lies elsewhere");
    if (bits % 8 !== 0) data.writeUInt8((data.at(-1) ?? 0) & (0xff00 >> (bits % 8)), data.length - 1);
    return data;
  });
}

/** The frequency of a sound by its passages through zero, in Hz. */
export function pitchOf(samples: ArrayLike<number>, rateHz: number): number {
  let crossings = 0;
  for (let index = 1; index < samples.length; index += 1) {
    if ((samples[index - 1] ?? 0) < 0 && (samples[index] ?? 0) >= 0) crossings += 1;
  }
  return (crossings * rateHz) / samples.length;
}

/** How alike two signals are, from -1 to 1: the correlation of `b`, beginning at `offset`, with all of `a`. */
export function likeness(a: ArrayLike<number>, b: ArrayLike<number>, offset = 0): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    const [x, y] = [a[index] ?? 0, b[index + offset] ?? 0];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb || 1);
}
