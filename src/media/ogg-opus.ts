// Opus packets in an Ogg stream: RFC 3533 (pages) and RFC 7845 (headers, positions, where the sound ends).

/** Positions count samples at this rate, whatever the rate of the input. */
export const OPUS_RATE_HZ = 48_000;

const PACKET_SAMPLES = OPUS_RATE_HZ / 50; // 20 ms
/** A packet has at most 1,276 bytes and so 6 lacing values; a page holds 255 of them, and should not last more than a second. */
const PACKETS_PER_PAGE = 40;
const PAGE_HEADER_BYTES = 27;
const CHECKSUM_OFFSET = 22;
const LACING_MAX = 255;
const BEGINS_STREAM = 2;
const ENDS_STREAM = 4;

export type OggOpusFormat = {
  /** 32 bits that tell this stream from others it may be put beside or behind. */
  readonly serial: number;
  readonly channels: number;
  /** Only told. */
  readonly inputRateHz: number;
  /** Samples at 48 kHz that the encoder puts before the sound; players leave them out. */
  readonly preSkip: number;
};

/** Writes one stream of packets of 20 ms. */
export class OggOpusWriter {
  readonly #format: OggOpusFormat;
  #pageCount = 0;
  #packetCount = 0;

  constructor(format: OggOpusFormat) {
    this.#format = format;
  }

  /** Pages with these packets; the first ones also hold the headers. */
  write(packets: readonly Uint8Array[]): Uint8Array {
    const pages = this.#pageCount === 0 ? this.#headerPages() : [];
    for (let start = 0; start < packets.length; start += PACKETS_PER_PAGE) {
      const held = packets.slice(start, start + PACKETS_PER_PAGE);
      this.#packetCount += held.length;
      pages.push(this.#page(held, this.#packetCount * PACKET_SAMPLES));
    }
    return Buffer.concat(pages);
  }

  /** The last pages. `samples` is the length of the whole sound at 48 kHz, so that what fills the last packet is not played. */
  end(packets: readonly Uint8Array[], samples: number): Uint8Array {
    const pages = this.write(packets.slice(0, -1));
    return Buffer.concat([pages, this.#page(packets.slice(-1), this.#format.preSkip + samples, ENDS_STREAM)]);
  }

  #headerPages(): Buffer[] {
    const { channels, inputRateHz, preSkip } = this.#format;
    const head = Buffer.alloc(19); // gain and channel mapping stay 0: as it is, mono or stereo
    head.write("OpusHead\x01", 0, "latin1");
    head.writeUInt8(channels, 9);
    head.writeUInt16LE(preSkip, 10);
    head.writeUInt32LE(inputRateHz, 12);
    const vendor = Buffer.from("gemini-gateway");
    const tags = Buffer.alloc(16 + vendor.length); // and no comments
    tags.write("OpusTags", 0, "latin1");
    tags.writeUInt32LE(vendor.length, 8);
    vendor.copy(tags, 12);
    return [this.#page([head], 0, BEGINS_STREAM), this.#page([tags], 0)];
  }

  #page(packets: readonly Uint8Array[], position: number, flags = 0): Buffer {
    const lacing = packets.flatMap(({ length }) => [
      ...Array<number>(Math.floor(length / LACING_MAX)).fill(LACING_MAX),
      length % LACING_MAX,
    ]);
    const head = Buffer.alloc(PAGE_HEADER_BYTES);
    head.write("OggS\0", 0, "latin1");
    head.writeUInt8(flags, 5);
    head.writeBigUInt64LE(BigInt(position), 6);
    head.writeUInt32LE(this.#format.serial, 14);
    head.writeUInt32LE(this.#pageCount++, 18);
    head.writeUInt8(lacing.length, 26);
    const page = Buffer.concat([head, Buffer.from(lacing), ...packets]);
    page.writeUInt32LE(checksum(page), CHECKSUM_OFFSET);
    return page;
  }
}

/** CRC-32 of polynomial 04c11db7, not reflected, beginning with 0; the checksum's own field counts as 0. */
function checksum(page: Uint8Array): number {
  let crc = 0;
  for (const byte of page) crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0);
  return crc >>> 0;
}

const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c1_1db7 : 0);
  return crc >>> 0;
});
