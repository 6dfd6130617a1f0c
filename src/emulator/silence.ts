// Silent MP3: what the music models play. Valid frames with nothing in them.

/** MPEG-1 layer III, 32 kbit/s, 44.1 kHz, stereo, no checksum. */
const FRAME_HEADER = Buffer.from([0xff, 0xfb, 0x10, 0x00]);

/** 144 × 32,000 / 44,100, rounded down: no frame is padded. */
const FRAME_BYTES = 104;
const FRAMES_PER_SECOND = 44_100 / 1152;

/** Side information and main data of zeros decode to silence. */
export function silentMp3(seconds: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  FRAME_HEADER.copy(frame);
  return Buffer.concat(Array.from({ length: Math.ceil(seconds * FRAMES_PER_SECOND) }, () => frame));
}
