// Gemini's own parts of an earlier answer, as others return them: in snake case, as Python clients of Google's write them, or as
// LiteLLM's list of the tools that Google ran → `extra_content.google.parts` in Gemini's spelling.
import { toCamelWord } from "./google.ts";
import { isObject, type Json } from "../json-object.ts";
import { fill, rewriteEach, row, type Row } from "./row.ts";
import { Type } from "../shape.ts";

const Anything = Type.Unknown();

/** Kinds of parts whose fields are Gemini's words; what lies below `args` and `response` is somebody else's. */
const KINDS: ReadonlySet<string> = new Set([
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
]);

/** Media as Markdown, which a native text would hide (inline-media.ts). */
const INLINE_MEDIA = "](data:";

export const NATIVE_PART_ROWS: readonly Row[] = [
  row("extra_content", Anything, (extra, draft) => {
    const google = isObject(extra) ? extra["google"] : undefined;
    if (!isObject(extra) || !isObject(google)) return;
    const parts = rewriteEach(google["parts"], toCamelPart);
    if (parts !== google["parts"]) draft["extra_content"] = { ...extra, google: { ...google, parts } };
  }),
  // LiteLLM. Its signatures of texts stand in the same field and are read in signatures.ts.
  row("provider_specific_fields", Anything, (fields, draft) => {
    const invocations = isObject(fields) ? fields["server_side_tool_invocations"] : undefined;
    const { content } = draft;
    if (!Array.isArray(invocations) || !isPlainText(content)) return;
    const parts = [...invocations.filter(isObject).flatMap(toServerToolParts), ...(content ? [{ text: content }] : [])];
    const extra = isObject(draft["extra_content"]) ? draft["extra_content"] : {};
    const google: Json = isObject(extra["google"]) ? { ...extra["google"] } : {};
    fill(google, "parts", parts);
    draft["extra_content"] = { ...extra, google };
  }),
];

function toCamelPart(part: unknown): unknown {
  if (!isObject(part)) return part;
  const entries = Object.entries(part).map(([key, value]): [string, unknown] => {
    const word = toCamelWord(key);
    return [word, KINDS.has(word) && isObject(value) ? withCamelKeys(value) : value];
  });
  const known = entries.some(([word]) => KINDS.has(word) || word === "thoughtSignature");
  return known ? Object.fromEntries(entries) : part;
}

function withCamelKeys(value: Json): Json {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toCamelWord(key), item]));
}

function isPlainText(content: unknown): content is string | null | undefined {
  if (content === undefined || content === null) return true;
  return typeof content === "string" && !content.includes(INLINE_MEDIA);
}

function toServerToolParts({ id, tool_type: toolType, args, response, thought_signature: signature }: Json): Json[] {
  const call = {
    toolCall: { id, toolType, args },
    ...(typeof signature === "string" && { thoughtSignature: signature }),
  };
  return response === undefined ? [call] : [call, { toolResponse: { id, toolType, response } }];
}
