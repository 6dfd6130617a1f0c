// The visible text of a candidate by part, as one call of the upstream gives it. Citations and grounding come last and point into it.
import { KEPT_TEXT_MAX_LENGTH } from "../../chat/kept-text.ts";

/** The text of one part. */
export interface TextRun {
  readonly part: number;
  /** UTF-8 bytes of the part that an earlier call gave. */
  readonly before: number;
  text: string;
  /** UTF-8 bytes of text that was let go. */
  letGoBytes: number;
}

/** What a run has of its part, in UTF-8 bytes. */
export function byteLength({ text, letGoBytes }: TextRun): number {
  return letGoBytes + Buffer.byteLength(text);
}

/** Keeps the text, or of an answer that is too long for that (kept-text.ts) how long each part is. */
export class TextRuns {
  readonly runs: TextRun[] = [];
  #length = 0;
  #isLetGo = false;

  begin(part: number, before = 0): void {
    this.runs.push({ part, before, text: "", letGoBytes: 0 });
  }

  /** Takes more text of the part that was begun last. */
  add(text: string): void {
    const run = this.runs.at(-1);
    if (run === undefined) return;
    this.#length += text.length;
    if (this.#length <= KEPT_TEXT_MAX_LENGTH) {
      run.text += text;
      return;
    }
    if (!this.#isLetGo) this.#letGo();
    run.letGoBytes += Buffer.byteLength(text);
  }

  #letGo(): void {
    this.#isLetGo = true;
    for (const run of this.runs) {
      run.letGoBytes = byteLength(run);
      run.text = "";
    }
  }
}
