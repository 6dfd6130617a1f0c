// Decides the type of media by its first bytes. A table of our own instead of a library: it is synchronous, knows only
// what Gemini reads, and tells sound from film where the container is the same.
import { isOfficeType, isTextType, normalizeMediaType } from "./media-types.ts";
import { sniffAsf, sniffIsoMedia, sniffMatroska, sniffOgg, sniffRiff } from "./sniff-containers.ts";
import { isAacFrame, isMp3Frame, isTransportStream, sniffTagged } from "./sniff-mpeg.ts";

/** How many bytes decide; tracks of webm files and brands of mp4 files stand within the first kilobytes. */
export const SNIFF_BYTES = 4096;

export type DetectedMedia = {
  /** In Gemini's spelling; not necessarily a type it accepts. */
  readonly mimeType: string;
  /** The caller named another type. */
  readonly corrected: boolean;
};

/**
 * The type of media that begins with `head` (`SNIFF_BYTES` of it, or all). `declared` only decides between types that
 * bytes cannot tell: text formats, and sound in a container of films. Undefined when the bytes are of no known type:
 * empty, svg, or html that was called an image.
 */
export function detectMediaType(head: Uint8Array, declared: string | undefined): DetectedMedia | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, SNIFF_BYTES));
  const said = normalizeMediaType(declared);
  const mimeType = sniff(bytes, said);
  return mimeType === undefined ? undefined : { mimeType, corrected: said !== undefined && said !== mimeType };
}

/** A type, or a decision that may find that the magic was chance. */
type Signature = readonly [offset: number, magic: string, type: string | Decide];
type Decide = (bytes: Buffer, said: string | undefined) => string | undefined;

/** Magic numbers as latin1 text. */
const signatures: readonly Signature[] = [
  [0, "\x89PNG\r\n\x1a\n", "image/png"],
  [0, "\xff\xd8\xff", "image/jpeg"],
  [0, "GIF87a", "image/gif"],
  [0, "GIF89a", "image/gif"],
  [0, "BM", (bytes) => (isBitmap(bytes) ? "image/bmp" : undefined)],
  [0, "II*\0", "image/tiff"],
  [0, "MM\0*", "image/tiff"],
  [0, "RIFF", sniffRiff],
  [0, "RF64", sniffRiff],
  [0, "FORM", (bytes) => (/^AIF[FC]$/.test(bytes.toString("latin1", 8, 12)) ? "audio/aiff" : undefined)],
  [0, "fLaC", "audio/flac"],
  [0, "OggS", sniffOgg],
  [0, "ID3", sniffTagged],
  [0, "ADIF", "audio/aac"],
  [4, "ftyp", sniffIsoMedia],
  [0, "\x1a\x45\xdf\xa3", sniffMatroska],
  [0, "FLV\x01", "video/x-flv"],
  [0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", sniffAsf],
  [0, "\0\0\x01\xba", "video/mpeg"], // program stream
  [0, "\0\0\x01\xb3", "video/mpeg"], // bare MPEG-1 and MPEG-2 video
  [0, "%PDF-", "application/pdf"],
  [0, "{\\rtf", "text/rtf"],
  [0, "PK\x03\x04", officeAsSaid],
  [0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", officeAsSaid], // Office before 2007
];

function sniff(bytes: Buffer, said: string | undefined): string | undefined {
  for (const [offset, magic, type] of signatures) {
    if (bytes.toString("latin1", offset, offset + magic.length) !== magic) continue;
    const found = typeof type === "string" ? type : type(bytes, said);
    if (found !== undefined) return found;
  }
  if (isOldQuickTime(bytes)) return "video/quicktime";
  if (isTransportStream(bytes)) return "video/mpeg";
  if (isAacFrame(bytes, 0)) return "audio/aac";
  if (isMp3Frame(bytes, 0)) return "audio/mp3";
  // Readers accept up to 1 KiB of anything before a PDF; only a caller who says so means one.
  if (said === "application/pdf" && bytes.subarray(0, 1024).includes("%PDF-")) return said;
  return said !== undefined && isTextType(said) && isText(bytes) ? said : undefined;
}

/** An archive is what its sender says, if that is an Office file. */
function officeAsSaid(_: Buffer, said: string | undefined): string | undefined {
  return said !== undefined && isOfficeType(said) ? said : undefined;
}

/** A text may begin with "BM"; a bitmap has the size of one of the known info headers at byte 14. */
function isBitmap(bytes: Buffer): boolean {
  return bytes.length >= 18 && [12, 40, 52, 56, 64, 108, 124].includes(bytes.readUInt32LE(14));
}

/** QuickTime from before `ftyp` begins with one of its other boxes, whose size comes first. */
function isOldQuickTime(bytes: Buffer): boolean {
  const firstByte = bytes[0] ?? 0xff;
  return firstByte < 0x20 && /^(moov|mdat|wide|free|skip|pnot)$/.test(bytes.toString("latin1", 4, 8));
}

/** No control characters but white space and escape (of terminals, and of ISO-2022 encodings); UTF-16 says so at once. */
function isText(bytes: Buffer): boolean {
  if (bytes.length === 0) return false;
  const mark = bytes.toString("latin1", 0, 2);
  if (mark === "\xff\xfe" || mark === "\xfe\xff") return true;
  return bytes.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b);
}
