// What an answer must say, computed from the recording alone by the rules of the public interface: nothing here comes from src/.
import type { Json, Recording } from "./recordings.ts";
import { wholeAnswer } from "./whole-answer.ts";
import { wavOf } from "./wav.ts";

/** One thing an answer holds, e.g. `{ text: "Hi" }`. Neighbouring texts of a kind are one; signatures are base64, in order. */
export interface Item {
  readonly text?: string;
  readonly thought?: string;
  readonly inThought?: true;
  readonly signatures: readonly string[];
  readonly [kind: string]: unknown;
}

export interface ExpectedUsage {
  readonly prompt: number;
  readonly completion: number;
  readonly total: number;
  readonly cached: number;
  readonly thoughts: number;
}

/** What the service tells. */
export interface ToldAnswer {
  readonly responseId: string;
  readonly modelVersion: string;
  readonly items: readonly Item[];
  readonly finish: { readonly nativeReason: string; readonly message: string; readonly blockReason: string };
  /** Undefined where Gemini told no counts, so that the service can only guess. */
  readonly usage: ExpectedUsage | undefined;
}

/** What the OpenAI face tells. */
export interface OpenAiAnswer {
  /** Null and "" are the same here. */
  readonly content: string;
  readonly reasoning: string;
  readonly calls: readonly { name: string; arguments: string; geminiId: string; signature: string | undefined }[];
  readonly textSignature: string | undefined;
  readonly finish: string;
  readonly nativeFinish: string;
  readonly finishMessage: string;
  readonly usage: ExpectedUsage | undefined;
  readonly serviceTier: string | undefined;
  /** Of parts that OpenAI has no words for. */
  readonly nativeParts: readonly Json[];
  /** The passages of the content that a source stands behind, with its address. */
  readonly annotations: readonly { text: string; url: string }[];
  readonly saysNothing: boolean;
}

