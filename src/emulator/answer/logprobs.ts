// Log probabilities of a text: made up, but as many as it has tokens, and the chosen token first among its alternatives.

import { cutToTokens } from "../tokens.ts";
import type { WirePart } from "./answer.ts";

const CHOSEN = -0.125;
const STEP = -1.5;

/** `avgLogprobs` and `logprobsResult` of a text, with so many alternatives for each token; empty for no text. */
export function logprobsOf(text: string, top: number): WirePart {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return {};
  const chosenCandidates = tokens.map((token) => candidateOf(token, CHOSEN));
  const topCandidates = tokens.map((token) => ({
    candidates: Array.from({ length: top }, (_, rank) =>
      candidateOf(rank === 0 ? token : `${token}~${rank}`, CHOSEN + rank * STEP),
    ),
  }));
  return {
    avgLogprobs: CHOSEN,
    logprobsResult: {
      ...(top > 0 && { topCandidates }),
      chosenCandidates,
      logProbabilitySum: CHOSEN * tokens.length,
    },
  };
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  for (let rest = text; rest !== ""; rest = rest.slice(tokens.at(-1)?.length)) tokens.push(cutToTokens(rest, 1));
  return tokens;
}

/** Ids are the code of the first character: stable, and different often enough. */
const candidateOf = (token: string, logProbability: number) => ({
  token,
  tokenId: token.codePointAt(0) ?? 0,
  logProbability,
});
