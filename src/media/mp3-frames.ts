// Makes frames of an MP3 stream independent, so that a stream may be cut between any two of them.
// In MP3 the data of a frame may begin in earlier frames (the bit reservoir), and LAME, as it is built here, always uses that.
// Here each frame gets its own data back, in a frame of the next bitrate that holds it: no sample changes (ISO 13818-3, layer III).

/** MPEG-2 layer III without checksum at 24 kHz: bitrates in kbit/s by their index in the header. */
const BITRATES = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] as const;
/** 576 samples at 24 kHz take 3 bytes per kbit/s, so frames have whole numbers of bytes and never padding. */
const BYTES_PER_KBPS = 3;
const HEADER_BYTES = 4;
/** Sync, version, layer, no checksum, and the index of 24 kHz; bitrate, channels and flags may differ. */
const FIXED_BITS = 0xffff_0c00;
const FIXED = 0xfff3_0400;
/** The field that tells how far back the data begins has 8 bits. */
const RESERVOIR_MAX_BYTES = 255;

/** Takes an MP3 stream cut anywhere and gives whole frames, none of which needs another one's data. */
export class Mp3Framer {
  readonly #channels: 1 | 2;
  readonly #headBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  /** Data of the last frames, as far as it may be borrowed. */
  #reservoir: Buffer = Buffer.alloc(0);

  constructor(channels: 1 | 2) {
    this.#channels = channels;
    this.#headBytes = HEADER_BYTES + (channels === 1 ? 9 : 17); // the header and the side information
  }

  /** The frames that are complete by now. Throws when the stream is not of the kind above. */
  push(bytes: Uint8Array): Uint8Array {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: Buffer[] = [];
    while (this.#rest.length >= HEADER_BYTES) {
      const length = frameLength(this.#rest.readUInt32BE(0));
      if (this.#rest.length < length) break;
      frames.push(this.#standAlone(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
    return Buffer.concat(frames);
  }

  #standAlone(frame: Buffer): Buffer {
    const pool = Buffer.concat([this.#reservoir, frame.subarray(this.#headBytes)]);
    const start = this.#reservoir.length - frame.readUInt8(HEADER_BYTES);
    const dataBytes = Math.ceil(this.#dataBits(frame) / 8);
    this.#reservoir = pool.subarray(-RESERVOIR_MAX_BYTES);
    const index = BITRATES.findIndex((kbps) => kbps * BYTES_PER_KBPS >= this.#headBytes + dataBytes);
    if (start < 0 || start + dataBytes > pool.length || index < 0) throw new Error("the data of an MP3 frame is lost");
    const own = Buffer.alloc((BITRATES[index] ?? 0) * BYTES_PER_KBPS);
    frame.copy(own, 0, 0, this.#headBytes);
    own.writeUInt8((frame.readUInt8(2) & 0x0f) | (index << 4), 2);
    own.writeUInt8(0, HEADER_BYTES); // its data begins right here
    pool.copy(own, this.#headBytes, start, start + dataBytes);
    return own;
  }

  /** Of all channels; each one's side information has 63 bits and begins with the length of its data, 12 bits. */
  #dataBits(frame: Buffer): number {
    const first = 8 + this.#channels; // after the place of the data and one private bit per channel
    let sum = 0;
    for (let channel = 0; channel < this.#channels; channel += 1) {
      const bit = first + channel * 63;
      const byte = HEADER_BYTES + (bit >>> 3);
      sum += (frame.readUIntBE(byte, 3) >>> (12 - (bit & 7))) & 0xfff;
    }
    return sum;
  }
}

function frameLength(header: number): number {
  const kbps = BITRATES[(header >>> 12) & 15] ?? 0;
  if ((header & FIXED_BITS) >>> 0 !== FIXED || kbps === 0)
    throw new Error("this is not the MP3 stream that was asked for");
  return kbps * BYTES_PER_KBPS;
}