/** Of the enum FinishReason, as an old SDK asks for them (`enum-encoding=int`). */
const REASON_NUMBERS: Readonly<Record<number, string>> = { 1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION" };

/** Of the model: a call is made once more for them. */
export const MISTAKES = ["MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL"];

/**
 * How often Gemini is asked before this answer is told: a mistake of the model, or a natural end with nothing, is tried once more while
 * nothing was forwarded. A whole answer is forwarded at its end, a stream from its first content on, thoughts included.
 */
export function timesAsked(recording: Recording, streamed: boolean): number {
  const answer = wholeAnswer(recording);
  const parts = partsOf(answer).filter(({ text }) => text !== "");
  const reason = REASON_NUMBERS[answer.candidates?.[0]?.finishReason] ?? answer.candidates?.[0]?.finishReason;
  if (streamed && parts.length > 0) return 1;
  const saysNothing = parts.every(({ thought, text }) => thought && text !== undefined);
  return MISTAKES.includes(reason) || (reason === "STOP" && saysNothing) ? 2 : 1;
}

export function expectedToldAnswer(recording: Recording, streamed: boolean): ToldAnswer {
  const answer = wholeAnswer(recording);
  const candidate = answer.candidates?.[0] ?? {};
  const blocked = answer.candidates === undefined ? answer.promptFeedback : undefined;
  return {
    responseId: answer.responseId ?? "",
    modelVersion: (answer.modelVersion ?? "").replace("models/", ""),
    items: joinTexts(partsOf(answer).map(toItem)),
    finish: {
      nativeReason: REASON_NUMBERS[candidate.finishReason] ?? candidate.finishReason ?? "",
      message: candidate.finishMessage ?? blocked?.blockReasonMessage ?? "",
      blockReason: blocked?.blockReason ?? "",
    },
    usage: toUsage(answer.usageMetadata, timesAsked(recording, streamed)),
  };
}

export function expectedOpenAiAnswer(recording: Recording, streamed: boolean): OpenAiAnswer {
  const answer = wholeAnswer(recording);
  const parts = partsOf(answer);
  const { finish, usage } = expectedToldAnswer(recording, streamed);
  const content = parts.map(toContent).join("");
  const calls = clientCalls(parts);
  const nativeFinish = finish.nativeReason || finish.blockReason;
  const openAiFinish = toFinish(finish.nativeReason, finish.blockReason, calls.length > 0);
  const tier = answer.usageMetadata?.serviceTier ?? recording.response.headers["x-gemini-service-tier"];
  return {
    content,
    reasoning: textOf(parts.filter(({ thought }) => thought)),
    calls,
    textSignature: parts.findLast((part) => part.text !== undefined && part.thoughtSignature && !part.thought)
      ?.thoughtSignature,
    finish: openAiFinish,
    nativeFinish,
    finishMessage: finish.message,
    usage,
    serviceTier: tier === "standard" ? "default" : tier,
    nativeParts: parts.filter(isBeyondOpenAi).map(withoutIds),
    annotations: toAnnotations(answer.candidates?.[0] ?? {}),
    saysNothing: content === "" && calls.length === 0 && openAiFinish !== "content_filter",
  };
}

function partsOf(answer: Json): Json[] {
  return (answer.candidates?.[0]?.content?.parts ?? []).filter((part: Json) => Object.keys(part).length > 0);
}

/** However a text was cut, it is one item. */
export function joinTexts(items: readonly Item[]): Item[] {
  const joined: Item[] = [];
  for (const item of items) {
    const last = joined.at(-1);
    const kind = item.text === undefined ? "thought" : "text";
    const [before, next] = [last?.[kind], item[kind]];
    if (last && before !== undefined && next !== undefined) {
      joined[joined.length - 1] = { [kind]: before + next, signatures: [...last.signatures, ...item.signatures] };
    } else joined.push(item);
  }
  return joined;
}

function toItem(part: Json): Item {
  // As bytes: one recorder lost the padding.
  const signatures = part.thoughtSignature ? [Buffer.from(part.thoughtSignature, "base64").toString("base64")] : [];
  const marked = part.thought ? ({ inThought: true } as const) : {};
  const { functionCall, functionResponse, inlineData, executableCode, codeExecutionResult, toolCall, toolResponse } =
    part;
  if (part.text !== undefined) return { [part.thought ? "thought" : "text"]: part.text, signatures };
  if (functionCall) {
    const { name, args = {}, id = "" } = functionCall;
    return { call: { name, args, geminiId: id }, ...marked, signatures };
  }
  if (functionResponse)
    return { toolResult: { name: functionResponse.name, response: functionResponse.response }, signatures };
  if (inlineData) return { media: wavOf(inlineData), ...marked, signatures };
  if (executableCode) {
    return { code: { language: executableCode.language, code: executableCode.code }, ...marked, signatures };
  }
  if (codeExecutionResult) {
    const { outcome, output = "" } = codeExecutionResult;
    return { result: { outcome, output }, ...marked, signatures };
  }
  if (toolCall) return { serverCall: { toolType: toolCall.toolType, args: toolCall.args ?? {} }, signatures };
  if (toolResponse)
    return { serverResult: { toolType: toolResponse.toolType, response: toolResponse.response ?? {} }, signatures };
  throw new Error(`a part of an unknown kind: ${Object.keys(part).join()}`);
}

/** How `content` shows a part: code and its output in fences, media as Markdown, thoughts not at all. */
function toContent({ text, thought, inlineData, executableCode, codeExecutionResult }: Json): string {
  if (thought) return "";
  if (executableCode) return `\n\`\`\`${executableCode.language.toLowerCase()}\n${executableCode.code}\n\`\`\`\n`;
  if (codeExecutionResult) return `\n\`\`\`output\n${codeExecutionResult.output ?? ""}\n\`\`\`\n`;
  if (inlineData) {
    const { mimeType, data } = wavOf(inlineData);
    return `${mimeType.startsWith("image/") ? "![image]" : "[audio]"}(data:${mimeType};base64,${data})`;
  }
  return text ?? "";
}

function textOf(parts: readonly Json[]): string {
  return parts.map(({ text = "" }) => text).join("");
}

/** A call whose result follows was made by Google (a remote MCP server) and is not the client's. */
function clientCalls(parts: readonly Json[]): OpenAiAnswer["calls"] {
  const answered = parts.flatMap(({ functionResponse }) => functionResponse?.name ?? []);
  return parts.flatMap(({ functionCall: call, thoughtSignature }) => {
    if (!call) return [];
    const made = answered.indexOf(call.name);
    if (made >= 0) {
      answered.splice(made, 1);
      return [];
    }
    const { name, args = {}, id = "" } = call;
    return [{ name, arguments: JSON.stringify(args), geminiId: id, signature: thoughtSignature }];
  });
}

const LENGTH = ["MAX_TOKENS", "CONTINUATION", "TOO_MANY_TOOL_CALLS"];
const FILTERED = ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR"];
const FILTERED_IMAGE = ["IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"];

/** OpenAI knows five reasons. Gemini says STOP for calls too, so they override that and nothing else. */
function toFinish(reason: string, blockReason: string, hasCalls: boolean): string {
  if (blockReason !== "" || [...FILTERED, ...FILTERED_IMAGE].includes(reason)) return "content_filter";
  if (LENGTH.includes(reason)) return "length";
  return reason === "STOP" && hasCalls ? "tool_calls" : "stop";
}

/** Gemini counts thoughts beside the answer and results of its tools beside the prompt; OpenAI counts both in. Every call is billed. */
function toUsage(usage: Json, calls: number): ExpectedUsage | undefined {
  if (usage?.totalTokenCount === undefined) return undefined;
  const { promptTokenCount = 0, toolUsePromptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usage;
  // The first previews of 2.5 did.
  const countsThoughts =
    promptTokenCount + toolUsePromptTokenCount + candidatesTokenCount === usage.totalTokenCount &&
    thoughtsTokenCount <= candidatesTokenCount;
  return {
    prompt: calls * (promptTokenCount + toolUsePromptTokenCount),
    completion: calls * (countsThoughts ? candidatesTokenCount : candidatesTokenCount + thoughtsTokenCount),
    total: calls * usage.totalTokenCount,
    cached: calls * (usage.cachedContentTokenCount ?? 0),
    thoughts: calls * thoughtsTokenCount,
  };
}

function isBeyondOpenAi(part: Json): boolean {
  return ["executableCode", "codeExecutionResult", "toolCall", "toolResponse", "functionResponse"].some(
    (kind) => part[kind],
  );
}

/** Ids of results that Google gave to itself pair them with our calls and are not the recorded ones. */
export function withoutIds(part: Json): Json {
  return Object.fromEntries(
    Object.entries<Json>(part).map(([name, value]) => {
      if (typeof value !== "object") return [name, value];
      const { id: _, ...rest } = value;
      return [name, rest];
    }),
  );
}

/** What Gemini cites, by the passage that it repeats, and recitations by their offsets (UTF-8 bytes of the text). */
function toAnnotations({ groundingMetadata, citationMetadata, content }: Json): OpenAiAnswer["annotations"] {
  const bytes = Buffer.from(textOf((content?.parts ?? []).filter(({ thought }: Json) => !thought)));
  const recited = (citationMetadata?.citationSources ?? []).map(({ uri, startIndex = 0, endIndex = 0 }: Json) => ({
    text: bytes.toString("utf8", startIndex, endIndex),
    url: uri,
  }));
  const chunks: Json[] = groundingMetadata?.groundingChunks ?? [];
  const cited = (groundingMetadata?.groundingSupports ?? []).flatMap(({ segment, groundingChunkIndices = [] }: Json) =>
    groundingChunkIndices.map((index: number) => ({ text: segment.text, url: uriOf(chunks[index]) })),
  );
  // Gemini also recites in the arguments of a call: without a text nothing can be annotated. Vertex counts thoughts too: then the
  // passage lies beyond the text and is empty.
  return bytes.length === 0 ? [] : [...recited, ...cited].filter(({ url }) => url);
}

function uriOf(chunk: Json): string | undefined {
  return chunk?.web?.uri ?? chunk?.image?.sourceUri ?? chunk?.maps?.uri ?? chunk?.retrievedContext?.uri;
}
