// A recorded stream as the one answer that generateContent would have given: what all its chunks say together.
import type { Json, Recording } from "./recordings.ts";

/**
 * The answer of a recording in one piece. Neighbouring texts of a kind are one text, as Gemini's whole answers have it, unless the
 * first of them is signed; an empty signed text signs the text before it; pieces of a call are one call. Of everything else the last
 * word counts, where it says something.
 */
export function wholeAnswer({ response }: Pick<Recording, "response">): Json {
  const chunks = response.chunks ?? [response.body];
  const merged: Json = {};
  const parts: Json[] = [];
  let candidate: Json;
  for (const chunk of chunks) {
    assignTelling(merged, chunk);
    for (const piece of chunk.candidates ?? []) {
      parts.push(...(piece.content?.parts ?? []));
      candidate ??= {};
      const { citationMetadata, groundingMetadata, ...facts } = piece;
      assignTelling(candidate, facts);
      if (citationMetadata) addCitations(candidate, citationMetadata);
      if (groundingMetadata) addGrounding(candidate, groundingMetadata);
    }
  }
  if (candidate === undefined) return merged;
  const content = { ...(candidate.content?.role && { role: candidate.content.role }), parts: joinParts(parts) };
  return { ...merged, candidates: [{ ...candidate, content }] };
}

/** Later values replace earlier ones, but `{}` and usage without counts say nothing. */
function assignTelling(target: Json, source: Json): void {
  for (const [name, value] of Object.entries<Json>(source)) {
    const isEmpty = typeof value === "object" && Object.keys(value).length === 0;
    const isCountless = name === "usageMetadata" && value.totalTokenCount === undefined;
    if (target[name] === undefined || !(isEmpty || isCountless)) target[name] = value;
    else if (isCountless && value.trafficType) target[name] = { ...target[name], trafficType: value.trafficType };
  }
}

function addCitations(candidate: Json, { citationSources, citations }: Json): void {
  candidate.citationMetadata ??= { citationSources: [] };
  candidate.citationMetadata.citationSources.push(...(citationSources ?? citations ?? []));
}

/** The last one counts; but supports that point beyond its own sources count on from the earlier ones (file search of 2.5-pro). */
function addGrounding(candidate: Json, next: Json): void {
  const before: Json[] = candidate.groundingMetadata?.groundingChunks ?? [];
  const own: Json[] = next.groundingChunks ?? [];
  const cited = (next.groundingSupports ?? []).flatMap(({ groundingChunkIndices = [] }: Json) => groundingChunkIndices);
  const isContinued = before.length > 0 && Math.max(...cited) >= own.length;
  assignTelling(candidate, { groundingMetadata: next });
  if (isContinued) candidate.groundingMetadata = { ...next, groundingChunks: [...before, ...own] };
}

function joinParts(parts: readonly Json[]): Json[] {
  const joined: Json[] = [];
  let call: Json;
  for (const part of parts) {
    if (part.functionCall && (call || part.functionCall.willContinue || part.functionCall.partialArgs)) {
      if (call && part.functionCall.name) call = undefined;
      if (!call) joined.push((call = { ...part, functionCall: { name: part.functionCall.name, args: {} } }));
      addPiece(call.functionCall.args, part.functionCall);
      if (!part.functionCall.willContinue) call = undefined;
    } else if (typeof part.text === "string") addText(joined, part);
    else joined.push(part);
  }
  return joined.filter((part) => !isEmptyText(part));
}

function addText(joined: Json[], part: Json): void {
  const last = joined.at(-1);
  const continues =
    typeof last?.text === "string" && (last.thought ?? false) === (part.thought ?? false) && !last.thoughtSignature;
  if (continues) joined[joined.length - 1] = { ...last, ...part, text: last.text + part.text };
  else joined.push(part);
}

function isEmptyText({ text, thoughtSignature }: Json): boolean {
  return text === "" && !thoughtSignature;
}

/** `partialArgs` of one chunk: strings grow, all other values come whole. */
function addPiece(args: Json, { partialArgs = [] }: Json): void {
  for (const { jsonPath, stringValue, ...others } of partialArgs) {
    const steps: (string | number)[] = [...jsonPath.matchAll(/\.(\w+)|\[(\d+)\]/g)].map(
      ([, name, index]) => name ?? Number(index),
    );
    const last = steps.pop() ?? "";
    let place = args;
    steps.forEach((step, at) => {
      place = place[step] ??= typeof (steps[at + 1] ?? last) === "number" ? [] : {};
    });
    if (stringValue !== undefined) place[last] = (place[last] ?? "") + stringValue;
    else place[last] ??= others.numberValue ?? others.boolValue ?? null;
  }
}
