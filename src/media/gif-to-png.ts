// Decodes a gif of one frame and writes it as PNG. Runs in the media thread: a megapixel takes 150 ms.
import { encode } from "fast-png";
import { decodeFrame } from "modern-gif";

/** The canvas with the first frame on it; what the frame leaves out is transparent. The gif has been checked (see gif.ts). */
export function gifToPng(gif: Uint8Array): Uint8Array {
  // The decoder reads the whole memory behind a view.
  const { width, height, data } = decodeFrame(Uint8Array.from(gif), 0);
  return encode({ width, height, data, channels: 4, depth: 8 });
}
