// Sound as clients get it: Gemini's bare samples behind a WAV header. Lengths in the header are left out of every comparison,
// because a stream cannot know them.
const PCM_TYPE = /^audio\/(?:L16|pcm)\b.*?rate=(\d+)/i;

export interface Blob {
  readonly mimeType: string;
  /** Base64. */
  readonly data: string;
}

/** The WAV of bare 16-bit samples of one channel, without lengths; anything else as it is. */
export function wavOf({ mimeType, data }: Blob): Blob {
  const rateHz = Number(PCM_TYPE.exec(mimeType)?.[1] ?? 0);
  if (rateHz === 0) return { mimeType, data };
  const header = Buffer.alloc(44);
  header.write("RIFF", "latin1");
  header.write("WAVEfmt ", 8, "latin1");
  for (const [offset, value] of [
    [16, 16],
    [24, rateHz],
    [28, rateHz * 2],
  ] as const)
    header.writeUInt32LE(value, offset);
  for (const [offset, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    header.writeUInt16LE(value, offset);
  header.write("data", 36, "latin1");
  const wav = Buffer.concat([header, Buffer.from(data, "base64")]).toString("base64");
  return withoutLengths({ mimeType: "audio/wav", data: wav });
}

/** A WAV with zeros for the lengths of its header. */
export function withoutLengths({ mimeType, data }: Blob): Blob {
  if (mimeType !== "audio/wav") return { mimeType, data };
  const bytes = Buffer.from(data, "base64");
  bytes.writeUInt32LE(0, 4);
  bytes.writeUInt32LE(0, 40);
  return { mimeType, data: bytes.toString("base64") };
}
