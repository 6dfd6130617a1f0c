// Keeps long base64 out of JSON.parse and JSON.stringify. They look at every letter for quotes and escapes and copy it into the heap, which
// then has to be collected: of a 5 MB picture that is half of all CPU (measured). The text is cut out, a token stands in its place, and
// it is put back afterwards.
import { randomUUID } from "node:crypto";

/** Below this a cut saves nothing. In letters. */
export const CUT_MIN_LENGTH = 32_768;

/** Nobody outside can guess it, so no text of a caller or a model can be taken for a token. */
const MARK = `${randomUUID()}:`;
const TOKEN = new RegExp(`${MARK}(\\d+);`);

/** The texts that were cut out of one JSON text. */
export class Cuts {
  readonly #texts: string[] = [];

  /** Takes a text of ASCII letters that need no escape in JSON; the token that stands in its place. */
  hold(text: string): string {
    return `${MARK}${this.#texts.push(text) - 1};`;
  }

  /** JSON.parse of a text in which tokens stand for whole strings. Throws SyntaxError. */
  parse(json: string): unknown {
    if (this.#texts.length === 0) return JSON.parse(json);
    return JSON.parse(json, (_, value: unknown) =>
      typeof value === "string" && value.startsWith(MARK) ? this.#textOf(value.slice(MARK.length, -1)) : value,
    );
  }

  /** A JSON text with the cut texts in their places again; bytes of UTF-8 when there are any. */
  join(json: string): string | Buffer {
    if (this.#texts.length === 0) return json;
    // Every second piece is the number of a cut.
    const pieces = json.split(TOKEN).map((piece, at) => (at % 2 === 0 ? piece : this.#textOf(piece)));
    const whole = Buffer.allocUnsafe(pieces.reduce((sum, piece, at) => sum + bytesOf(piece, at), 0));
    let end = 0;
    for (const [at, piece] of pieces.entries()) end += whole.write(piece, end, at % 2 === 0 ? "utf8" : "latin1");
    return whole;
  }

  #textOf(number: string): string {
    return this.#texts[Number(number)] ?? "";
  }
}

function bytesOf(piece: string, at: number): number {
  return at % 2 === 0 ? Buffer.byteLength(piece) : piece.length;
}
