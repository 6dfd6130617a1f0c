// Tools: what the model may be given, which kinds go together, and function declarations in themselves.

import { invalidArgument } from "../errors.ts";
import type { EmulatedModel } from "../models.ts";
import {
  builtInTools,
  declaredFunctions,
  functionCallingMode,
  wantsJson,
  type FunctionDeclaration,
  type GenerateRequest,
} from "../request.ts";

const FUNCTION_NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;
const MAX_FUNCTIONS = 512;

/** Throws a 400 for tools the model lacks or that do not go together. */
export function checkTools(request: GenerateRequest, model: EmulatedModel): void {
  const functions = declaredFunctions(request);
  const builtIns = builtInTools(request);
  checkAbilities(functions, builtIns, model);
  checkDeclarations(functions);
  checkCallingConfig(request, functions, builtIns);
  checkCombination(request, functions, builtIns, model);
  if (wantsJson(request) && functions.length > 0) checkFunctionsWithJson(request, model);
}

function checkAbilities(
  functions: readonly FunctionDeclaration[],
  builtIns: readonly string[],
  model: EmulatedModel,
): void {
  if (functions.length > 0 && !model.functions) {
    throw invalidArgument(`Function calling is not enabled for models/${model.id}`);
  }
  if (builtIns.includes("googleSearchRetrieval")) {
    throw invalidArgument("google_search_retrieval is not supported. Please use google_search tool instead.");
  }
  const refused = builtIns.find(
    (name) => model.builtIns === "none" || (model.builtIns === "search" && name !== "googleSearch"),
  );
  if (refused !== undefined) throw invalidArgument(`Tool ${refused} is not enabled for models/${model.id}`);
  if (builtIns.includes("computerUse") && model.generation < 3 && !model.id.includes("computer-use")) {
    throw invalidArgument(`Computer Use is not enabled for models/${model.id}`);
  }
  if (model.id.includes("computer-use") && !builtIns.includes("computerUse")) {
    throw invalidArgument("This model requires the use of the Computer Use tool.");
  }
}

function checkDeclarations(functions: readonly FunctionDeclaration[]): void {
  if (functions.length > MAX_FUNCTIONS) {
    throw invalidArgument(`At most ${MAX_FUNCTIONS} function declarations can be specified.`);
  }
  const names = new Set<string>();
  functions.forEach((declaration, index) => {
    const { name = "" } = declaration;
    const path = `* GenerateContentRequest.tools[0].function_declarations[${index}]`;
    if (!FUNCTION_NAME.test(name)) {
      throw invalidArgument(
        `${path}.name: Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, ` +
          "A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.\n",
      );
    }
    if (declaration.behavior === "NON_BLOCKING") {
      throw invalidArgument(`${path}.behavior: NON_BLOCKING functions are only supported in the Live API.\n`);
    }
    if (names.has(name)) throw invalidArgument(`Duplicate function declaration found: ${name}`);
    names.add(name);
    const bothParameters = declaration.parameters !== undefined && declaration.parametersJsonSchema !== undefined;
    const bothResponses = declaration.response !== undefined && declaration.responseJsonSchema !== undefined;
    if (bothParameters || bothResponses) {
      throw invalidArgument(`${path}: a schema and a JSON schema of the same thing must not both be set.\n`);
    }
  });
}

function checkCallingConfig(
  request: GenerateRequest,
  functions: readonly FunctionDeclaration[],
  builtIns: readonly string[],
): void {
  const config = request.toolConfig?.functionCallingConfig;
  if (config === undefined) return;
  const mode = functionCallingMode(request);
  // Beside built-in tools AUTO says nothing new; such requests were recorded as answered.
  if (functions.length === 0 && !(mode === "AUTO" && builtIns.length > 0)) {
    throw invalidArgument("Function calling config is set without function_declarations.");
  }
  // Beside AUTO they were recorded as accepted, whatever the documentation says.
  if (mode === "NONE" && (config.allowedFunctionNames ?? []).length > 0) {
    throw invalidArgument("allowed_function_names should not be set when the function calling mode is NONE.");
  }
  const unknown = (config.allowedFunctionNames ?? []).find((name) => !functions.some((entry) => entry.name === name));
  if (unknown !== undefined) {
    throw invalidArgument(`allowed_function_names contains ${unknown}, which is not a declared function.`);
  }
}

/** Functions beside tools that Google runs: refused before Gemini 3, announced by a flag from then on. */
function checkCombination(
  request: GenerateRequest,
  functions: readonly FunctionDeclaration[],
  builtIns: readonly string[],
  model: EmulatedModel,
): void {
  // The computer-use model takes a caller's own functions beside its predefined ones.
  const others = model.id.includes("computer-use") ? builtIns.filter((name) => name !== "computerUse") : builtIns;
  if (functions.length === 0 || others.length === 0) return;
  if (model.generation < 3) throw invalidArgument("Tool use with function calling is unsupported");
  if (request.toolConfig?.includeServerSideToolInvocations !== true) {
    throw invalidArgument(
      "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling.",
    );
  }
}

function checkFunctionsWithJson(request: GenerateRequest, model: EmulatedModel): void {
  const mode = functionCallingMode(request);
  if (model.generation >= 3 && mode === "AUTO") return;
  const calling = model.generation >= 3 ? `Function calling with mode ${mode} and` : "Function calling with";
  throw invalidArgument(`${calling} a response mime type: 'application/json' is unsupported`);
}
