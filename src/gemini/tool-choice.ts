// Whether and what the model must call: functionCallingConfig.
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { type ChatRequest, ToolChoice_Mode } from "../gen/gemini/chat/v1/chat_pb.ts";
import { isServerTool } from "./server-tools.ts";
import type { CallingMode, WireFunctionDeclaration, WireToolConfig } from "./wire-request.ts";

/**
 * functionCallingConfig; undefined stands for AUTO, which is Gemini's default. Without functions Gemini refuses it.
 * `json`: JSON output stands beside the functions, which only AUTO allows; what the caller orders goes before that.
 * Throws INVALID_VALUE for a name that is no tool.
 */
export function toCallingConfig(
  request: ChatRequest,
  functions: readonly WireFunctionDeclaration[],
  json: boolean,
  raise: RaiseWarning,
): WireToolConfig["functionCallingConfig"] {
  const { mode = ToolChoice_Mode.AUTO, allowedNames = [] } = request.toolChoice ?? {};
  const allowed = mode === ToolChoice_Mode.NONE ? [] : allowedFunctions(request, allowedNames);
  const onlyServerTools = allowedNames.length > 0 && allowed.length === 0;
  const forces = mode === ToolChoice_Mode.REQUIRED || mode === ToolChoice_Mode.VALIDATED || allowed.length > 0;
  if (mode === ToolChoice_Mode.NONE) return functions.length === 0 ? undefined : { mode: "NONE" };
  if (onlyServerTools || (forces && functions.length === 0)) {
    raise("tool_choice_adjusted", "tool_choice", "Only functions can be demanded; the model decides by itself.");
    return undefined;
  }
  const word = toMode(mode, allowed.length > 0);
  if (word !== "AUTO") return { mode: word, ...(allowed.length > 0 && { allowedFunctionNames: allowed }) };
  return hasStrictFunction(request) && functions.length > 0 ? strictMode(json, raise) : undefined;
}

/** A list is accepted only with ANY and VALIDATED. */
function toMode(mode: ToolChoice_Mode, listed: boolean): CallingMode {
  if (mode === ToolChoice_Mode.REQUIRED) return "ANY";
  return mode === ToolChoice_Mode.VALIDATED || listed ? "VALIDATED" : "AUTO";
}

function strictMode(json: boolean, raise: RaiseWarning): WireToolConfig["functionCallingConfig"] {
  if (!json) return { mode: "VALIDATED" };
  raise("tool_choice_adjusted", "tools", "Beside JSON output Gemini cannot hold calls to their schemas.");
  return undefined;
}

function hasStrictFunction({ tools }: ChatRequest): boolean {
  return tools.some(({ kind }) => kind.case === "function" && kind.value.strict);
}

/** The functions among the names; Google's tools may be named too, but cannot be demanded. */
function allowedFunctions({ tools }: ChatRequest, names: readonly string[]): string[] {
  const functions = new Set(tools.flatMap(({ kind }) => (kind.case === "function" ? kind.value.name : [])));
  const serverTools = new Set(tools.flatMap(({ kind }) => (isServerTool(kind) ? kind.case.toLowerCase() : [])));
  return names.filter((name, index) => {
    if (functions.has(name)) return true;
    if (serverTools.has(name.replaceAll("_", "").toLowerCase())) return false;
    throw new Failure("INVALID_VALUE", `No tool is called ${name}.`, { field: `tool_choice.allowed_names[${index}]` });
  });
}
