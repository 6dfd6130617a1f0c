// From Gemini's byte offsets over all visible text of a candidate to offsets within one part.
import type { KeptTexts } from "../../chat/kept-texts.ts";

/** UTF-8 byte offsets within the text of a part; the end is exclusive. */
interface Passage {
  readonly part: number;
  readonly startByte: number;
  readonly endByte: number;
}

/** Where Gemini says a passage is, and what it reads there. */
interface GeminiSegment {
  readonly partIndex?: number;
  readonly startIndex?: number;
  readonly endIndex?: number;
  readonly text?: string;
}

/** The text of a part, as one call gives it. */
interface EncodedRun {
  readonly part: number;
  /** Bytes of the part that earlier calls gave. */
  readonly before: number;
  /** Where the run begins in the whole text. */
  readonly start: number;
  readonly length: number;
}

export class TextMap {
  /** Empty where the text was let go: then nothing is found in it, and offsets count as they came. */
  readonly #whole: Buffer;
  readonly #runs: readonly EncodedRun[];
  readonly #firstPart: number;

  /** `firstPart` is the part that the upstream counts as its first; earlier calls gave `bytesBefore` of it. */
  constructor(texts: KeptTexts, firstPart: number, bytesBefore: number) {
    this.#firstPart = firstPart;
    let start = 0;
    this.#runs = texts.parts.map((part) => {
      const run = { part, before: part === firstPart ? bytesBefore : 0, start, length: texts.byteLength(part) };
      start += run.length;
      return run;
    });
    this.#whole = Buffer.from(texts.parts.map((part) => texts.text(part)).join(""));
  }

  /**
   * Recordings count bytes over all visible text, thoughts left out, and never send a part index; Google documents offsets within a
   * part. Where the segment repeats its text, the text decides: offsets were seen to be off by a byte or two.
   */
  locate({ partIndex = 0, startIndex = 0, endIndex = 0, text }: GeminiSegment): Passage {
    const run = partIndex > 0 ? this.#runs.find(({ part }) => part === this.#firstPart + partIndex) : undefined;
    const inPart = run && this.#passage(run, run.start + startIndex, run.start + endIndex);
    const inWhole = this.#inWhole(startIndex, endIndex);
    if (text === undefined) return inPart ?? inWhole;
    if (inPart && this.#read(inPart) === text) return inPart;
    if (this.#read(inWhole) === text) return inWhole;
    return this.#find(text, (run?.start ?? 0) + startIndex) ?? inPart ?? inWhole;
  }

  /** A passage that runs over several parts is cut at the end of the first. */
  #inWhole(start: number, end: number): Passage {
    const run = this.#runs.findLast((candidate) => candidate.start <= start);
    return run ? this.#passage(run, start, end) : { part: 0, startByte: 0, endByte: 0 };
  }

  #passage(run: EncodedRun, start: number, end: number): Passage {
    const startByte = clamp(start - run.start, 0, run.length);
    const endByte = clamp(end - run.start, startByte, run.length);
    return { part: run.part, startByte: run.before + startByte, endByte: run.before + endByte };
  }

  #read({ part, startByte, endByte }: Passage): string {
    const { start, before } = this.#runs.find((run) => run.part === part) ?? { start: 0, before: 0 };
    return this.#whole.toString("utf8", start + startByte - before, start + endByte - before);
  }

  /** The occurrence nearest to where it should be. */
  #find(text: string, near: number): Passage | undefined {
    const bytes = Buffer.from(text);
    const after = this.#whole.indexOf(bytes, near);
    const before = this.#whole.lastIndexOf(bytes, near);
    if (bytes.length === 0 || (after < 0 && before < 0)) return undefined;
    const start = after < 0 || (before >= 0 && near - before < after - near) ? before : after;
    return this.#inWhole(start, start + bytes.length);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(Math.trunc(value) || 0, low), high);
}
