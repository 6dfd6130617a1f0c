// Foreign messages → OpenAI's: the functions of 2023, images beside the content, calls with arguments as objects, signatures.
import Type, { type Static } from "typebox";
import { checkerOf } from "../check.ts";
import { toJsonText } from "../json-text.ts";
import { maybe } from "../schema/maybe.ts";
import { rewritePart } from "./parts.ts";
import { applyRows, fill, isObject, rewriteEach, row, type Json, type Place, type Row } from "./row.ts";
import { CALL_SIGNATURE_ROWS, MESSAGE_SIGNATURE_ROWS } from "./signatures.ts";

const ImageEntry = Type.Object({ image_url: Type.Union([Type.String(), Type.Object({ url: Type.String() })]) });

const MESSAGE_ROWS: readonly Row[] = [
  ...MESSAGE_SIGNATURE_ROWS,
  // OpenRouter, LiteLLM, and answers of ours.
  row("images", Type.Array(ImageEntry), (images, draft) => {
    delete draft["images"];
    const { content } = draft;
    const urls = images.map(({ image_url: image }) => (typeof image === "string" ? image : image.url));
    // An answer that was delivered both ways comes back both ways.
    const missing = typeof content === "string" ? urls.filter((url) => !content.includes(url)) : urls;
    if (missing.length === 0) return;
    const before = typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : content;
    draft["content"] = [
      ...(Array.isArray(before) ? (before as unknown[]) : []),
      ...missing.map((url) => ({ type: "image_url", image_url: { url } })),
    ];
  }),
];

const CALL_ROWS: readonly Row[] = [
  ...CALL_SIGNATURE_ROWS,
  row("function", Type.Unknown(), (called, draft, { at }) => {
    if (isObject(called) && isObject(called["arguments"])) {
      draft["function"] = { ...called, arguments: toJsonText(called["arguments"], `${at}.function.arguments`) };
    }
  }),
];

/** Rewrites the messages of a body. A list that is none stays as it is. */
export function rewriteMessages(messages: unknown, { raise }: Place): unknown {
  const openCalls: OpenCall[] = [];
  return rewriteEach(messages, (message, index) => {
    if (!isObject(message)) return message;
    const place = { at: `messages[${index}]`, raise };
    const content = rewriteEach(message["content"], (part, of) =>
      rewritePart(part, { at: `${place.at}.content[${of}]`, raise }),
    );
    const calls = rewriteEach(message["tool_calls"], (call, of) =>
      rewriteCall(call, { at: `${place.at}.tool_calls[${of}]`, raise }),
    );
    const rewritten = withField(withField(message, "content", content), "tool_calls", calls);
    return withModernCalls(applyRows(MESSAGE_ROWS, rewritten, place), openCalls, index);
  });
}

function rewriteCall(call: unknown, place: Place): unknown {
  return isObject(call) ? applyRows(CALL_ROWS, call, place) : call;
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
function withModernCalls(message: Json, openCalls: OpenCall[], index: number): Json {
  const { function_call: call, ...rest } = message;
  if (message["role"] === "function") {
    const at = openCalls.findIndex(({ name }) => name === message["name"]);
    const [answered] = at < 0 ? [] : openCalls.splice(at, 1);
    return { ...rest, role: "tool", ...(answered && { tool_call_id: answered.id }) };
  }
  if (call === undefined || call === null) return message;
  const toolCall = toToolCall(checkFunctionCall(call, `messages[${index}].function_call`), index);
  openCalls.push({ name: toolCall.function.name, id: toolCall.id });
  fill(rest, "tool_calls", [toolCall]);
  return rest;
}

function toToolCall({ name, arguments: given }: Static<typeof FunctionCall>, index: number) {
  const text = isObject(given) ? toJsonText(given, `messages[${index}].function_call.arguments`) : given;
  return { id: `function_call_${index}`, type: "function", function: { name, arguments: text } };
}
