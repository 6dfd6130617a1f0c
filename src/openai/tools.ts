// OpenAI tools and tool_choice → the contract's, one for one; the web search option becomes Gemini's search tool.
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import {
  ComputerUseTool_Environment as Environment,
  GoogleSearchTool_SearchType as SearchType,
  type ComputerUseTool,
  type FunctionTool,
  type GoogleSearchTool,
  type McpServer,
  type Tool,
} from "../gen/gemini/chat/v1/chat_pb.ts";
import { toDuration } from "./duration.ts";
import { toJsonText } from "./json-text.ts";
import type { ChatCompletionBody } from "./schema.ts";
import type { Tool as PlainTool, ToolOf } from "./schema/tools.ts";

/** What a custom tool is to Gemini: a function that takes one text. */
const CUSTOM_PARAMETERS = JSON.stringify({
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
});

/** Tools of a request, in order. Throws a Failure that names the OpenAI parameter. */
export function readTools(body: ChatCompletionBody, raise: RaiseWarning): Tool[] {
  const tools = (body.tools ?? []).map((tool, index) => toTool(tool, `tools[${index}]`, raise));
  if (body.parallel_tool_calls === false) {
    raise("parallel_tool_calls_ignored", "parallel_tool_calls", "Gemini cannot be limited to one call at a time.");
  }
  const { web_search_options: search } = body;
  if (search) {
    for (const option of ["search_context_size", "user_location"] as const) {
      if (search[option])
        raise("search_options_ignored", `web_search_options.${option}`, `Gemini's search has no option '${option}'.`);
    }
    if (!tools.some(({ kind }) => kind.case === "googleSearch"))
      tools.push(toolOf({ case: "googleSearch", value: toGoogleSearch({}, "") }));
  }
  return tools;
}

function toolOf(kind: Tool["kind"]): Tool {
  return { $typeName: "gemini.chat.v1.Tool", kind };
}

function toTool(tool: PlainTool, at: string, raise: RaiseWarning): Tool {
  switch (tool.type) {
    case "function":
      return toolOf({ case: "function", value: toFunction(tool, at) });
    case "custom":
      return toolOf({ case: "function", value: toCustomFunction(tool, at, raise) });
    case "google_search":
      return toolOf({ case: "googleSearch", value: toGoogleSearch(tool.google_search ?? {}, `${at}.google_search`) });
    case "code_execution":
      return toolOf({ case: "codeExecution", value: { $typeName: "gemini.chat.v1.CodeExecutionTool" } });
    case "url_context":
      return toolOf({ case: "urlContext", value: { $typeName: "gemini.chat.v1.UrlContextTool" } });
    case "google_maps":
      return toolOf({ case: "googleMaps", value: { $typeName: "gemini.chat.v1.GoogleMapsTool" } });
    case "file_search": {
      const { file_search_store_names: storeNames, top_k: topK, metadata_filter: filter } = tool.file_search;
      const value = { storeNames, ...(topK && { topK }), metadataFilter: filter ?? "" };
      return toolOf({ case: "fileSearch", value: { $typeName: "gemini.chat.v1.FileSearchTool", ...value } });
    }
    case "computer_use":
      return toolOf({ case: "computerUse", value: toComputerUse(tool.computer_use ?? {}) });
    case "mcp":
      return toolOf({ case: "mcpServer", value: toMcpServer(tool) });
  }
}

function toFunction({ function: declared }: ToolOf<"function">, at: string): FunctionTool {
  const { name, description, parameters, strict } = declared;
  // `{}` and no parameters at all mean the same, and older models refuse an object schema without properties.
  const empty = !parameters || Object.keys(parameters).length === 0;
  return {
    $typeName: "gemini.chat.v1.FunctionTool",
    name,
    description: (description ?? "").toWellFormed(),
    parametersJsonSchema: empty ? "" : toJsonText(parameters, `${at}.function.parameters`),
    responseJsonSchema: "",
    strict: strict ?? false,
  };
}

/** The grammar, which Gemini cannot enforce, is told in the description. */
function toCustomFunction({ custom }: ToolOf<"custom">, at: string, raise: RaiseWarning): FunctionTool {
  const grammar = custom.format?.type === "grammar" ? custom.format.grammar : undefined;
  if (grammar) {
    raise(
      "tool_grammar_ignored",
      `${at}.custom.format`,
      "Gemini cannot enforce a grammar; it was described to the model instead.",
    );
  }
  const rule = grammar && `The input must match this ${grammar.syntax} grammar:\n${grammar.definition}`;
  return {
    $typeName: "gemini.chat.v1.FunctionTool",
    name: custom.name,
    description: [custom.description, rule].filter(Boolean).join("\n\n").toWellFormed(),
    parametersJsonSchema: CUSTOM_PARAMETERS,
    responseJsonSchema: "",
    strict: false,
  };
}

function toGoogleSearch(options: NonNullable<ToolOf<"google_search">["google_search"]>, at: string): GoogleSearchTool {
  const { time_range_filter: range, search_types: types } = options;
  const searchTypes = [
    ...(types?.web_search ? [SearchType.WEB] : []),
    ...(types?.image_search ? [SearchType.IMAGE] : []),
  ];
  if (!range) return { $typeName: "gemini.chat.v1.GoogleSearchTool", searchTypes };
  const filter = `${at}.time_range_filter`;
  const timeRange = {
    $typeName: "gemini.chat.v1.TimeRange" as const,
    start: toTimestamp(range.start_time, `${filter}.start_time`),
    end: toTimestamp(range.end_time, `${filter}.end_time`),
  };
  return { $typeName: "gemini.chat.v1.GoogleSearchTool", searchTypes, timeRange };
}

function toTimestamp(text: string, field: string): Timestamp {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new Failure("INVALID_VALUE", `Invalid '${field}': expected a time such as '2026-01-31T00:00:00Z'.`, {
      field,
    });
  }
  const seconds = Math.floor(ms / 1000);
  return { $typeName: "google.protobuf.Timestamp", seconds: BigInt(seconds), nanos: (ms - seconds * 1000) * 1e6 };
}

/** Its headers are the caller's secrets: they go to Google and nowhere else. */
function toMcpServer({ server_label: name, server_url: url, headers, timeout }: ToolOf<"mcp">): McpServer {
  const entries = Object.entries(headers ?? {}).map(([key, value]) => [key.toWellFormed(), value.toWellFormed()]);
  return {
    $typeName: "gemini.chat.v1.McpServer",
    name: name.toWellFormed(),
    url,
    headers: Object.fromEntries(entries) as Record<string, string>,
    ...(timeout && { timeout: toDuration(timeout) }),
  };
}

function toComputerUse(options: NonNullable<ToolOf<"computer_use">["computer_use"]>): ComputerUseTool {
  const word = (options.environment ?? "ENVIRONMENT_UNSPECIFIED").replace(
    "ENVIRONMENT_",
    "",
  ) as keyof typeof Environment;
  return {
    $typeName: "gemini.chat.v1.ComputerUseTool",
    environment: Environment[word],
    excludedFunctions: options.excluded_predefined_functions ?? [],
  };
}
