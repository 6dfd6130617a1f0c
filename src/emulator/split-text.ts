// Cuts text into the pieces a stream sends: a short first one, longer ones after it, never inside a code point.

/** Later pieces are about this long; recorded ones are 20–130 characters. */
const PIECE_LENGTH = 80;

/** A short answer still comes in this many pieces. */
const MIN_PIECES = 3;

/** A piece may grow by this much to end before a space, as recorded pieces do. */
const STRETCH = 12;

/** Pieces that join to the text; the first about `firstLength` characters. None for an empty text. */
export function splitText(text: string, firstLength: number): readonly string[] {
  const characters = [...text];
  const short = Math.ceil(characters.length / MIN_PIECES);
  const pieces: string[] = [];
  let start = 0;
  while (start < characters.length) {
    const wanted = Math.max(1, Math.min(pieces.length === 0 ? firstLength : PIECE_LENGTH, short));
    const end = stretch(characters, start + wanted);
    pieces.push(characters.slice(start, end).join(""));
    start = end;
  }
  return pieces;
}

function stretch(characters: readonly string[], from: number): number {
  const next = characters.slice(from, from + STRETCH).findIndex((character) => /\s/.test(character));
  return next < 0 ? from : from + next;
}
