// Takes the Markdown fence off a JSON answer, piece by piece. A model that was only told in words to answer with JSON (Gemma, and 2.5 beside
// functions) likes to put it into one, and what parses structured answers takes no Markdown. JSON itself never begins with a backquote.

const OPENING = /^\s*```[A-Za-z]*[ \t]*\r?\n/;
/** What may still become an opening fence. */
const OPENING_BEGUN = /^\s*(?:`{0,2}|```[A-Za-z]*[ \t]*\r?)$/;
/** What may still become the closing fence at the very end. */
const CLOSING_BEGUN = /\s*`{0,3}\s*$/;
/** Languages of fences are short words: longer text is no opening any more. In UTF-16 units. */
const OPENING_MAX_LENGTH = 64;
/** A closing fence and the line ends around it. */
const CLOSING_MAX_LENGTH = 16;

export class Unfencer {
  #state: "begin" | "plain" | "fenced" = "begin";
  #held = "";

  /** UTF-16 units that were taken and not given yet. */
  get heldLength(): number {
    return this.#held.length;
  }

  /** Whether a fence was taken off, so that offsets in the given text are not those in the taken. */
  get hasOpened(): boolean {
    return this.#state === "fenced";
  }

  /** What of the text so far can be told; all of it once it is clear that there is no fence. */
  push(text: string): string {
    if (this.#state === "plain") return text;
    this.#held += text;
    if (this.#state === "begin" && !this.#open()) return "";
    const end = this.#state === "fenced" ? this.#held.slice(-CLOSING_MAX_LENGTH) : "";
    const { length } = CLOSING_BEGUN.exec(end)?.[0] ?? "";
    const told = this.#held.slice(0, this.#held.length - length);
    this.#held = this.#held.slice(told.length);
    return told;
  }

  /** The rest, without the closing fence. */
  end(): string {
    const rest = this.#held;
    this.#held = "";
    return this.#state === "fenced" && rest.includes("```") ? "" : rest;
  }

  /** Whether it is decided how the answer begins. */
  #open(): boolean {
    const opening = OPENING.exec(this.#held)?.[0];
    if (opening === undefined && this.#held.length <= OPENING_MAX_LENGTH && OPENING_BEGUN.test(this.#held))
      return false;
    this.#state = opening === undefined ? "plain" : "fenced";
    this.#held = this.#held.slice(opening?.length ?? 0);
    return true;
  }
}
