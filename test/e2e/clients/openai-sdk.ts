// The openai SDK pointed at a test gateway, and what its tests share.
import OpenAI, { type ClientOptions } from "openai";
import type { ChatCompletionMessageParam } from "openai/resources/chat/completions";
import { LICENCE, type TestGateway } from "../../support/gateway.ts";

/** The newest model of each generation's way to think: by level, and by budget. */
export const MODEL = "gemini-3.8-flash";
export const BUDGET_MODEL = "gemini-2.5-flash-lite";

/** A client that does not retry unless told to. */
export function connect({ base }: TestGateway, options: ClientOptions = {}): OpenAI {
  return new OpenAI({ baseURL: base, apiKey: LICENCE, maxRetries: 0, ...options });
}

type UserContent = Extract<ChatCompletionMessageParam, { role: "user" }>["content"];

/** A conversation of one user message. */
export function user(content: UserContent): [ChatCompletionMessageParam] {
  return [{ role: "user", content }];
}

/** Everything a stream brings. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(items);
}

/** The text of one choice of a stream. */
export function textOf(chunks: readonly OpenAI.ChatCompletionChunk[], choice = 0): string {
  return chunks
    .flatMap(({ choices }) => choices.filter(({ index }) => index === choice))
    .map(({ delta }) => delta.content ?? "")
    .join("");
}

/** The reasons a stream gave for its end, one for each choice. */
export function finishesOf(chunks: readonly OpenAI.ChatCompletionChunk[]): string[] {
  return chunks.flatMap(({ choices }) => choices.flatMap(({ finish_reason: reason }) => reason ?? []));
}

/** A field that is not OpenAI's own. */
export function extra(value: object, name: string): unknown {
  return (value as Record<string, unknown>)[name];
}

/** Such a field where it is text; "" where it is absent. */
export function extraText(value: object, name: string): string {
  const text = extra(value, name) ?? "";
  if (typeof text !== "string") throw new TypeError(`${name} is no text`);
  return text;
}
