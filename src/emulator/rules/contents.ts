// Contents as such: present, with a valid role, and every part holding something.

import { invalidArgument } from "../errors.ts";
import type { EmulatedModel } from "../models.ts";
import type { Content, GenerateRequest, Part } from "../request.ts";

/** `function` is the legacy role of function results; recorded requests with it were answered 200. */
const ROLES = ["user", "model", "function"];

const DATA_FIELDS = [
  "text",
  "inlineData",
  "fileData",
  "functionCall",
  "functionResponse",
  "executableCode",
  "codeExecutionResult",
  "toolCall",
  "toolResponse",
  "audioTranscription",
] as const satisfies readonly (keyof Part)[];

/** Throws a 400 for contents that are missing, empty or of no valid role. */
export function checkContents(request: GenerateRequest, model: EmulatedModel): void {
  const contents = request.contents ?? [];
  if (contents.length === 0) {
    throw invalidArgument("* GenerateContentRequest.contents: contents is not specified\n");
  }
  contents.forEach((content, index) => checkContent(content, index, contents.length));
  if (request.systemInstruction !== undefined) checkSystemInstruction(request.systemInstruction, model);
}

function checkContent(content: Content, index: number, count: number): void {
  // Only a single turn may leave its role out.
  const isRoleless = content.role === undefined || content.role === "";
  if (isRoleless ? count > 1 : !ROLES.includes(content.role ?? "")) {
    throw invalidArgument("Please use a valid role: user, model.");
  }
  const parts = content.parts ?? [];
  const path = `* GenerateContentRequest.contents[${index}].parts`;
  if (parts.length === 0) throw invalidArgument(`${path}: contents.parts must not be empty.\n`);
  parts.forEach((part, partIndex) => {
    // A signature alone is enough: recorded requests echoed `{"text":"","thoughtSignature":…}` without its empty text.
    if (part.thoughtSignature === undefined && DATA_FIELDS.every((field) => part[field] === undefined)) {
      throw invalidArgument(
        `${path}[${partIndex}].data: required oneof field 'data' must have one initialized field\n`,
      );
    }
    checkCallParts(part, content.role);
  });
}

function checkCallParts(part: Part, role: string | undefined): void {
  const { functionCall, functionResponse } = part;
  if (functionCall !== undefined && (functionCall.name ?? "") === "") {
    throw invalidArgument("* GenerateContentRequest.contents: function_call.name: Name cannot be empty.\n");
  }
  if (functionCall !== undefined && role !== "model") {
    throw invalidArgument("Please ensure that function calls are only in turns of the role model.");
  }
  if (functionResponse !== undefined && (functionResponse.name ?? "") === "") {
    throw invalidArgument("* GenerateContentRequest.contents: function_response.name: Name cannot be empty.\n");
  }
}

/** Gemma, speech and music models take none; the others take text only. */
function checkSystemInstruction(instruction: Content, model: EmulatedModel): void {
  if (!model.systemInstruction) throw invalidArgument(`Developer instruction is not enabled for models/${model.id}`);
  if ((instruction.parts ?? []).some((part) => part.text === undefined)) {
    throw invalidArgument("System instruction only supports text parts.");
  }
}
