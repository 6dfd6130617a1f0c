// How much text of an answer is kept until its end, because what comes last may point into it or need all of it.

/**
 * UTF-16 units of all parts of one candidate together; once it has more, its text is let go. One call gives at most 65,536 tokens of some
 * 4 characters, a quarter of this: only a stream that goes on over many calls (hops.ts) gets there, and says so (`answer_too_long`).
 * Without a limit 100 endless streams that nobody read kept 480 MB of text (measured).
 */
export const KEPT_TEXT_MAX_LENGTH = 1_048_576;
