// What an image's bytes say about it: its real type and its size in pixels, read from the header.

interface ImageFacts {
  readonly mimeType: string;
  /** Absent when the header ends too early. */
  readonly width?: number;
  readonly height?: number;
}

/** Facts of PNG, JPEG, WebP, GIF and HEIC/HEIF; undefined for anything else. */
export function readImage(bytes: Buffer): ImageFacts | undefined {
  if (bytes.subarray(0, 8).equals(PNG_MAGIC)) return sized("image/png", readPng(bytes));
  if (bytes.subarray(0, 3).equals(JPEG_MAGIC)) return sized("image/jpeg", readJpeg(bytes));
  const head = bytes.toString("latin1", 0, 12);
  if (/^GIF8[79]a/.test(head)) return sized("image/gif", readGif(bytes));
  if (/^RIFF[^]{4}WEBP/.test(head)) return sized("image/webp", readWebp(bytes));
  const brand = /^[^]{4}ftyp([^]{4})/.exec(head)?.[1];
  if (brand !== undefined && HEIC_BRANDS.includes(brand)) return { mimeType: "image/heic" };
  if (brand !== undefined && HEIF_BRANDS.includes(brand)) return { mimeType: "image/heif" };
  return undefined;
}

const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG_MAGIC = Buffer.from([0xff, 0xd8, 0xff]);
const HEIC_BRANDS = ["heic", "heix", "hevc", "hevx"];
const HEIF_BRANDS = ["mif1", "msf1", "heim", "heis"];

type Size = readonly [width: number, height: number] | undefined;

const sized = (mimeType: string, size: Size): ImageFacts =>
  size === undefined ? { mimeType } : { mimeType, width: size[0], height: size[1] };

const readPng = (bytes: Buffer): Size =>
  bytes.length >= 24 ? [bytes.readUInt32BE(16), bytes.readUInt32BE(20)] : undefined;

const readGif = (bytes: Buffer): Size =>
  bytes.length >= 10 ? [bytes.readUInt16LE(6), bytes.readUInt16LE(8)] : undefined;

/** Walks the segments to the first start-of-frame marker. */
function readJpeg(bytes: Buffer): Size {
  let offset = 2;
  while (offset + 9 <= bytes.length) {
    const marker = bytes.readUInt8(offset + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [bytes.readUInt16BE(offset + 7), bytes.readUInt16BE(offset + 5)];
    offset += 2 + bytes.readUInt16BE(offset + 2);
  }
  return undefined;
}

/** The three WebP forms keep their size in three places: VP8 (lossy), VP8L (lossless), VP8X (extended). */
function readWebp(bytes: Buffer): Size {
  if (bytes.length < 30) return undefined;
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8 ":
      return [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff];
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
    }
    case "VP8X":
      return [bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1];
    default:
      return undefined;
  }
}
