// The order of turns: calls after user turns, results right after calls and one for each, no trailing model turn.

import { invalidArgument } from "../errors.ts";
import type { EmulatedModel } from "../models.ts";
import type { Content, FunctionResponse, InlineData, Part } from "../request.ts";

const CALL_ORDER =
  "Please ensure that function call turn comes immediately after a user turn or after a function response turn.";
const RESPONSE_ORDER = "Please ensure that function response turn comes immediately after a function call turn.";
const RESPONSE_COUNT =
  "Please ensure that the number of function response parts is equal to the number of function call parts of the " +
  "function call turn.";

/** Throws a 400 for turns out of order or results that do not match their calls. */
export function checkTurns(contents: readonly Content[], model: EmulatedModel): void {
  const turns = mergeModelTurns(contents);
  turns.forEach((turn, index) => {
    // A model turn that holds results too is the record of a server-side MCP loop: nothing is left to answer.
    if (turn.role === "model" && responsesOf(turn).length > 0) return;
    if (callsOf(turn) > 0) checkCallTurn(turns, index, model);
    if (responsesOf(turn).length > 0) checkResponseTurn(turns, index, model);
  });
  const last = turns.at(-1);
  if (!model.prefill && last?.role === "model" && !isEmpty(last)) {
    throw invalidArgument("Requests ending with a model turn are not supported.");
  }
}

/** Model turns in a row count as one (two of them, each with a call, were recorded before one turn of results). */
function mergeModelTurns(contents: readonly Content[]): readonly Content[] {
  const turns: Content[] = [];
  for (const content of contents) {
    const previous = turns.at(-1);
    if (content.role === "model" && previous?.role === "model") {
      turns[turns.length - 1] = { role: "model", parts: [...(previous.parts ?? []), ...(content.parts ?? [])] };
    } else {
      turns.push(content);
    }
  }
  return turns;
}

const callsOf = (turn: Content | undefined) =>
  (turn?.parts ?? []).filter((part) => part.functionCall !== undefined).length;

const responsesOf = (turn: Content | undefined): readonly FunctionResponse[] =>
  (turn?.parts ?? []).flatMap((part) => part.functionResponse ?? []);

const TEXT_FIELDS = ["text", "thought", "thoughtSignature"];

const isEmpty = (turn: Content) =>
  (turn.parts ?? []).every(
    (part) => (part.text ?? "").trim() === "" && Object.keys(part).every((field) => TEXT_FIELDS.includes(field)),
  );

function checkCallTurn(turns: readonly Content[], index: number, model: EmulatedModel): void {
  if (index === 0) throw invalidArgument(CALL_ORDER);
  const isLast = index === turns.length - 1;
  // A call that ends the request is a trailing model turn: the prefill rule answers where it is stricter.
  if (isLast && !model.prefill) return;
  if (responsesOf(turns[index + 1]).length !== callsOf(turns[index])) throw invalidArgument(RESPONSE_COUNT);
}

function checkResponseTurn(turns: readonly Content[], index: number, model: EmulatedModel): void {
  const turn = turns[index];
  if (callsOf(turns[index - 1]) === 0) throw invalidArgument(RESPONSE_ORDER);
  const strangers = (turn?.parts ?? []).filter((part) => part.functionResponse === undefined);
  // Before Gemini 3 media of a result travel as sibling parts; from 3 on they belong into functionResponse.parts.
  const allowed = model.generation < 3 ? strangers.every(isMedia) : strangers.length === 0;
  if (!allowed) throw invalidArgument(RESPONSE_COUNT);
  for (const response of responsesOf(turn)) checkResponse(response, model);
}

const isMedia = (part: Part) => part.inlineData !== undefined || part.fileData !== undefined;

/** `response` must be an object (an absent one is empty) whose `$ref` keys name media sent beside it. */
function checkResponse(response: FunctionResponse, model: EmulatedModel): void {
  const media = (response.parts ?? []).flatMap((part) => part.inlineData ?? []);
  if (media.length > 0 && model.generation < 3) {
    throw invalidArgument("Multimodal function responses are not supported for this model.");
  }
  for (const reference of refsIn(response.response)) {
    if (!media.some((item: InlineData) => item.displayName === reference)) {
      throw invalidArgument(
        `Invalid function response '${response.name}': $ref ${JSON.stringify(reference)} does not name a part of the response.`,
      );
    }
  }
}

function refsIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === "$ref" ? [item] : refsIn(item)));
}
