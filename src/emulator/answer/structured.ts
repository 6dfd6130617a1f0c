// JSON mode and enum mode: an answer that obeys its schema, never fenced.

import { exampleOf } from "../schema-example.ts";
import { echoText } from "./text.ts";
import type { AnswerContext } from "./answer.ts";

/** The text of a JSON or enum answer; undefined when plain text is wanted. */
export function structuredText(context: AnswerContext): string | undefined {
  const { responseMimeType, responseSchema, responseJsonSchema } = context.request.generationConfig ?? {};
  const schema = responseJsonSchema ?? responseSchema;
  if (responseMimeType === "text/x.enum") return String(exampleOf(schema, context.prompt.text));
  if (responseMimeType !== "application/json") return undefined;
  const value = schema === undefined ? freeObject(context) : exampleOf(schema, context.prompt.text);
  return JSON.stringify(value, undefined, 2);
}

const freeObject = (context: AnswerContext) => ({ model: context.model.id, answer: echoText(context) });
