// How long a recording is, as far as a simple look at its header tells: WAV, MP3 and the MP4 family.

/** Duration in seconds of a recording of `sizeBytes` that begins with these bytes; undefined when they do not tell. */
export function readDuration(bytes: Buffer, sizeBytes: number = bytes.length): number | undefined {
  const head = bytes.toString("latin1", 0, 12);
  if (/^RIFF[^]{4}WAVE/.test(head)) return readWav(bytes, sizeBytes);
  if (head.slice(4, 8) === "ftyp") return readMp4(bytes);
  return readMp3(bytes, sizeBytes);
}

/** Walks the RIFF chunks; a streamed WAV claims 0xFFFFFFFF bytes, then what is there counts. */
function readWav(bytes: Buffer, sizeBytes: number): number | undefined {
  let offset = 12;
  let bytesPerSecond = 0;
  while (offset + 8 <= bytes.length) {
    const name = bytes.toString("latin1", offset, offset + 4);
    const size = bytes.readUInt32LE(offset + 4);
    if (name === "fmt " && offset + 20 <= bytes.length) bytesPerSecond = bytes.readUInt32LE(offset + 16);
    if (name === "data" && bytesPerSecond > 0) return Math.min(size, sizeBytes - offset - 8) / bytesPerSecond;
    offset += 8 + size + (size % 2);
  }
  return undefined;
}

/** Top-level boxes down to `moov`, in it `mvhd` with timescale and duration (32 or 64 bits by version). */
function readMp4(bytes: Buffer): number | undefined {
  const moov = findBox(bytes, 0, bytes.length, "moov");
  const mvhd = moov && findBox(bytes, moov.start, moov.end, "mvhd");
  if (mvhd === undefined || mvhd.end - mvhd.start < 32) return undefined;
  const isLong = bytes.readUInt8(mvhd.start) === 1;
  const timescale = bytes.readUInt32BE(mvhd.start + (isLong ? 20 : 12));
  const duration = isLong ? Number(bytes.readBigUInt64BE(mvhd.start + 24)) : bytes.readUInt32BE(mvhd.start + 16);
  return timescale > 0 ? duration / timescale : undefined;
}

function findBox(bytes: Buffer, from: number, to: number, name: string): { start: number; end: number } | undefined {
  let offset = from;
  while (offset + 8 <= to) {
    const size = bytes.readUInt32BE(offset);
    const end = size === 0 ? to : offset + size;
    if (bytes.toString("latin1", offset + 4, offset + 8) === name) return { start: offset + 8, end: Math.min(end, to) };
    // Size 1 announces a 64-bit size, used for media data beyond 4 GB: nothing we are ever sent inline.
    if (size < 8 && size !== 0) return undefined;
    offset = end;
  }
  return undefined;
}

const MPEG1_KBPS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG2_KBPS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** Takes the bitrate of the first layer III frame for the whole file: exact for constant bitrate, else an estimate. */
function readMp3(bytes: Buffer, sizeBytes: number): number | undefined {
  const start = skipId3(bytes);
  if (start + 4 > bytes.length) return undefined;
  const header = bytes.readUInt32BE(start);
  const isLayer3Frame = header >>> 21 === 0x7ff && ((header >>> 17) & 3) === 1;
  const table = ((header >>> 19) & 3) === 3 ? MPEG1_KBPS : MPEG2_KBPS;
  const kilobits = table[(header >>> 12) & 15];
  if (!isLayer3Frame || kilobits === undefined || kilobits === 0) return undefined;
  return ((sizeBytes - start) * 8) / (kilobits * 1000);
}

/** An ID3v2 tag states its length in four 7-bit bytes. */
function skipId3(bytes: Buffer): number {
  if (bytes.length < 10 || bytes.toString("latin1", 0, 3) !== "ID3") return 0;
  return 10 + [6, 7, 8, 9].reduce((size, at) => (size << 7) | (bytes.readUInt8(at) & 0x7f), 0);
}
