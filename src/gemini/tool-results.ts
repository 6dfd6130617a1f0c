// Results of the caller's functions as functionResponse parts, and what of them does not fit there.
import type { ModelProfile } from "../chat/models.ts";
import { geminiCallId } from "../chat/tool-call-ids.ts";
import type { Media, ToolCall, ToolResult } from "../gen/gemini/chat/v1/chat_pb.ts";
import { beginsObject, hasKey, parseJsonObject } from "./json.ts";
import type { JsonBudget } from "./json-budget.ts";
import type { MappingContext } from "./mapping-context.ts";
import { canRead, toBlob } from "./media.ts";
import type { PlacedResult } from "./pairing.ts";
import type { WirePart } from "./wire-request.ts";

/** Types that Gemini 3 and later read inside a functionResponse. */
const EMBEDDABLE_TYPES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "application/pdf",
  "text/plain",
]);

/** The answer to a call; media that fits goes inside (`embedsMedia`). */
export function toFunctionResponse(
  call: ToolCall,
  { result, path }: PlacedResult,
  { model, budget }: MappingContext,
): WirePart {
  const parts = result.media.flatMap((media, index) =>
    embedsMedia(media, model) ? [{ inlineData: toBlob(media, `${path}.media[${index}]`) }] : [],
  );
  return toResponsePart(call, toResponseObject(result, budget), model, parts);
}

/** Stands in for a result that is missing: Gemini wants as many results as calls. */
export function toMissingResponse(call: ToolCall, model: ModelProfile): WirePart {
  return toResponsePart(call, { error: "no result" }, model, []);
}

function toResponsePart(
  call: ToolCall,
  response: object,
  model: ModelProfile,
  parts: NonNullable<NonNullable<WirePart["functionResponse"]>["parts"]>,
): WirePart {
  const id = model.callIds ? geminiCallId(call.id) : "";
  return {
    functionResponse: { ...(id && { id }), name: call.name, response, ...(parts.length > 0 && { parts }) },
  };
}

/** A result of a function, for models that have none. */
export function toResultText(result: ToolResult): string {
  return `${result.isError ? "Error" : "Result"} of ${result.name || "a tool"}: ${result.content}`;
}

/** Whether media goes inside the functionResponse; else it follows in a turn of its own. */
export function embedsMedia(media: Media, model: ModelProfile): boolean {
  const fits = media.source.case === "data" && EMBEDDABLE_TYPES.has(media.mimeType);
  return fits && model.mediaInToolResults && canRead(media, model);
}

/**
 * `response` must be an object. Gemini reads a key `$ref` as a reference to media, so a result that has one goes as text, and so does one
 * that is more than Gemini's reader or the budget takes.
 */
function toResponseObject({ content, isError }: ToolResult, budget: JsonBudget): object {
  if (isError) return { error: content };
  const value = beginsObject(content) && budget.admitsResult(content) ? parseJsonObject(content) : undefined;
  return value === undefined || refers(value, content) ? { output: content } : value;
}

/** To look at all keys takes as long as to parse them, so that is done only where one may be `$ref`, as it is or escaped. */
function refers(value: object, json: string): boolean {
  return (json.includes("$ref") || json.includes("\\u")) && hasKey(value, (key) => key === "$ref");
}
