// Foreign messages → OpenAI's: the functions of 2023, images beside the content, calls with arguments as objects, signatures.
import type { Static } from "typebox";
import { checkerOf } from "../check.ts";
import { toJsonText } from "../json-text.ts";
import { maybe } from "../schema/maybe.ts";
import { NATIVE_PART_ROWS } from "./native-parts.ts";
import { rewritePart } from "./parts.ts";
import { isObject, type Json } from "../json-object.ts";
import { applyRows, fill, rewriteEach, row, tableOf, type Place, type Renamed, type Row } from "./row.ts";
import { CALL_SIGNATURE_ROWS, liftThoughts, MESSAGE_SIGNATURE_ROWS } from "./signatures.ts";
import { Type } from "../shape.ts";

const ImageEntry = Type.Object({ image_url: Type.Union([Type.String(), Type.Object({ url: Type.String() })]) });

export const MESSAGE_ROWS: readonly Row[] = [
  ...NATIVE_PART_ROWS,
  ...MESSAGE_SIGNATURE_ROWS,
  // Portkey: the whole answer again, in parts. What is no part of that kind is passed over, as in all echoes.
  row("content_blocks", Type.Unknown(), (blocks, draft) => {
    delete draft["content_blocks"];
    const parts = Array.isArray(blocks) ? blocks.flatMap(toPlainPart) : [];
    const { content } = draft;
    if (content === undefined || content === null || content === "") draft["content"] = parts;
    else
      addImages(
        draft,
        parts.flatMap((part) => (part.type === "image_url" ? part.image_url.url : [])),
      );
  }),
  // OpenRouter, LiteLLM, and answers of ours.
  row("images", Type.Array(ImageEntry), (images, draft) => {
    delete draft["images"];
    addImages(
      draft,
      images.map(({ image_url: image }) => (typeof image === "string" ? image : image.url)),
    );
  }),
];

const MESSAGES = tableOf(MESSAGE_ROWS);

/** Adds images to the content; an answer that was delivered both ways comes back both ways. */
function addImages(draft: Json, urls: readonly string[]): void {
  const { content } = draft;
  const missing = urls.filter((url) => !holdsImage(content, url));
  if (missing.length === 0) return;
  const before = typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : content;
  draft["content"] = [
    ...(Array.isArray(before) ? (before as unknown[]) : []),
    ...missing.map((url) => ({ type: "image_url", image_url: { url } })),
  ];
}

function holdsImage(content: unknown, url: string): boolean {
  if (typeof content === "string") return content.includes(url);
  if (!Array.isArray(content)) return false;
  return content.some((part) => isObject(part) && isObject(part["image_url"]) && part["image_url"]["url"] === url);
}

type PlainPart = { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } };

function toPlainPart(block: unknown): PlainPart[] {
  if (!isObject(block)) return [];
  const { type, text, image_url: image } = block;
  if (type === "text" && typeof text === "string") return [{ type, text }];
  const url = isObject(image) ? image["url"] : image;
  return type === "image_url" && typeof url === "string" ? [{ type, image_url: { url } }] : [];
}

const CALLS = tableOf([
  ...CALL_SIGNATURE_ROWS,
  row("function", Type.Unknown(), (called, draft, { at }) => {
    if (isObject(called) && isObject(called["arguments"])) {
      draft["function"] = { ...called, arguments: toJsonText(called["arguments"], `${at}.function.arguments`) };
    }
  }),
]);

/** Rewrites the messages of a body. A list that is none stays as it is. */
export function rewriteMessages(messages: unknown, { raise, renamed }: Place): unknown {
  const openCalls: OpenCall[] = [];
  return rewriteEach(messages, (message, index) => {
    if (!isObject(message)) return message;
    const place = { at: `messages[${index}]`, raise, renamed };
    const calls = rewriteEach(message["tool_calls"], (call, of) =>
      rewriteCall(call, { ...place, at: `${place.at}.tool_calls[${of}]` }),
    );
    const called = withField(message, "tool_calls", calls);
    const said = message["role"] === "assistant" ? liftThoughts(called) : called;
    const content = rewriteEach(said["content"], (part, of) =>
      rewritePart(part, { ...place, at: `${place.at}.content[${of}]` }),
    );
    const rewritten = withField(said, "content", content);
    return withModernCalls(applyRows(MESSAGES, rewritten, place), openCalls, index, renamed);
  });
}

function rewriteCall(call: unknown, place: Place): unknown {
  return isObject(call) ? applyRows(CALLS, call, place) : call;
}

function withField(object: Json, field: string, value: unknown): Json {
  return object[field] === value ? object : { ...object, [field]: value };
}

/** A `function_call` that waits for its result. */
interface OpenCall {
  readonly name: string;
  readonly id: string;
}

const FunctionCall = Type.Object({
  name: Type.String(),
  arguments: maybe(Type.Union([Type.String(), Type.Object({})])),
});
const checkFunctionCall = checkerOf(FunctionCall);

/** Calls of 2023 have no ids: each gets one here, and the next result of the same name takes it. */
function withModernCalls(message: Json, openCalls: OpenCall[], index: number, renamed: Renamed): Json {
  const { role, function_call: call } = message;
  if (role === "function") {
    const at = openCalls.findIndex(({ name }) => name === message["name"]);
    const [answered] = at < 0 ? [] : openCalls.splice(at, 1);
    return { ...withoutCall(message), role: "tool", ...(answered && { tool_call_id: answered.id }) };
  }
  if (call === undefined || call === null) return message;
  const at = `messages[${index}]`;
  const toolCall = toToolCall(checkFunctionCall(call, `${at}.function_call`), index);
  openCalls.push({ name: toolCall.function.name, id: toolCall.id });
  const modern = withoutCall(message);
  if (fill(modern, "tool_calls", [toolCall])) {
    renamed(`${at}.tool_calls[0]`, `${at}.function_call`);
    renamed(`${at}.tool_calls[0].function`, `${at}.function_call`);
  }
  return modern;
}

function withoutCall(message: Json): Json {
  const { function_call: _, ...others } = message;
  return others;
}

function toToolCall({ name, arguments: given }: Static<typeof FunctionCall>, index: number) {
  const text = isObject(given) ? toJsonText(given, `messages[${index}].function_call.arguments`) : given;
  return { id: `function_call_${index}`, type: "function", function: { name, arguments: text } };
}
