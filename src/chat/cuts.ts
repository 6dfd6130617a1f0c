// Keeps long base64 out of JSON.parse and JSON.stringify. They look at every letter for quotes and escapes and copy it into the heap, which
// then has to be collected: of a 5 MB picture that is half of all CPU (measured). The base64 is cut out, a token stands in its place, and
// it is put back afterwards.
import { randomUUID } from "node:crypto";
import { type Base64, Base64Bytes } from "./bytes.ts";

/** Below this a cut saves nothing. In letters. */
export const CUT_MIN_LENGTH = 32_768;

/** Nobody outside can guess it, so no text of a caller or a model can be taken for a token. */
const MARK = randomUUID().replaceAll("-", "");
/** With so many digits a token is base64 itself, so that readers of base64 take it for some. */
const NUMBER_LENGTH = 8;
const TOKEN = new RegExp(`(${MARK}\\d{${NUMBER_LENGTH}})`);

/** How many were cut out so far, of all texts: a token of one means nothing in another. */
let cutCount = 0;

/** Base64 in a JSON text, and where its bytes stand there. */
export interface Place {
  readonly start: number;
  readonly end: number;
  readonly base64: Base64;
}

/** The base64 that was cut out of one JSON text. */
export class Cuts {
  /** Made with its first entry: most texts hold nothing that is worth a cut. */
  #held: Map<string, Base64> | undefined;

  get size(): number {
    return this.#held?.size ?? 0;
  }

  /** Takes ASCII letters that need no escape in JSON; the token that stands in their place. */
  hold(base64: Base64): string {
    cutCount = (cutCount + 1) % 10 ** NUMBER_LENGTH;
    const token = MARK + String(cutCount).padStart(NUMBER_LENGTH, "0");
    (this.#held ??= new Map()).set(token, base64);
    return token;
  }

  /** The JSON text of these bytes, in which tokens stand in the places, which come in order. */
  cutOut(json: Buffer, places: Iterable<Place>): string {
    let short = "";
    let kept = 0;
    for (const { start, end, base64 } of places) {
      short += json.toString("utf8", kept, start) + this.hold(base64);
      kept = end;
    }
    return short + json.toString("utf8", kept);
  }

  /** What a token stands for; undefined for any other text. */
  heldBy(token: string): Base64 | undefined {
    return this.#held?.get(token);
  }

  /** JSON.parse of a text in which tokens stand for whole strings. Throws SyntaxError. */
  parse(json: string): unknown {
    const held = this.#held;
    if (held === undefined) return JSON.parse(json);
    return JSON.parse(json, (_, value: unknown) => (typeof value === "string" ? (held.get(value) ?? value) : value));
  }

  /** The UTF-8 of a JSON text with what was cut out in its place again, in pieces: bytes that were cut out are not copied. */
  pieces(json: string): readonly Buffer[] {
    // Every second piece is a token.
    return json.split(TOKEN).map((piece, at) => {
      const held = at % 2 === 0 ? undefined : this.#held?.get(piece);
      if (held instanceof Base64Bytes) return held.ascii;
      return held === undefined ? Buffer.from(piece) : Buffer.from(held, "latin1");
    });
  }
}
