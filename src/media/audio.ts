// Containers of uncompressed sound: the WAV header, where its samples begin, and bare PCM by its MIME type.

export type PcmFormat = { readonly sampleRateHz: number; readonly channels: number };

const WAV_HEADER_BYTES = 44;
/** Length of what is still being made; players then read to the end. */
const UNKNOWN_LENGTH = 0xffffffff;
const PCM = 1;
const BYTES_PER_SAMPLE = 2;
/** What Gemini's speech models make, and what a type that names no rate means (seen in recordings of 2.5 and 3.1). */
const DEFAULT_RATE_HZ = 24_000;

/**
 * The format of headerless signed 16-bit samples: `audio/L16;codec=pcm;rate=24000`, `audio/pcm;rate=16000`. Gemini's
 * are little-endian although L16 is registered as big-endian. Undefined for any other type.
 */
export function parsePcmMimeType(mimeType: string): PcmFormat | undefined {
  const [essence = "", ...parameters] = mimeType.toLowerCase().split(";");
  if (!["audio/l16", "audio/pcm"].includes(essence.trim())) return undefined;
  const numberOf = (name: string, fallback: number) => {
    const value = parameters.map((parameter) => parameter.trim().split("=")).find(([key]) => key === name)?.[1];
    return value !== undefined && /^[1-9]\d{0,5}$/.test(value) ? Number(value) : fallback;
  };
  return { sampleRateHz: numberOf("rate", DEFAULT_RATE_HZ), channels: numberOf("channels", 1) };
}

/** The 44 bytes before signed 16-bit little-endian samples; without `dataBytes` for a stream, both lengths unknown. */
export function wavHeader({ sampleRateHz, channels }: PcmFormat, dataBytes?: number): Buffer {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  const frameBytes = channels * BYTES_PER_SAMPLE;
  header.write("RIFF", 0, "latin1");
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16); // length of the format chunk
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
  header.write("data", 36, "latin1");
  return withLengths(header, dataBytes);
}

/** A WAV header up to its samples, with these lengths in place of its own. */
export function withLengths(header: Buffer, dataBytes?: number): Buffer {
  const copy = Buffer.from(header);
  const known = dataBytes !== undefined && copy.length + dataBytes < UNKNOWN_LENGTH;
  copy.writeUInt32LE(known ? copy.length - 8 + dataBytes : UNKNOWN_LENGTH, 4);
  copy.writeUInt32LE(known ? dataBytes : UNKNOWN_LENGTH, copy.length - 4);
  return copy;
}

export type WavLayout = {
  /** Where the samples begin. */
  readonly dataOffset: number;
  /** How many bytes of samples the header announces; more than there are when it was written before they were. */
  readonly dataBytes: number;
  /** Set when the samples are signed 16-bit PCM. */
  readonly pcm: PcmFormat | undefined;
};

/** Reads a RIFF/WAVE header; undefined when there is none, or no samples begin within `head`. */
export function readWav(head: Buffer): WavLayout | undefined {
  if (head.toString("latin1", 0, 4) !== "RIFF" || head.toString("latin1", 8, 12) !== "WAVE") return undefined;
  let pcm: PcmFormat | undefined;
  for (let offset = 12; offset + 8 <= head.length;) {
    const id = head.toString("latin1", offset, offset + 4);
    const length = head.readUInt32LE(offset + 4);
    const dataOffset = offset + 8;
    if (id === "data") return { dataOffset, dataBytes: length, pcm };
    if (id === "fmt " && dataOffset + 16 <= head.length) pcm = readFormat(head.subarray(dataOffset));
    offset = dataOffset + length + (length % 2); // chunks are padded to even lengths
  }
  return undefined;
}

function readFormat(chunk: Buffer): PcmFormat | undefined {
  if (chunk.readUInt16LE(0) !== PCM || chunk.readUInt16LE(14) !== BYTES_PER_SAMPLE * 8) return undefined;
  return { channels: chunk.readUInt16LE(2), sampleRateHz: chunk.readUInt32LE(4) };
}
