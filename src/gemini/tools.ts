// Tools: the caller's functions as functionDeclarations, Google's own tools, and what is said of their use.
import { Failure } from "../chat/failures.ts";
import type { ModelProfile } from "../chat/models.ts";
import { type ChatRequest, type FunctionTool, type Tool, ToolChoice_Mode } from "../gen/gemini/chat/v1/chat_pb.ts";
import { present } from "./json.ts";
import { isEmptyParameters, readJsonSchema } from "./json-schema.ts";
import type { MappingContext } from "./mapping-context.ts";
import { toOpenApiParameters, toOpenApiSchema } from "./openapi-schema.ts";
import { tellChanges } from "./schema-changes.ts";
import { isServerTool, type PlacedServerTool, toServerTools } from "./server-tools.ts";
import { toCallingConfig } from "./tool-choice.ts";
import type { GenerateContentRequest, WireFunctionDeclaration, WireToolConfig } from "./wire-request.ts";

export type ToolUse = Pick<GenerateContentRequest, "tools" | "toolConfig">;

/**
 * tools and toolConfig. `json`: the answer is to be JSON, beside which functions have no other mode than AUTO.
 * Throws a Failure for tools that are broken in themselves; what the model cannot use is left out, with a warning.
 */
export function toToolUse(request: ChatRequest, json: boolean, context: MappingContext): ToolUse {
  const { model, raise } = context;
  if (isPlain(request) && model.requiredTool === undefined) return {};
  const none = request.toolChoice?.mode === ToolChoice_Mode.NONE;
  // NONE does not switch off Google's tools: they are left out. Beside JSON output unused functions would be refused.
  const functions = none && json ? [] : usableFunctions(request.tools, context);
  const serverTools = usableServerTools(request.tools, functions.length > 0, context).filter(
    ({ kind }) => !none || kind.case === model.requiredTool,
  );
  const tools = toServerTools(serverTools, context);
  if (functions.length > 0) tools.push({ functionDeclarations: functions });
  const mixed = functions.length > 0 && serverTools.length > 0 && model.serverToolsWithFunctions;
  const toolConfig = present({
    functionCallingConfig: toCallingConfig(request, functions, json && model.jsonWithTools, raise),
    retrievalConfig: toRetrievalConfig(request, serverTools.length > 0, context),
    includeServerSideToolInvocations: mixed ? (true as const) : undefined,
  });
  return { ...(tools.length > 0 && { tools }), ...(toolConfig && { toolConfig }) };
}

/** Most requests say nothing of tools. */
function isPlain({ tools, toolChoice, retrieval }: ChatRequest): boolean {
  return tools.length === 0 && toolChoice === undefined && retrieval === undefined;
}

function usableFunctions(tools: readonly Tool[], context: MappingContext): WireFunctionDeclaration[] {
  const { model, raise } = context;
  const declarations = new Map<string, WireFunctionDeclaration>();
  for (const [index, { kind }] of tools.entries()) {
    if (kind.case !== "function") continue;
    const field = `tools[${index}].function`;
    const { name } = kind.value;
    if (declarations.has(name)) {
      throw new Failure("INVALID_VALUE", `The function ${name} is declared twice.`, { field: `${field}.name` });
    }
    declarations.set(name, toDeclaration(kind.value, field, context));
  }
  if (model.functions || declarations.size === 0) return [...declarations.values()];
  raise("tools_dropped", "tools", `${model.id} has no functions; they were not sent.`);
  return [];
}

/** `parametersJsonSchema` takes ordinary JSON Schema; the older `parameters` refuses every keyword it does not know. */
function toDeclaration(tool: FunctionTool, field: string, context: MappingContext): WireFunctionDeclaration {
  const { name, description, parametersJsonSchema, responseJsonSchema } = tool;
  return {
    name,
    description,
    ...(parametersJsonSchema !== "" &&
      toParameters(name, parametersJsonSchema, `${field}.parameters_json_schema`, context)),
    ...(responseJsonSchema !== "" && toResponse(name, responseJsonSchema, `${field}.response_json_schema`, context)),
  };
}

type DeclaredSchemas = Omit<WireFunctionDeclaration, "name" | "description">;

function toParameters(name: string, text: string, field: string, context: MappingContext): DeclaredSchemas {
  const { schemaGrowth: growth } = context.budget;
  context.budget.spend(text, field);
  return tellChanges(field, context.raise, (raise) => {
    const schema = readJsonSchema(text, { subject: `the parameters of ${name}`, field }, raise, growth);
    if (isEmptyParameters(schema)) return {};
    if (!context.plainSchemas) return { parametersJsonSchema: schema };
    const parameters = toOpenApiParameters(schema, raise, growth);
    return parameters.properties === undefined ? {} : { parameters };
  });
}

function toResponse(name: string, text: string, field: string, context: MappingContext): DeclaredSchemas {
  const { schemaGrowth: growth } = context.budget;
  context.budget.spend(text, field);
  return tellChanges(field, context.raise, (raise) => {
    const schema = readJsonSchema(text, { subject: `the response of ${name}`, field }, raise, growth);
    return context.plainSchemas ? { response: toOpenApiSchema(schema, raise, growth) } : { responseJsonSchema: schema };
  });
}

/** Google's tools as far as the model has them, and has them beside functions. Each but file stores and MCP servers counts once. */
function usableServerTools(
  tools: readonly Tool[],
  besideFunctions: boolean,
  context: MappingContext,
): PlacedServerTool[] {
  const { model, raise } = context;
  const usable: PlacedServerTool[] = [];
  const seen = new Set<string>();
  for (const [index, { kind }] of tools.entries()) {
    if (!isServerTool(kind) || (seen.has(kind.case) && kind.case !== "mcpServer" && kind.case !== "fileSearch"))
      continue;
    seen.add(kind.case);
    const path = `tools[${index}]`;
    // Computer use answers with calls to the caller, as functions do.
    const clashes = besideFunctions && !model.serverToolsWithFunctions && kind.case !== "computerUse";
    if (!model.serverTools.includes(kind.case)) raise("tools_dropped", path, `${model.id} does not have this tool.`);
    else if (clashes) raise("tools_dropped", path, `${model.id} cannot use this tool beside functions.`);
    else usable.push({ kind, path });
  }
  requireTool(model, seen);
  return usable;
}

function requireTool({ id, requiredTool }: ModelProfile, given: ReadonlySet<string>): void {
  if (requiredTool === undefined || given.has(requiredTool)) return;
  throw new Failure("MISSING_REQUIRED_PARAMETER", `${id} answers only with its tool ${requiredTool}.`, {
    field: "tools",
  });
}

function toRetrievalConfig(
  { retrieval }: ChatRequest,
  searches: boolean,
  { raise }: MappingContext,
): WireToolConfig["retrievalConfig"] {
  if (retrieval === undefined) return undefined;
  if (!searches) {
    raise("parameter_ignored", "retrieval", "No tool searches: place and language were not sent.");
    return undefined;
  }
  const { latLng, languageCode } = retrieval;
  return present({
    ...(latLng && { latLng: { latitude: latLng.latitude, longitude: latLng.longitude } }),
    ...(languageCode && { languageCode }),
  });
}
