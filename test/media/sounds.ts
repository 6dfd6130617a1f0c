// Sounds for tests, as signed 16-bit samples.

/** A sine that swells and fades, so that silence and loud passages follow each other; channels hold neighbouring tones. */
export function makeTone(hz: number, samples: number, { rateHz = 24_000, channels = 1 } = {}): Int16Array {
  return Int16Array.from({ length: samples * channels }, (_, index) => {
    const time = Math.floor(index / channels) / rateHz;
    const tone = hz * (1 + (index % channels) / 2);
    return Math.round(12_000 * (0.6 + 0.4 * Math.sin(7 * time)) * Math.sin(2 * Math.PI * tone * time));
  });
}

/** The samples as they travel: little-endian. */
export function bytesOf(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 2);
  for (const [index, sample] of samples.entries()) bytes.writeInt16LE(sample, index * 2);
  return bytes;
}
