// The texts of a candidate's parts while they come in pieces. Sources come last and point into them, so they are kept until the end; of
// texts too long for that only their lengths are.

/**
 * UTF-16 units of all parts of one candidate together; once it has more, its text is let go. One call gives at most 65,536 tokens of some
 * 4 characters, a quarter of this: only a stream that goes on over many calls (hops.ts) gets there, and says so (`answer_too_long`).
 * Without a limit 100 endless streams that nobody read kept 480 MB of text (measured).
 */
export const KEPT_TEXT_MAX_LENGTH = 1_048_576;

interface KeptText {
  text: string;
  /** UTF-8 bytes of what was let go, and its last UTF-16 unit. */
  letGoBytes: number;
  lastUnit: string;
}

/** The texts of one candidate. */
export class KeptTexts {
  readonly #byPart = new Map<number, KeptText>();
  #length = 0;

  /** Whether there was too much to keep: then all texts are "". */
  get areLetGo(): boolean {
    return this.#length > KEPT_TEXT_MAX_LENGTH;
  }

  /** The parts that have a text, be it empty, in the order in which they began. */
  get parts(): number[] {
    return [...this.#byPart.keys()];
  }

  /** Takes the next piece of the text of a part. */
  add(part: number, piece: string): void {
    const wereLetGo = this.areLetGo;
    const kept = this.#byPart.get(part) ?? this.#begin(part);
    kept.text += piece;
    this.#length += piece.length;
    if (wereLetGo) letGo(kept);
    else if (this.areLetGo) this.#byPart.forEach(letGo);
  }

  /** The text of a part; "" when it has none or was let go. */
  text(part: number): string {
    return this.#byPart.get(part)?.text ?? "";
  }

  /** UTF-8 bytes of the text of a part, let go or not; 0 when it has none. */
  byteLength(part: number): number {
    const kept = this.#byPart.get(part);
    return kept === undefined ? 0 : kept.letGoBytes + Buffer.byteLength(kept.text);
  }

  #begin(part: number): KeptText {
    const kept = { text: "", letGoBytes: 0, lastUnit: "" };
    this.#byPart.set(part, kept);
    return kept;
  }
}

/** Half of a surrogate pair takes 3 bytes (U+FFFD), both together 4: so what is let go is counted behind the unit before it. */
function letGo(kept: KeptText): void {
  const { text, lastUnit } = kept;
  kept.letGoBytes += Buffer.byteLength(lastUnit + text) - Buffer.byteLength(lastUnit);
  kept.lastUnit = (lastUnit + text).slice(-1);
  kept.text = "";
}
