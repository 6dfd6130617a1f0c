// Long answers in hops: how far one request goes, and the token that lets the next one go on from there.

import { createHash } from "node:crypto";
import { serialize } from "node:v8";
import { invalidArgument } from "../errors.ts";
import type { GenerateRequest } from "../request.ts";
import { numberTrigger } from "../triggers.ts";
import type { AnswerContext, AnswerPart, Thinking } from "./answer.ts";
import { countVisible, takeTokens, type Limited } from "./limits.ts";
import { textOf, textPart } from "./text-part.ts";

/** Tokens of one request on Gemini 4, thinking included (Google's documentation of long decoding). */
const UNARY_HOP = 32_768;
const STREAM_HOP = 65_536;

/** What one request brings of an answer. */
interface Hop {
  readonly parts: readonly AnswerPart[];
  readonly thinking: Thinking;
  readonly finishReason: string;
  readonly continuationToken?: string;
  /** A token for going on after so much of this hop (see `extentOf`); absent where no request may go on. */
  readonly checkpoint?: (at: number) => string;
  /** Tokens that earlier hops brought. */
  readonly earlierTokens: number;
}

/** This request's share of the whole answer; throws a 400 for a token that does not belong to the request. */
export function takeHop(context: AnswerContext, whole: Limited): Hop {
  const { request, triggers } = context;
  const half = Math.ceil(countVisible(whole.parts) / 2);
  const hop = triggers.has("CONTINUATION") ? half : longDecodeHop(context);
  const identity = hop === undefined && request.continuationToken === undefined ? "" : identityOf(request);
  const start = readToken(request.continuationToken, identity);
  const isFirst = start === 0;
  const rest = isFirst ? whole.parts : dropExtent(whole.parts, start);
  const thinking = isFirst ? whole.thinking : { tokens: 0, included: false };
  const earlierTokens = isFirst ? 0 : countVisible(whole.parts) - countVisible(rest) + whole.thinking.tokens;
  if (hop === undefined) return { parts: rest, thinking, finishReason: whole.finishReason, earlierTokens };
  const room = triggers.has("CONTINUATION") ? hop : Math.max(1, hop - thinking.tokens);
  const checkpoint = (at: number) => writeToken(start + at, identity);
  const hopOf = (parts: readonly AnswerPart[], finishReason: string, goesOn: boolean): Hop => ({
    parts,
    thinking,
    finishReason,
    earlierTokens,
    checkpoint,
    ...(goesOn && { continuationToken: checkpoint(extentOf(parts)) }),
  });
  // After MAX_TOKENS a caller may raise the limit and go on.
  if (countVisible(rest) <= room) return hopOf(rest, whole.finishReason, whole.finishReason === "MAX_TOKENS");
  const taken = takeTokens(rest, room);
  // What cannot be cut goes whole, or no hop would bring it.
  const parts = countVisible(taken) > 0 ? taken : rest.slice(0, 1 + rest.findIndex((part) => part.tokens > 0));
  return hopOf(parts, "CONTINUATION", true);
}

type Piece = Pick<AnswerPart, "kind" | "wire">;

/** How far parts reach into an answer: by characters of text, whose tokens a chunk may split; other parts count one. */
export const extentOf = (parts: readonly Piece[]): number =>
  parts.reduce(
    (sum, { kind, wire }) => sum + (kind === "text" ? String(wire["text"]).length : Number(kind !== "thought")),
    0,
  );

/** What comes after the first `extent` of an answer; its thoughts are past. */
function dropExtent(parts: readonly AnswerPart[], extent: number): readonly AnswerPart[] {
  const rest: AnswerPart[] = [];
  let left = extent;
  for (const part of parts.filter(({ kind }) => kind !== "thought")) {
    const own = extentOf([part]);
    if (left <= 0) rest.push(part);
    else if (left < own) rest.push(textPart(textOf(part).slice(left)));
    left -= own;
  }
  return rest;
}

/** Only with maxOutputTokens above the hop is there more than one. */
function longDecodeHop({ model, request, triggers, streaming }: AnswerContext): number | undefined {
  if (model.generation < 4) return undefined;
  const usual = streaming || model.id.includes("hydrogen") ? STREAM_HOP : UNARY_HOP;
  const hop = numberTrigger(triggers, "hop") ?? usual;
  return (request.generationConfig?.maxOutputTokens ?? 0) > hop ? hop : undefined;
}

/** The request but for the token, and for maxOutputTokens, which may be raised to go on; keys may change their order. */
function identityOf(request: GenerateRequest): string {
  const { generationConfig = {}, ...rest } = request;
  const same = [sortedFields(rest, "continuationToken"), sortedFields(generationConfig, "maxOutputTokens")];
  return createHash("sha256").update(serialize(same)).digest("base64url");
}

const sortedFields = (message: object, left: string) =>
  Object.entries(message)
    .filter(([field]) => field !== left)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));

const sealOf = (at: string, identity: string) =>
  createHash("sha256").update(`emulator continuation\0${at}\0${identity}`).digest("base64url");

const writeToken = (at: number, identity: string): string =>
  Buffer.from(`${at}.${sealOf(String(at), identity)}`).toString("base64");

function readToken(token: string | undefined, identity: string): number {
  if (token === undefined || token === "") return 0;
  const [at = "", seal] = Buffer.from(token, "base64").toString("latin1").split(".");
  if (seal !== sealOf(at, identity)) {
    throw invalidArgument("Invalid continuation token. The request must be identical to the one being continued.");
  }
  return Number(at);
}
