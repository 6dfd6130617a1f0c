// Fields of tools: the caller's functions, and the tools that Google runs.
import { mapped, tolerated, warned, type Field } from "./field.ts";

export const TOOL_FIELDS: readonly Field[] = [
  mapped(
    "tools[].type",
    "tools.kind",
    "`function`, `custom`, and Gemini's own: by type, by Google's keys, or as functions named `codeExecution`, `googleSearch`, `urlContext`, `googleMaps`.",
  ),
  mapped(
    "tools[].function.name",
    "tools.function.name",
    "Letters, digits, `_`, `.`, `:`, `-`; up to 128.",
    "functions",
  ),
  mapped("tools[].function.description", "tools.function.description", "For the model.", "functions"),
  mapped(
    "tools[].function.parameters",
    "tools.function.parameters_json_schema",
    "Ordinary JSON Schema; `{}` and none are the same.",
    "functions",
  ),
  mapped("tools[].function.strict", "tools.function.strict", "Calls obey the schema.", "functions"),
  mapped("tools[].custom.name", "tools.function.name", "A function with one text, `input`.", "functions"),
  mapped("tools[].custom.description", "tools.function.description", "For the model.", "functions"),
  warned(
    "tools[].custom.format",
    "A grammar is described to the model but not enforced; `text` is what always happens.",
    "tool_grammar_ignored",
  ),
  mapped(
    "tools[].google_search.time_range_filter.start_time",
    "tools.google_search.time_range.start",
    "RFC 3339.",
    "serverTools",
  ),
  mapped(
    "tools[].google_search.time_range_filter.end_time",
    "tools.google_search.time_range.end",
    "RFC 3339.",
    "serverTools",
  ),
  mapped("tools[].google_search.search_types.web_search", "tools.google_search.search_types", "Pages.", "serverTools"),
  mapped(
    "tools[].google_search.search_types.image_search",
    "tools.google_search.search_types",
    "Images.",
    "serverTools",
  ),
  mapped(
    "tools[].file_search.file_search_store_names",
    "tools.file_search.store_names",
    "Only where the operator accepts upstream objects.",
    "serverTools",
  ),
  mapped("tools[].file_search.top_k", "tools.file_search.top_k", "How many pieces are found.", "serverTools"),
  mapped(
    "tools[].file_search.metadata_filter",
    "tools.file_search.metadata_filter",
    "Such as `author=Ann`.",
    "serverTools",
  ),
  mapped(
    "tools[].computer_use.environment",
    "tools.computer_use.environment",
    "`browser`, `mobile` or `desktop`.",
    "serverTools",
  ),
  mapped(
    "tools[].computer_use.excluded_predefined_functions",
    "tools.computer_use.excluded_functions",
    "Actions that are not used.",
    "serverTools",
  ),
  mapped("tools[].server_label", "tools.mcp_server.name", "The name of a remote MCP server.", "serverTools"),
  mapped("tools[].server_url", "tools.mcp_server.url", "Google calls it, not this gateway.", "serverTools"),
  mapped(
    "tools[].headers",
    "tools.mcp_server.headers",
    "Sent to the server by Google; also `authorization`.",
    "serverTools",
  ),
  mapped("tools[].timeout", "tools.mcp_server.timeout", "Such as `30s`.", "serverTools"),
  warned("tools[].allowed_tools", "Gemini offers the model all tools of a server.", "parameter_ignored"),
  tolerated("tools[].require_approval", "`never`, because Google asks nobody; anything else is refused."),
];
