// Cuts an answer into the chunks of streamGenerateContent, each with running totals of the usage.

import type { Answer, AnswerPart, WirePart } from "./answer/answer.ts";
import { extentOf } from "./answer/continuation.ts";
import { logprobsOf } from "./answer/logprobs.ts";
import { splitThought } from "./answer/thinking.ts";
import { splitText } from "./split-text.ts";
import type { EmulatedModel } from "./models.ts";
import { finishFields, signPart, type IssueSignature } from "./unary-response.ts";
import { NO_OUTPUT, type OutputTokens } from "./usage.ts";

/** One chunk before usage and ids are added. */
interface Chunk {
  readonly candidate: WirePart;
  /** Running total up to and including this chunk. */
  readonly output: OutputTokens;
}

/** A piece of the answer that travels in one chunk. */
interface Slice {
  readonly parts: readonly WirePart[];
  readonly kind: AnswerPart["kind"];
  readonly tokens: number;
}

/** All chunks of an answer in order; joined they say what the unary answer says. */
export function toChunks(answer: Answer, model: EmulatedModel, issue: IssueSignature): readonly Chunk[] {
  const slices = toSlices(answer, model, issue);
  const separate = closesSeparately(answer, model, slices);
  const chunks: Chunk[] = [];
  let output: OutputTokens = NO_OUTPUT;
  let extent = 0;
  slices.forEach((slice, index) => {
    output = addSlice(output, slice, answer, model);
    extent += extentOf(slice.parts.map((wire) => ({ kind: slice.kind, wire })));
    const isLast = index === slices.length - 1 && !separate;
    const extras = chunkExtras(slice, answer, extent, isLast);
    chunks.push({ candidate: { ...toCandidate(slice, answer, index === 0, isLast), ...extras }, output });
  });
  if (separate && answer.finishReason !== undefined) {
    const thoughts = answer.thinking.tokens;
    chunks.push({
      candidate: closingCandidate(answer, model, slices, issue),
      output: { ...output, thoughts, toolUse: answer.toolUseTokens },
    });
  }
  const last = chunks.at(-1);
  if (answer.groundsLate && answer.groundingMetadata !== undefined && last !== undefined) {
    chunks.push({ candidate: { index: 0, groundingMetadata: answer.groundingMetadata }, output: last.output });
  }
  return chunks;
}

/** What triggers and long decoding add to a chunk: probabilities of its text, and a token for going on after it. */
function chunkExtras(slice: Slice, answer: Answer, extent: number, isLast: boolean): WirePart {
  const { topLogprobs, checkpoint } = answer;
  const text = slice.kind === "text" ? slice.parts.map((part) => String(part["text"])).join("") : "";
  return {
    ...(topLogprobs !== undefined && logprobsOf(text, topLogprobs)),
    ...(checkpoint !== undefined && !isLast && { continuationToken: checkpoint(extent) }),
  };
}

function toSlices(answer: Answer, model: EmulatedModel, issue: IssueSignature): readonly Slice[] {
  const slices: Slice[] = [];
  for (const part of answer.parts) {
    const previous = slices.at(-1);
    if (part.kind === "call" && previous?.kind === "call" && callsTogether(model)) {
      slices[slices.length - 1] = {
        ...previous,
        parts: [...previous.parts, signPart(part, part.signed === true, issue)],
        tokens: previous.tokens + part.tokens,
      };
    } else {
      slices.push(...slicePart(part, model, issue));
    }
  }
  return slices;
}

/** 2.5-flash sends parallel calls in one chunk; 2.5-pro and everything from Gemini 3 on one call per chunk. */
const callsTogether = (model: EmulatedModel) => model.generation < 3 && !isPro(model);

const isPro = (model: EmulatedModel) => model.id.includes("-pro");

function slicePart(part: AnswerPart, model: EmulatedModel, issue: IssueSignature): readonly Slice[] {
  const { kind, wire, tokens, signed = false } = part;
  const text = wire["text"];
  if (kind === "thought" && typeof text === "string") {
    return splitThought(text).map((piece) => ({ kind, tokens: 0, parts: [{ text: piece, thought: true }] }));
  }
  if (kind === "text" && typeof text === "string") {
    const pieces = splitText(text, model.generation >= 3 ? 40 : 20);
    const shares = shareTokens(tokens, pieces);
    return pieces.map((piece, index) => ({
      kind,
      tokens: shares[index] ?? 0,
      parts: [signPart({ wire: { text: piece } }, signed && index === 0, issue)],
    }));
  }
  if (kind === "audio" && model.generation >= 3) return sliceAudio(part);
  return [{ kind, tokens, parts: [signPart(part, signed, issue)] }];
}

