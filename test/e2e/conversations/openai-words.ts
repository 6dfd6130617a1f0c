// A recorded turn of the user in the words of an OpenAI client, and what such clients do with an answer.
import type OpenAI from "openai";
import type { Json } from "../replay/recordings.ts";
import { mimeTypeOf, type Conversation, type UserTurn } from "./found.ts";
import { toList, type MeantPart } from "./meaning.ts";

type Message = OpenAI.ChatCompletionMessageParam;
type Answer = OpenAI.ChatCompletionMessage;

/** Messages of a turn: results of calls first, each under the id that the answer before gave its call. */
export function toMessages({ parts }: UserTurn, before: Answer | undefined): Message[] {
  const results = parts.filter(({ functionResponse }) => functionResponse);
  const rest = parts.filter(({ functionResponse }) => !functionResponse);
  const open = [...(before?.tool_calls ?? [])];
  const tools = results.map(({ functionResponse: { name, response, parts: media } }): Message => {
    const at = open.findIndex((call) => call.type === "function" && call.function.name === name);
    const [call] = at < 0 ? [] : open.splice(at, 1);
    const text = JSON.stringify(response);
    const content = media ? [{ type: "text", text }, ...(media as Json[]).map(toContentPart)] : text;
    return { role: "tool", tool_call_id: call?.id ?? "call_unknown", content: content as string };
  });
  if (rest.length === 0) return tools;
  const [only] = rest;
  const content = rest.length === 1 && typeof only?.text === "string" ? only.text : rest.map(toContentPart);
  return [...tools, { role: "user", content }];
}

function toContentPart({ text, bytes, uri }: MeantPart): Json {
  if (text !== undefined) return { type: "text", text };
  if (uri !== undefined) return { type: "file", file: { file_data: uri } };
  const mimeType = mimeTypeOf(bytes);
  const url = `data:${mimeType};base64,${Buffer.from(bytes, "hex").toString("base64")}`;
  if (mimeType.startsWith("image/")) return { type: "image_url", image_url: { url } };
  return { type: "file", file: { file_data: url } };
}

/** The conversation's tools: functions that may be called, and Google's own by their names. */
export function toTools({ request, turns }: Conversation): OpenAI.ChatCompletionFunctionTool[] {
  const called = turns.flatMap((turn) => (turn.role === "model" ? turn.meant.streamed : [])).flatMap(calledName);
  const declared = toList(request.tools).flatMap((tool) =>
    Object.entries<Json>(tool).flatMap(([kind, value]) => {
      const functions: Json[] = /^function_?declarations$/i.test(kind) ? toList(value) : [{ name: camelCase(kind) }];
      return functions.map(({ name }) => name as string);
    }),
  );
  return [...new Set([...declared, ...called])].map((name) => ({
    type: "function",
    function: { name, ...(!GOOGLES.has(name) && { parameters: { type: "object" } }) },
  }));
}

function calledName({ functionCall }: MeantPart): string[] {
  return functionCall ? [functionCall.name as string] : [];
}

const GOOGLES = new Set(["googleSearch", "codeExecution", "urlContext", "googleMaps"]);

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

/** What a client does with answers. */
export interface Habit {
  readonly client: string;
  /** The answer as it comes back. */
  sendBack(answer: Answer): Message;
  /** Whether the last request comes where nothing of the conversation is remembered. */
  readonly unremembered: boolean;
}

export const HABITS: readonly Habit[] = [
  { client: "a client that keeps everything", sendBack: (answer) => answer as Message, unremembered: false },
  {
    client: "a client that keeps everything, at a gateway that remembers nothing",
    sendBack: (answer) => answer as Message,
    unremembered: true,
  },
  { client: "a client that knows only OpenAI's own fields", sendBack: toOwnFields, unremembered: false },
];

function toOwnFields({ content, tool_calls: calls }: Answer): Message {
  const toolCalls = calls?.map((call) => {
    if (call.type !== "function") return call;
    const { id, type, function: called } = call;
    return { id, type, function: { name: called.name, arguments: called.arguments } };
  });
  return { role: "assistant", content, ...(toolCalls && { tool_calls: toolCalls }) };
}
