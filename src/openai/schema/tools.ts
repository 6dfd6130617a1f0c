// Shapes of tools and of the choice among them.
import type { Static } from "typebox";
import { maybe } from "./maybe.ts";
import { Type } from "../shape.ts";

/** As many function declarations as Gemini takes. */
export const TOOLS_MAX = 512;
/** Gemini's rule, wider than OpenAI's but for the first letter. */
const ToolName = Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$" });
const AnyObject = Type.Object({});

const FunctionTool = Type.Object({
  type: Type.Literal("function"),
  function: Type.Object({
    name: ToolName,
    description: maybe(Type.String()),
    parameters: maybe(AnyObject),
    strict: maybe(Type.Boolean()),
  }),
});
const Grammar = Type.Object({ definition: Type.String(), syntax: Type.Enum(["lark", "regex"]) });
const CustomFormat = Type.Union(
  [Type.Object({ type: Type.Literal("text") }), Type.Object({ type: Type.Literal("grammar"), grammar: Grammar })],
  { discriminator: { propertyName: "type" } },
);
const CustomTool = Type.Object({
  type: Type.Literal("custom"),
  custom: Type.Object({ name: ToolName, description: maybe(Type.String()), format: maybe(CustomFormat) }),
});

const Instant = Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,18}(Z|[+-][0-9]{2}:[0-9]{2})$" });
const GoogleSearch = Type.Object({
  type: Type.Literal("google_search"),
  google_search: maybe(
    Type.Object({
      time_range_filter: maybe(Type.Object({ start_time: Instant, end_time: Instant })),
      search_types: maybe(Type.Object({ web_search: maybe(AnyObject), image_search: maybe(AnyObject) })),
    }),
  ),
});
const FileSearch = Type.Object({
  type: Type.Literal("file_search"),
  file_search: Type.Object({
    file_search_store_names: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 16 }),
    top_k: maybe(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
    metadata_filter: maybe(Type.String()),
  }),
});
const ENVIRONMENTS = [
  "ENVIRONMENT_UNSPECIFIED",
  "ENVIRONMENT_BROWSER",
  "ENVIRONMENT_MOBILE",
  "ENVIRONMENT_DESKTOP",
] as const;
const ComputerUse = Type.Object({
  type: Type.Literal("computer_use"),
  computer_use: maybe(
    Type.Object({
      environment: maybe(Type.Enum([...ENVIRONMENTS])),
      excluded_predefined_functions: maybe(Type.Array(Type.String())),
    }),
  ),
});

/** Google fetches it, never we. No user, no fragment, only letters of RFC 3986. */
const ServerUrl = Type.String({
  maxLength: 8192,
  pattern:
    "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/([A-Za-z0-9._~:/@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?(\\?([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?$",
});
const Mcp = Type.Object({
  type: Type.Literal("mcp"),
  server_label: Type.String({ minLength: 1, maxLength: 128 }),
  server_url: ServerUrl,
  headers: maybe(Type.Record(Type.String(), Type.String(), { maxProperties: 64 })),
  timeout: maybe(Type.String({ pattern: "^[0-9]{1,6}(\\.[0-9]{1,9})?s$" })),
});

/** OpenAI's two kinds, and Gemini's own tools under their names in snake case. */
export const ToolShape = Type.Union(
  [
    FunctionTool,
    CustomTool,
    GoogleSearch,
    Type.Object({ type: Type.Literal("code_execution") }),
    Type.Object({ type: Type.Literal("url_context") }),
    Type.Object({ type: Type.Literal("google_maps") }),
    FileSearch,
    ComputerUse,
    Mcp,
  ],
  { discriminator: { propertyName: "type" } },
);

const NamedFunction = Type.Object({ type: Type.Literal("function"), function: Type.Object({ name: Type.String() }) });
const NamedCustom = Type.Object({ type: Type.Literal("custom"), custom: Type.Object({ name: Type.String() }) });
const Named = Type.Union([NamedFunction, NamedCustom], { discriminator: { propertyName: "type" } });
const AllowedTools = Type.Object({
  type: Type.Literal("allowed_tools"),
  allowed_tools: Type.Object({
    mode: Type.Enum(["auto", "required"]),
    tools: Type.Array(Named, { minItems: 1, maxItems: TOOLS_MAX }),
  }),
});

export const ToolChoiceShape = Type.Union([
  Type.Enum(["none", "auto", "required"]),
  Type.Union([NamedFunction, NamedCustom, AllowedTools], { discriminator: { propertyName: "type" } }),
]);

export const WebSearchOptionsShape = Type.Object({
  search_context_size: maybe(Type.Enum(["low", "medium", "high"])),
  user_location: maybe(AnyObject),
});

export type Tool = Static<typeof ToolShape>;
export type ToolOf<Kind extends Tool["type"]> = Extract<Tool, { type: Kind }>;
export type NamedTool = Static<typeof Named>;
