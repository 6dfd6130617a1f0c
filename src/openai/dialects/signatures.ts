// Where other gateways put thought signatures → Google's place, `extra_content.google.thought_signature` of a call or a message.
// These fields are echoes of answers, not wishes of a caller: what cannot be read in them is passed over.
import { isObject, type Json } from "../json-object.ts";
import { fill, row, type Row } from "./row.ts";
import { Type } from "../shape.ts";

const Anything = Type.Unknown();

/** For one entry of `tool_calls`. */
export const CALL_SIGNATURE_ROWS: readonly Row[] = [
  // LiteLLM.
  row("provider_specific_fields", Anything, (fields, draft) => {
    delete draft["provider_specific_fields"];
    sign(draft, signatureIn(fields));
  }),
  // LiteLLM again, and Portkey.
  row("function", Anything, (called, draft) => {
    if (!isObject(called)) return;
    sign(draft, signatureIn(called["provider_specific_fields"]));
    sign(draft, signatureIn(called));
  }),
];

/** For an assistant message whose calls have been rewritten. */
export const MESSAGE_SIGNATURE_ROWS: readonly Row[] = [
  // OpenRouter and Bifrost: an entry names the call it belongs to.
  row("reasoning_details", Anything, (details, draft) => {
    delete draft["reasoning_details"];
    for (const detail of listOf(details)) signFromDetail(draft, detail);
  }),
  // LiteLLM, Envoy.
  row("thinking_blocks", Anything, (blocks, draft) => {
    delete draft["thinking_blocks"];
    signSomewhere(draft, signatureAmong(listOf(blocks)));
  }),
  // Portkey; what else stands in them is read in messages.ts.
  row("content_blocks", Anything, (blocks, draft) => signSomewhere(draft, signatureAmong(listOf(blocks)))),
  // LiteLLM, for text.
  row("provider_specific_fields", Anything, (fields, draft) => {
    delete draft["provider_specific_fields"];
    const list = isObject(fields) ? fields["thought_signatures"] : undefined;
    signSomewhere(draft, Array.isArray(list) ? list.find(isText) : undefined);
  }),
];

/** Content parts that hold thoughts: Anthropic's, LangChain's. */
const THOUGHTS: ReadonlySet<unknown> = new Set(["thinking", "redacted_thinking", "reasoning"]);

/**
 * An assistant message without thoughts in its content; the message itself when it has none. Their signature goes to the message, and an
 * empty text keeps each one's place, so that the parts after it are still named as the caller counts them.
 */
export function liftThoughts(message: Json): Json {
  const { content } = message;
  const thoughts = listOf(content).filter(({ type }) => THOUGHTS.has(type));
  if (!Array.isArray(content) || thoughts.length === 0) return message;
  const lifted: Json = {
    ...message,
    content: content.map((part: unknown) =>
      isObject(part) && THOUGHTS.has(part["type"]) ? { type: "text", text: "" } : part,
    ),
  };
  signSomewhere(lifted, signatureAmong(thoughts));
  return lifted;
}

function signatureAmong(blocks: readonly Json[]): string | undefined {
  return blocks.map(({ signature }) => signature).find(isText);
}

function signFromDetail(draft: Json, detail: Json): void {
  const signature = detail["signature"] ?? (detail["type"] === "reasoning.encrypted" ? detail["data"] : undefined);
  if (!isText(signature)) return;
  const { id } = detail;
  const index = callsOf(draft).findIndex(
    (call) => isText(call["id"]) && (id === call["id"] || id === `tool_call_${call["id"]}`),
  );
  if (index >= 0) signCall(draft, index, signature);
  else signSomewhere(draft, signature);
}

/** A signature that names no call: Gemini signs the first call of a step, and a text only when there is none. */
function signSomewhere(draft: Json, signature: string | undefined): void {
  const calls = callsOf(draft);
  if (calls.length > 0 && !calls.some(isSigned)) signCall(draft, 0, signature);
  else sign(draft, signature);
}

function signCall(draft: Json, index: number, signature: string | undefined): void {
  draft["tool_calls"] = callsOf(draft).map((call, at) => {
    if (at !== index) return call;
    const signed = { ...call };
    sign(signed, signature);
    return signed;
  });
}

function sign(draft: Json, signature: string | undefined): void {
  if (signature === undefined || isSigned(draft)) return;
  const extra = isObject(draft["extra_content"]) ? draft["extra_content"] : {};
  const google: Json = isObject(extra["google"]) ? { ...extra["google"] } : {};
  fill(google, "thought_signature", signature);
  draft["extra_content"] = { ...extra, google };
}

function isSigned({ extra_content: extra }: Json): boolean {
  return isObject(extra) && isObject(extra["google"]) && isText(extra["google"]["thought_signature"]);
}

function signatureIn(fields: unknown): string | undefined {
  const signature = isObject(fields) ? fields["thought_signature"] : undefined;
  return isText(signature) ? signature : undefined;
}

function callsOf(draft: Json): Json[] {
  const { tool_calls: calls } = draft;
  return Array.isArray(calls) && calls.every(isObject) ? calls : [];
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