/** Newer speech models stream their sound in pieces; only the first holds the WAV header. */
function sliceAudio({ kind, wire, tokens, pieces = [] }: AnswerPart): readonly Slice[] {
  const { mimeType } = wire["inlineData"] as { mimeType: string };
  const shares = shareTokens(tokens, pieces);
  return pieces.map((piece, index) => ({
    kind,
    tokens: shares[index] ?? 0,
    parts: [{ inlineData: { mimeType, data: piece.toString("base64") } }],
  }));
}

/** Divides a part's tokens over its pieces by length; the shares add up exactly. */
function shareTokens(tokens: number, pieces: readonly { readonly length: number }[]): readonly number[] {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let length = 0;
  let given = 0;
  return pieces.map((piece) => {
    length += piece.length;
    const share = Math.ceil((tokens * length) / total) - given;
    given += share;
    return share;
  });
}

function addSlice(output: OutputTokens, slice: Slice, answer: Answer, model: EmulatedModel): OutputTokens {
  // Gemini 3 reports its thinking only once it is done; 2.5 from the first summary on.
  const thoughtsKnown = model.generation < 3 || slice.kind !== "thought";
  const toolsKnown = slice.kind === "toolResult" || output.toolUse > 0 || answer.urlContextMetadata !== undefined;
  return {
    candidates: output.candidates + slice.tokens,
    thoughts: thoughtsKnown ? answer.thinking.tokens : 0,
    toolUse: toolsKnown ? answer.toolUseTokens : 0,
    image: output.image + (slice.kind === "image" ? slice.tokens : 0),
    audio: output.audio + (slice.kind === "audio" ? slice.tokens : 0),
  };
}

function toCandidate(slice: Slice, answer: Answer, isFirst: boolean, isLast: boolean): WirePart {
  // Chunks with a server tool's result come without an index (recorded).
  const finish = isLast ? finishFields(answer, 0) : slice.kind === "toolResult" ? {} : { index: 0 };
  return {
    content: { parts: slice.parts, role: "model" },
    ...finish,
    ...(isLast && lastFields(answer)),
    ...(isFirst && answer.urlContextMetadata && { urlContextMetadata: answer.urlContextMetadata }),
  };
}

/** Whether the finish comes in a chunk of its own. */
function closesSeparately(answer: Answer, model: EmulatedModel, slices: readonly Slice[]): boolean {
  const endsWithCalls = slices.at(-1)?.kind === "call";
  return (
    model.generation >= 3 ||
    model.kind === "image" ||
    answer.content !== undefined ||
    (endsWithCalls && isPro(model)) ||
    // All budget thought away.
    slices.every((slice) => slice.kind === "thought")
  );
}

function closingCandidate(
  answer: Answer,
  model: EmulatedModel,
  slices: readonly Slice[],
  issue: IssueSignature,
): WirePart {
  const content = closingContent(answer, model, slices, issue);
  // Separate finishes after calls say nothing about them; only 2.5-flash and unary answers do (recorded).
  const { finishMessage, ...finish } = finishFields(answer, 0);
  const explains = answer.content !== undefined && finishMessage !== undefined;
  return {
    ...(content !== undefined && { content }),
    ...finish,
    ...(explains && { finishMessage }),
    ...lastFields(answer),
  };
}

/** What a whole answer is known by comes with its finish. */
const lastFields = ({ citationMetadata, groundingMetadata, groundsLate }: Answer): WirePart => ({
  ...(citationMetadata && { citationMetadata }),
  ...(groundingMetadata && !groundsLate && { groundingMetadata }),
});

function closingContent(
  answer: Answer,
  model: EmulatedModel,
  slices: readonly Slice[],
  issue: IssueSignature,
): WirePart | undefined {
  if (answer.content === "empty") return {};
  if (answer.content !== undefined) return undefined;
  const nothingSaid = slices.every((slice) => slice.kind === "thought");
  if (nothingSaid || (model.generation < 3 && model.kind !== "image")) return { role: "model" };
  return { parts: [signPart({ wire: { text: "" } }, answer.closingSigned, issue)], role: "model" };
}
