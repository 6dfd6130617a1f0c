// Recognises streams of MPEG frames and packets, which have no magic number but a rhythm.

// Samples of one frame and bitrates in kbit/s, MPEG-1 and MPEG-2/2.5, layers III and II: ISO 11172-3 and 13818-3.
const BITRATES = {
  mpeg1Layer3: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg1Layer2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
const SAMPLE_RATES_HZ = [44_100, 48_000, 32_000] as const;

/** Whether an MPEG layer III or II frame stands here, and another one behind it as far as bytes are given. */
export function isMp3Frame(bytes: Buffer, offset: number): boolean {
  const length = mp3FrameLength(bytes, offset);
  if (length === undefined) return false;
  const next = offset + length;
  return next + 4 > bytes.length ? true : mp3FrameLength(bytes, next) !== undefined;
}

function mp3FrameLength(bytes: Buffer, offset: number): number | undefined {
  if (offset + 4 > bytes.length) return undefined;
  const header = bytes.readUInt32BE(offset);
  const version = (header >>> 19) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const layer = (header >>> 17) & 3; // 1: III, 2: II
  const sampleRateHz = SAMPLE_RATES_HZ[(header >>> 10) & 3];
  if (header >>> 21 !== 0x7ff || version === 1 || layer === 0 || layer === 3 || sampleRateHz === undefined)
    return undefined;
  const table = version !== 3 ? BITRATES.mpeg2 : layer === 1 ? BITRATES.mpeg1Layer3 : BITRATES.mpeg1Layer2;
  const bitrate = table[(header >>> 12) & 15];
  if (bitrate === undefined || bitrate === 0) return undefined;
  const rateHz = sampleRateHz / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const samples = layer === 1 && version !== 3 ? 576 : 1152;
  const padding = (header >>> 9) & 1;
  return Math.floor((samples * bitrate * 125) / rateHz) + padding;
}

/** Whether an ADTS frame of AAC stands here, and another one behind it as far as bytes are given. */
export function isAacFrame(bytes: Buffer, offset: number): boolean {
  const length = aacFrameLength(bytes, offset);
  if (length === undefined) return false;
  const next = offset + length;
  return next + 7 > bytes.length ? true : aacFrameLength(bytes, next) !== undefined;
}

function aacFrameLength(bytes: Buffer, offset: number): number | undefined {
  if (offset + 7 > bytes.length || (bytes.readUInt16BE(offset) & 0xfff6) !== 0xfff0) return undefined;
  const sampleRateIndex = (bytes.readUInt8(offset + 2) >>> 2) & 15;
  const length = (bytes.readUIntBE(offset + 3, 3) >>> 5) & 0x1fff;
  return sampleRateIndex < 13 && length >= 7 ? length : undefined;
}

/** What follows an ID3v2 tag, which players put before flac and AAC too. A tag longer than what is given: mp3. */
export function sniffTagged(bytes: Buffer): string | undefined {
  // A text may begin with "ID3": versions are 2 to 4, and each byte of the size has its top bit clear.
  if (bytes.length < 10 || bytes.readUInt8(3) > 4 || bytes.subarray(6, 10).some((byte) => byte > 0x7f))
    return undefined;
  const size = bytes.subarray(6, 10).reduce((sum, byte) => sum * 128 + byte, 0);
  const start = 10 + size;
  if (bytes.toString("latin1", start, start + 4) === "fLaC") return "audio/flac";
  return isAacFrame(bytes, start) ? "audio/aac" : "audio/mp3";
}

/** Whether packets of 188 bytes (192 with the time stamps of cameras) begin here, three in a row. */
export function isTransportStream(bytes: Buffer): boolean {
  const isSynced = (offset: number, step: number) => [0, 1, 2].every((count) => bytes[offset + count * step] === 0x47);
  return isSynced(0, 188) || isSynced(4, 192);
}
