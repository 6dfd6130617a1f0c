// Foreign tools → OpenAI's function tools, and Gemini's own tools as `{type: "google_search", …}`: found by their key, by their type in
// other APIs, or by a function name that means them.
import { Failure } from "../../chat/failures.ts";
import { quoteForMessage } from "../quote.ts";
import { googleOf, toSnakeCase, toSnakeWord } from "./google.ts";
import { isObject, type Json } from "../json-object.ts";
import { fill, row, type Place, type Row } from "./row.ts";
import { Type } from "../shape.ts";

const AnyObject = Type.Object({});

/** Spelling in snake case → Gemini's tool. Both the key of a tool and the value of `type` are looked up here. */
const GEMINI_TOOLS: ReadonlyMap<string, string> = new Map([
  ["google_search", "google_search"],
  ["google_search_retrieval", "google_search"],
  ["enterprise_web_search", "google_search"],
  ["web_search", "google_search"],
  ["web_search_preview", "google_search"],
  ["code_execution", "code_execution"],
  ["code_interpreter", "code_execution"],
  ["url_context", "url_context"],
  ["google_maps", "google_maps"],
  ["file_search", "file_search"],
  ["computer_use", "computer_use"],
  ["computer_use_preview", "computer_use"],
]);

/** Function names that mean Gemini's tools when the function has no parameters of its own. */
const FUNCTION_NAMES: ReadonlySet<string> = new Set(
  ["codeExecution", "googleSearch", "urlContext", "googleMaps"].flatMap((name) => [name, toSnakeWord(name)]),
);

/** Options that our shapes of Gemini's tools have a place for. */
const OPTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ["google_search", ["time_range_filter", "search_types"]],
  ["google_maps", ["latitude", "longitude", "language_code"]],
  ["file_search", ["file_search_store_names", "top_k", "metadata_filter"]],
  ["computer_use", ["environment", "excluded_predefined_functions"]],
]);

/** OpenAI's computers. */
const DESKTOPS: ReadonlySet<string> = new Set(["MAC", "WINDOWS", "UBUNTU", "LINUX"]);

export const TOOL_ROWS: readonly Row[] = [
  // OpenAI in 2023.
  row("functions", Type.Array(AnyObject), (functions, draft, { raise, renamed }) => {
    delete draft["functions"];
    if (draft["tools"])
      raise("parameter_ignored", "functions", "Both 'functions' and 'tools' were given; 'tools' was read.");
    const tools = functions.map((declared) => ({ type: "function", function: declared }));
    if (!fill(draft, "tools", tools)) return;
    for (const index of tools.keys()) {
      renamed(`tools[${index}]`, `functions[${index}]`);
      renamed(`tools[${index}].function`, `functions[${index}]`);
    }
  }),
  row(
    "function_call",
    Type.Union([Type.Enum(["none", "auto"]), Type.Object({ name: Type.String() })]),
    (choice, draft, { renamed }) => {
      delete draft["function_call"];
      const named = typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
      if (!fill(draft, "tool_choice", named)) return;
      renamed("tool_choice", "function_call");
      renamed("tool_choice.function", "function_call");
    },
  ),
  row("tools", Type.Array(AnyObject), (tools, draft, place) => {
    const plain: Json[] = [];
    for (const [index, tool] of tools.entries()) {
      const at = `tools[${index}]`;
      for (const one of toPlainTools(tool as Json, draft, { ...place, at })) {
        // One object in Google's spelling can hold several tools.
        if (plain.length !== index) place.renamed(`tools[${plain.length}]`, at);
        plain.push(one);
      }
    }
    draft["tools"] = plain;
  }),
];

