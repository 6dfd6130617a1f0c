// Sound: a spoken text as a tone with one beat per word, as raw PCM or with a WAV header.

/** Samples per second of every sound made. */
export const SAMPLE_RATE = 24_000;
const BYTES_PER_SAMPLE = 2;
/** Bytes per second of the PCM made. */
export const BYTES_PER_SECOND = SAMPLE_RATE * BYTES_PER_SAMPLE;

const AMPLITUDE = 8_000;
const GAP_SECONDS = 0.06;

/** A beat takes this long per character, so a longer text sounds longer. */
const SECONDS_PER_CHARACTER = 0.06;
const SECONDS_PER_WIDE_CHARACTER = 0.2;

/** The longest sound made, whatever the text: two minutes of PCM are 5.8 MB. */
const MAX_SECONDS = 120;

const WIDE = /[\u2e80-\u{10ffff}]/u;

/** A line to speak. */
export interface Voiced {
  readonly text: string;
  /** Decides the pitch. */
  readonly voice: string;
}

/** Little-endian 16-bit mono PCM at 24 kHz: a beat per word, the pitch of each voice its own. */
export function speak(lines: readonly Voiced[]): Buffer {
  const beats = lines.flatMap(({ text, voice }) =>
    text
      .split(/\s+/)
      .filter((word) => word !== "")
      .map((word) => ({ pitch: pitchOf(voice), seconds: lengthOf(word) })),
  );
  const tones: Buffer[] = [];
  let seconds = 0;
  for (const beat of beats.length > 0 ? beats : [{ pitch: pitchOf(""), seconds: 0.5 }]) {
    const length = Math.min(beat.seconds, MAX_SECONDS - seconds);
    if (length <= 0) break;
    tones.push(tone(beat.pitch, length));
    seconds += length;
  }
  return Buffer.concat(tones);
}

const lengthOf = (word: string) =>
  GAP_SECONDS +
  [...word].reduce(
    (sum, character) => sum + (WIDE.test(character) ? SECONDS_PER_WIDE_CHARACTER : SECONDS_PER_CHARACTER),
    0,
  );

/** Between 160 and 420 Hz. */
const pitchOf = (voice: string) =>
  160 + ([...voice.toLowerCase()].reduce((sum, letter) => sum * 31 + (letter.codePointAt(0) ?? 0), 7) % 260);

/** A sine that fades in and out over the beat, so that nothing clicks. */
function tone(pitch: number, seconds: number): Buffer {
  const samples = Math.round(seconds * SAMPLE_RATE);
  const sound = Buffer.alloc(samples * BYTES_PER_SAMPLE);
  for (let index = 0; index < samples; index += 1) {
    const loudness = Math.sin((Math.PI * index) / samples);
    const value = AMPLITUDE * loudness * Math.sin((2 * Math.PI * pitch * index) / SAMPLE_RATE);
    sound.writeInt16LE(Math.round(value), index * BYTES_PER_SAMPLE);
  }
  return sound;
}

/** The 44-byte RIFF header of mono 16-bit PCM of this length. */
export function waveHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(BYTES_PER_SECOND, 28);
  header.writeUInt16LE(BYTES_PER_SAMPLE, 32);
  header.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
