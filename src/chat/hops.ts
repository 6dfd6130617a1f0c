// Whether an answer that the upstream broke off goes on in a further call. Pure; the call is made in answer-calls.ts.

/** Twice what Gemini 4's largest budget (1,048,576 tokens) takes at its smallest limit for one call (32,768). */
const MAX_HOPS = 64;

export interface HopSituation {
  /** Calls that were broken off, the latest included. */
  readonly hops: number;
  /** Output tokens, thoughts included, of the latest call and of all calls. */
  readonly tokens: number;
  readonly allTokens: number;
  /** What the caller allows; undefined: it set no limit, and so asked for no more than one call gives. */
  readonly maxOutputTokens: number | undefined;
}

/** A call that brought nothing will bring nothing the next time. */
export function goesOn({ hops, tokens, allTokens, maxOutputTokens }: HopSituation): boolean {
  return maxOutputTokens !== undefined && allTokens < maxOutputTokens && tokens > 0 && hops <= MAX_HOPS;
}