/** The tool in plain spelling. Google's spelling can hold several in one object. */
function toPlainTools(tool: Json, draft: Json, place: Place): Json[] {
  const { type, ...beside } = tool;
  if (type === "function") return [meansGeminiTool(tool["function"]) ?? tool];
  if (type === "mcp") return [toPlainMcp(tool, place)];
  if (typeof type === "string") {
    // OpenAI dates its types: web_search_preview_2025_03_11.
    const kind = GEMINI_TOOLS.get(toSnakeWord(type).replace(/(_[0-9]+)+$/, ""));
    if (kind === undefined) return [tool];
    const own = beside[type];
    return [toGeminiTool(kind, isObject(own) ? own : beside, draft, place)];
  }
  const found = Object.entries(beside).flatMap(([key, options]) => {
    if (toSnakeWord(key) === "mcp_servers") return listOf(options).map(toMcp);
    const kind = GEMINI_TOOLS.get(toSnakeWord(key));
    return kind === undefined ? [] : [toGeminiTool(kind, isObject(options) ? options : {}, draft, place)];
  });
  return found.length > 0 ? found : [tool];
}

/** A function that stands for a Gemini tool, in its plain spelling. */
function meansGeminiTool(declared: unknown): Json | undefined {
  if (!isObject(declared) || typeof declared["name"] !== "string" || !FUNCTION_NAMES.has(declared["name"]))
    return undefined;
  const { parameters } = declared;
  const properties = isObject(parameters) ? parameters["properties"] : undefined;
  const ownParameters = isObject(properties) && Object.keys(properties).length > 0;
  return ownParameters ? undefined : { type: toSnakeWord(declared["name"]) };
}

function toGeminiTool(kind: string, options: Json, draft: Json, { at, raise }: Place): Json {
  const known = OPTIONS.get(kind) ?? [];
  const own: Json = {};
  for (const [key, value] of Object.entries(toSnakeCase(options) as Json)) {
    if (known.includes(key)) own[key] = value;
    else if (value !== null)
      raise("search_options_ignored", at, `Gemini's ${kind} has no option ${quoteForMessage(key)}.`);
  }
  if (kind === "google_maps") return keepLocation(own, draft);
  if (kind === "computer_use" && typeof own["environment"] === "string") {
    own["environment"] = toEnvironment(own["environment"]);
  }
  return Object.keys(own).length > 0 ? { type: kind, [kind]: own } : { type: kind };
}

/** OpenAI's words for what is operated, or Gemini's with or without their prefix. */
function toEnvironment(word: string): string {
  const name = word.toUpperCase().replace(/^ENVIRONMENT_/, "");
  return `ENVIRONMENT_${DESKTOPS.has(name) ? "DESKTOP" : name}`;
}

/** Google's own spelling of an MCP server → OpenAI's. */
function toMcp({ name, ...transports }: Json): Json {
  const http = transports["streamable_http_transport"] ?? transports["streamableHttpTransport"];
  const { url, headers, timeout } = isObject(http) ? http : {};
  return { type: "mcp", server_label: name, server_url: url, headers, timeout };
}

/** OpenAI's MCP tool with its token as the header that it is. Google calls such a server without asking anybody. */
function toPlainMcp(
  { authorization, allowed_tools: allowed, require_approval: approval, ...tool }: Json,
  place: Place,
): Json {
  const { at, raise } = place;
  if (approval !== undefined && approval !== null && approval !== "never") {
    const field = `${at}.require_approval`;
    const message = `Unsupported value: '${field}' can only be 'never', because Google calls the server itself, without asking.`;
    throw new Failure("UNSUPPORTED_VALUE", message, { field });
  }
  if (allowed !== undefined && allowed !== null) {
    raise("parameter_ignored", `${at}.allowed_tools`, "Gemini offers the model all tools of an MCP server.");
  }
  if (typeof authorization !== "string") return tool;
  return {
    ...tool,
    headers: { Authorization: `Bearer ${authorization}`, ...(isObject(tool["headers"]) && tool["headers"]) },
  };
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** LiteLLM writes the place of the user into the tool; Gemini wants it beside the tools. */
function keepLocation({ latitude, longitude, language_code: language }: Json, draft: Json): Json {
  const place = latitude === undefined && longitude === undefined ? {} : { lat_lng: { latitude, longitude } };
  const config = { ...place, ...(language === undefined ? {} : { language_code: language }) };
  if (Object.keys(config).length > 0) fill(googleOf(draft), "retrieval_config", config);
  return { type: "google_maps" };
}
