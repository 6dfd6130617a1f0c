// Calls declared functions: which of them, and with arguments that conform to their schemas.

import { exampleOf } from "../schema-example.ts";
import { countJsonTokens } from "../tokens.ts";
import { toCallId } from "../random.ts";
import { declaredFunctions, functionCallingMode, type FunctionDeclaration } from "../request.ts";
import type { AnswerContext, AnswerPart } from "./answer.ts";

/** In a prompt with these words each function is called in a step of its own, after the result of the one before. */
const SEQUENTIAL = /\bone after the other\b/i;

/** Calls to make in this turn: none with mode NONE, without functions, or once the results that were asked for have come in. */
export function functionCalls(context: AnswerContext): readonly AnswerPart[] {
  const { request, prompt } = context;
  if (functionCallingMode(request) === "NONE") return [];
  const isSequential = SEQUENTIAL.test(prompt.text);
  if (prompt.results.length > 0 && !isSequential) return [];
  const chosen = chooseFunctions(callableFunctions(context), prompt.text);
  const due = isSequential ? chosen.slice(prompt.steps, prompt.steps + 1) : chosen;
  return due.map((declaration) => toCall(declaration, context));
}

/** With computerUse the model knows functions nobody declared; opening the browser is its first. */
const PREDEFINED: FunctionDeclaration = { name: "open_web_browser" };

function callableFunctions({ request }: AnswerContext): readonly FunctionDeclaration[] {
  const allowed = request.toolConfig?.functionCallingConfig?.allowedFunctionNames ?? [];
  const functions = declaredFunctions(request);
  const usesComputer = (request.tools ?? []).some((tool) => tool.computerUse !== undefined);
  if (allowed.length > 0) return functions.filter(({ name = "" }) => allowed.includes(name));
  return usesComputer ? [...functions, PREDEFINED] : functions;
}

/** Each function named in the prompt, in order of appearance; else the first. */
function chooseFunctions(functions: readonly FunctionDeclaration[], text: string): readonly FunctionDeclaration[] {
  const named = functions
    .map((declaration) => ({ declaration, at: indexOfWord(text, declaration.name ?? "") }))
    .filter(({ at }) => at >= 0)
    .sort((left, right) => left.at - right.at)
    .map(({ declaration }) => declaration);
  return named.length > 0 ? named : functions.slice(0, 1);
}

/** Where a name stands as a word of its own: `get` is not found in `get_weather`. */
function indexOfWord(text: string, name: string): number {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const around = text.charAt(at - 1) + text.charAt(at + name.length);
    if (!/[A-Za-z0-9_]/.test(around)) return at;
  }
  return -1;
}

function toCall(declaration: FunctionDeclaration, { model, prompt, requestBytes }: AnswerContext): AnswerPart {
  const { name = "" } = declaration;
  const schema = declaration.parametersJsonSchema ?? declaration.parameters;
  const example = schema === undefined ? {} : exampleOf(schema, prompt.text);
  const args = typeof example === "object" && example !== null && !Array.isArray(example) ? example : {};
  // Ids came with Gemini 3; no recorded 2.x call has one.
  const id = model.generation >= 3 ? { id: toCallId(requestBytes) } : {};
  const functionCall = { name, args, ...id };
  return { kind: "call", wire: { functionCall }, tokens: countJsonTokens({ name, args }) };
}
