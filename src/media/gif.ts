// The first picture of a gif, as the PNG that Gemini reads in its place.
import { Failure } from "../chat/failures.ts";
import type { MediaWorker } from "./worker.ts";

/** Decoding takes 30 bytes of memory and 0.2 µs per pixel; gifs on the web rarely reach one megapixel. */
const GIF_MAX_PIXELS = 8 * 1024 * 1024;

/** Sizes are fields of two bytes. */
const SIDE_MAX = 0xffff;

const HEADER_BYTES = 13;
const DESCRIPTOR_BYTES = 10;
const CONTROL_BYTES = 8;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
/** Codes of more than 8 bits for one pixel would name colours that no table has. */
const CODE_BITS_MAX = 8;

/**
 * The canvas of a gif with its first frame, as PNG; transparent where the frame leaves it so. Rejects with
 * UNSUPPORTED_VALUE for `field` when the gif is damaged or too large, with a Failure of the worker, or the signal's reason.
 */
export async function firstFrameAsPng(
  gif: Uint8Array,
  { worker, signal, field }: { readonly worker: MediaWorker; readonly signal: AbortSignal; readonly field: string },
): Promise<Uint8Array> {
  const frame = cutFirstFrame(Buffer.from(gif.buffer, gif.byteOffset, gif.byteLength), field);
  return worker.run({ kind: "gif", gif: frame }, signal);
}

/**
 * The same gif with nothing but its first frame, on a canvas that holds it. Bounds what is decoded, however many frames
 * follow, and keeps notes and colour profiles from the decoder, which takes some of them for pictures.
 */
function cutFirstFrame(gif: Buffer, field: string): Uint8Array {
  try {
    return readFirstFrame(gif);
  } catch (error) {
    const reason = error instanceof RangeError ? "it ends before its first picture does" : (error as Error).message;
    throw new Failure("UNSUPPORTED_VALUE", `The gif cannot be read: ${reason}.`, { field });
  }
}

/** Throws an error with a reason, or a RangeError where the bytes end too early. */
function readFirstFrame(gif: Buffer): Uint8Array {
  if (!/^GIF8[79]a$/.test(gif.toString("latin1", 0, 6))) throw new Error("it does not begin as one");
  let control: Buffer | undefined;
  for (let offset = HEADER_BYTES + colorTableBytes(gif.readUInt8(10)); ;) {
    const block = gif.readUInt8(offset);
    if (block === EXTENSION) {
      const end = endOfBlocks(gif, offset + 2);
      const isControl = gif.readUInt8(offset + 1) === GRAPHIC_CONTROL && end - offset === CONTROL_BYTES;
      if (isControl) control = gif.subarray(offset, end);
      offset = end;
    } else if (block === IMAGE) {
      const tables = offset + DESCRIPTOR_BYTES + colorTableBytes(gif.readUInt8(offset + 9));
      if (gif.readUInt8(tables) > CODE_BITS_MAX) throw new Error("its picture is damaged");
      const image = gif.subarray(offset, endOfBlocks(gif, tables + 1));
      const head = gif.subarray(0, HEADER_BYTES + colorTableBytes(gif.readUInt8(10)));
      return Buffer.concat([withCanvas(head, image), control ?? Buffer.alloc(0), image, Buffer.of(TRAILER)]);
    } else {
      throw new Error(block === TRAILER ? "it has no picture" : "it is damaged");
    }
  }
}

/** Length of the table of colours that this field of flags announces. */
function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Where the chain of blocks ends that begins here; each says its length, the last one has none. */
function endOfBlocks(gif: Buffer, start: number): number {
  let offset = start;
  for (let length: number; (length = gif.readUInt8(offset)) > 0;) offset += 1 + length;
  return offset + 1;
}

/** The head with a canvas on which the frame lies wholly, as browsers show gifs that are smaller than their first frame. */
function withCanvas(head: Buffer, image: Buffer): Buffer {
  const width = Math.max(head.readUInt16LE(6), image.readUInt16LE(1) + image.readUInt16LE(5));
  const height = Math.max(head.readUInt16LE(8), image.readUInt16LE(3) + image.readUInt16LE(7));
  if (width * height > GIF_MAX_PIXELS) {
    throw new Error(`it has ${width} x ${height} pixels, and ${GIF_MAX_PIXELS} are the most that are read`);
  }
  if (width === 0 || height === 0 || width > SIDE_MAX || height > SIDE_MAX) throw new Error("it is damaged");
  const copy = Buffer.from(head);
  copy.writeUInt16LE(width, 6);
  copy.writeUInt16LE(height, 8);
  return copy;
}
