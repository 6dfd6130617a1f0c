// The keywords of Gemini's OpenAPI subset that hold no schemas: types, words, values and bounds, and what has no place among them.
import type { Schema } from "./schema-positions.ts";

export type OpenApiType = "STRING" | "NUMBER" | "INTEGER" | "BOOLEAN" | "ARRAY" | "OBJECT" | "NULL";

/** Keywords without schemas. Numbers of type int64 are decimal text, as in all proto JSON. */
export interface OpenApiKeywords {
  title?: string;
  description?: string;
  nullable?: true;
  format?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minItems?: string;
  maxItems?: string;
  minLength?: string;
  maxLength?: string;
  minProperties?: string;
  maxProperties?: string;
  pattern?: string;
  default?: unknown;
  example?: unknown;
}

/** Tells that a keyword has no place in the subset; it is described in words instead. */
export type Lose = (keyword: string) => void;

/** Higher bounds of lengths, and longer patterns, multiply the states of Gemini's decoder ("too many states for serving"). */
const MAX_COUNT = 64;
const MAX_PATTERN_LENGTH = 64;

/** A longer keyword would drown the description. */
const MAX_NOTE_LENGTH = 200;

const TYPES: ReadonlySet<string> = new Set(["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]);

/** "only 'enum' and 'date-time' are supported for STRING type", says Gemini; numbers have those of proto. */
const FORMATS: Partial<Record<OpenApiType, readonly string[]>> = {
  STRING: ["enum", "date-time"],
  NUMBER: ["float", "double"],
  INTEGER: ["int32", "int64"],
};

/** Keywords that demand something the subset cannot say. Keywords that no JSON Schema has demand nothing. */
const UNSAYABLE = (
  "uniqueItems contains minContains maxContains multipleOf not if then else patternProperties propertyNames oneOf " +
  "dependentSchemas dependentRequired dependencies additionalItems contentEncoding contentMediaType contentSchema"
).split(" ");

/** The types that `type` names; undefined: it names none. */
export function typesOf({ type }: Schema): OpenApiType[] | undefined {
  const words = (Array.isArray(type) ? type : [type]).map((word) =>
    typeof word === "string" ? word.toUpperCase() : "",
  );
  const types = words.filter((word): word is OpenApiType => TYPES.has(word));
  return types.length === 0 ? undefined : [...new Set(types)];
}

/** Keywords that only make sense for one type. */
const TELLTALES: readonly (readonly [OpenApiType, readonly string[]])[] = [
  ["OBJECT", ["properties", "required", "additionalProperties", "minProperties", "maxProperties", "patternProperties"]],
  ["ARRAY", ["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]],
  ["STRING", ["pattern", "minLength", "maxLength", "format"]],
  ["NUMBER", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

/** The types of a schema that names none, by its values or its keywords; empty: it may be anything. */
export function inferTypes(schema: Schema): OpenApiType[] {
  const values = valuesOf(schema);
  if (values !== undefined) return [...new Set(values.map(typeOfValue))];
  const told = TELLTALES.find(([, keywords]) => keywords.some((keyword) => Object.hasOwn(schema, keyword)));
  return told === undefined ? [] : [told[0]];
}

function typeOfValue(value: unknown): OpenApiType {
  if (value === null) return "NULL";
  if (Array.isArray(value)) return "ARRAY";
  if (typeof value === "number") return Number.isInteger(value) ? "INTEGER" : "NUMBER";
  return typeof value === "string" ? "STRING" : typeof value === "boolean" ? "BOOLEAN" : "OBJECT";
}

function valuesOf(schema: Schema): readonly unknown[] | undefined {
  if (Object.hasOwn(schema, "const")) return [schema["const"]];
  const { enum: values } = schema;
  return Array.isArray(values) && values.length > 0 ? values : undefined;
}

/** Words about the schema. */
export function toAnnotations({ title, description, nullable, default: preset, example }: Schema): OpenApiKeywords {
  return {
    ...(typeof title === "string" && { title }),
    ...(typeof description === "string" && { description }),
    ...(nullable === true && { nullable }),
    // Gemini ignores them; lists and objects might nest too deep.
    ...(isScalar(preset) && { default: preset }),
    ...(isScalar(example) && { example }),
  };
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/** Values, formats and bounds of a schema of one type. */
export function toDemands(type: OpenApiType, schema: Schema, lose: Lose): OpenApiKeywords {
  for (const keyword of UNSAYABLE) if (Object.hasOwn(schema, keyword)) lose(keyword);
  const format = toFormat(type, schema, lose);
  const values = toValues(type, schema, lose);
  switch (type) {
    case "STRING":
      return {
        ...format,
        ...values,
        ...toPattern(schema, lose),
        ...toCounts(schema, ["minLength", "maxLength"], lose),
      };
    case "NUMBER":
    case "INTEGER":
      return { ...format, ...values, ...toRange(type, schema, lose) };
    case "ARRAY":
      return { ...values, ...toCounts(schema, ["minItems", "maxItems"], lose) };
    case "OBJECT":
      return { ...values, ...toCounts(schema, ["minProperties", "maxProperties"], lose) };
    default:
      return values;
  }
}

function toFormat(type: OpenApiType, { format }: Schema, lose: Lose): OpenApiKeywords {
  if (typeof format !== "string" || format === "") return {};
  if (FORMATS[type]?.includes(format)) return { format };
  lose("format");
  return {};
}

/** Only strings can be listed, and none of them empty ("enum[0]: cannot be empty"). */
function toValues(type: OpenApiType, schema: Schema, lose: Lose): OpenApiKeywords {
  const values = valuesOf(schema);
  if (values === undefined || type === "NULL") return {};
  const keyword = Object.hasOwn(schema, "const") ? "const" : "enum";
  if (type !== "STRING") {
    lose(keyword);
    return {};
  }
  const texts = values.filter((value): value is string => typeof value === "string" && value !== "");
  if (values.includes("")) lose(keyword);
  return texts.length === 0 ? {} : { enum: [...new Set(texts)] };
}

function toPattern({ pattern }: Schema, lose: Lose): OpenApiKeywords {
  if (typeof pattern !== "string") return {};
  if (pattern.length <= MAX_PATTERN_LENGTH) return { pattern };
  lose("pattern");
  return {};
}

type CountKeyword = "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties";

function toCounts(schema: Schema, keywords: readonly CountKeyword[], lose: Lose): OpenApiKeywords {
  const counts: OpenApiKeywords = {};
  for (const keyword of keywords) {
    const value = schema[keyword];
    if (value === undefined) continue;
    const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof count === "number" && Number.isInteger(count) && count >= 0 && count <= MAX_COUNT) {
      counts[keyword] = String(count);
    } else lose(keyword);
  }
  return counts;
}

/** Bounds are always included: of an integer that costs nothing, of other numbers it is told. */
function toRange(type: OpenApiType, schema: Schema, lose: Lose): OpenApiKeywords {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const lowest = [minimum, type === "INTEGER" && isNumber(above) ? Math.floor(above) + 1 : above].filter(isNumber);
  const highest = [maximum, type === "INTEGER" && isNumber(below) ? Math.ceil(below) - 1 : below].filter(isNumber);
  if (above !== undefined && !(type === "INTEGER" && isNumber(above))) lose("exclusiveMinimum");
  if (below !== undefined && !(type === "INTEGER" && isNumber(below))) lose("exclusiveMaximum");
  return {
    ...(lowest.length > 0 && { minimum: Math.max(...lowest) }),
    ...(highest.length > 0 && { maximum: Math.min(...highest) }),
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A keyword in words; undefined: it is too long for that. */
export function toNote(keyword: string, value: unknown): string | undefined {
  const note = `${keyword}: ${JSON.stringify(value)}.`;
  return note.length <= MAX_NOTE_LENGTH ? note : undefined;
}
