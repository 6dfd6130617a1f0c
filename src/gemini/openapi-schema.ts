// A JSON Schema as the OpenAPI subset of `parameters`, `response` and `responseSchema`: the second try, when Gemini refused the first.
// References are inlined, alternatives are anyOf, everything has one type. What the subset cannot say is told in the description.
import type { RaiseSchemaChange } from "./json-schema.ts";
import {
  inferTypes,
  type Lose,
  type OpenApiKeywords,
  type OpenApiType,
  toAnnotations,
  toDemands,
  toNote,
  typesOf,
} from "./openapi-keywords.ts";
import { SchemaGrowth } from "./schema-growth.ts";
import { intersect } from "./schema-intersection.ts";
import { isSchema, pointerSegment, type Schema } from "./schema-positions.ts";
import { type Resolve, resolverOf } from "./schema-references.ts";

/** The subset (gemini-wire §2.6). A schema with `anyOf` has nothing else. */
export interface OpenApiSchema extends OpenApiKeywords {
  type?: OpenApiType;
  items?: OpenApiSchema;
  properties?: Record<string, OpenApiSchema>;
  required?: string[];
  propertyOrdering?: string[];
  anyOf?: OpenApiSchema[];
}

/** Inlining multiplies: a schema is cut to open values once it has grown to this many schemas or characters of text. */
const MAX_NODES = 2_000;
const MAX_CHARACTERS = 262_144;

/** Of a reference, where it is told of. */
const MAX_NAME_LENGTH = 100;

/** Deeper ones are refused for their depth on every path. */
const MAX_DEPTH = 24;

interface Cleaning {
  readonly resolve: Resolve;
  readonly raise: RaiseSchemaChange;
  readonly budget: { nodes: number; characters: number };
  readonly growth: SchemaGrowth;
}

/** Where in the schema the work is: the pointer for those who are told, the references that are open, the depth in the outcome. */
interface Place {
  readonly path: string;
  readonly open: readonly string[];
  readonly depth: number;
}

/** The subset's form of a schema without `allOf` (json-schema.ts merges it). Every loss is told. Never throws, bounded in size and depth. */
export function toOpenApiSchema(
  schema: Schema,
  raise: RaiseSchemaChange,
  growth: SchemaGrowth = new SchemaGrowth(),
): OpenApiSchema {
  const budget = { nodes: MAX_NODES, characters: MAX_CHARACTERS };
  return clean(schema, { path: "#", open: [], depth: 0 }, { resolve: resolverOf(schema), raise, budget, growth });
}

/** The same for parameters, which are always one object. */
export function toOpenApiParameters(schema: Schema, raise: RaiseSchemaChange, growth?: SchemaGrowth): OpenApiSchema {
  const { nullable: _, ...cleaned } = toOpenApiSchema(schema, raise, growth);
  if (cleaned.type === "OBJECT") return cleaned;
  raise("#", "parameters must be an object; the alternatives were put together");
  const objects = (cleaned.anyOf ?? []).filter(({ type }) => type === "OBJECT");
  // The first alternative's word on a name counts.
  const members = objects.toReversed().flatMap(({ properties = {} }) => Object.entries(properties));
  const required = objects.map((object) => object.required ?? []);
  const always = (required[0] ?? []).filter((name) => required.every((names) => names.includes(name)));
  return {
    type: "OBJECT",
    ...(cleaned.description !== undefined && { description: cleaned.description }),
    ...(members.length > 0 && { properties: Object.fromEntries(members) }),
    ...(always.length > 0 && { required: always }),
  };
}

/** Any value at all. Lists are left out: they would need a type of their items. */
function openValue(description: string | undefined): OpenApiSchema {
  const words = description === undefined ? {} : { description };
  return { anyOf: [{ type: "STRING", ...words }, { type: "NUMBER" }, { type: "BOOLEAN" }, { type: "OBJECT" }] };
}

function openObject(description: string): OpenApiSchema {
  return { type: "OBJECT", description };
}

function clean(value: unknown, place: Place, cleaning: Cleaning): OpenApiSchema {
  const { path } = place;
  if (!isSchema(value)) {
    cleaning.raise(path, "any text, number, truth value or object may stand there");
    return openValue(undefined);
  }
  if (isSpent(value, place, cleaning)) {
    cleaning.raise(path, "the schema is too large or too deep there; any object may stand there");
    return openObject("Any object.");
  }
  const { $ref: reference, $defs: _, ...schema } = value;
  if (typeof reference === "string") return inline(reference, schema, place, cleaning);
  const list = Array.isArray(schema["anyOf"]) ? "anyOf" : Array.isArray(schema["oneOf"]) ? "oneOf" : undefined;
  if (list !== undefined) {
    const { [list]: alternatives, ...rest } = schema;
    // `oneOf` counts as `anyOf` for Google on every path.
    return anyOf(alternatives as unknown[], rest, list, place, cleaning);
  }
  const types = typesOf(schema) ?? inferTypes(schema);
  if (types.length > 1)
    return anyOf(
      types.map((type) => ({ type })),
      withoutType(schema),
      "type",
      place,
      cleaning,
    );
  const [type] = types;
  if (type !== undefined) return ofType(type, schema, place, cleaning);
  cleaning.raise(path, "any text, number, truth value or object may stand there");
  return openValue(toAnnotations(schema).description);
}

/** Counts a schema, and tells whether that was one too many. */
function isSpent(schema: Schema, { depth }: Place, { budget, growth }: Cleaning): boolean {
  budget.nodes = growth.admitsInlined() ? budget.nodes - 1 : -1;
  if (budget.nodes >= 0) budget.characters -= ownLength(schema);
  return depth > MAX_DEPTH || isEmpty(budget);
}

function isEmpty({ nodes, characters }: Cleaning["budget"]): boolean {
  return nodes < 0 || characters < 0;
}

/** UTF-16 units of a schema without those inside it, which are counted when they are reached. */
function ownLength(schema: Schema): number {
  return Object.entries(schema).reduce((sum, [key, value]) => sum + key.length + ownLengthOf(key, value), 0);
}

function ownLengthOf(key: string, value: unknown): number {
  if (key === "$defs") return 0;
  if (key === "items" && isSchema(value)) return 0;
  if ((key === "anyOf" || key === "oneOf") && Array.isArray(value)) return 0;
  if (key !== "properties" || !isSchema(value)) return JSON.stringify(value).length;
  return Object.keys(value).reduce((sum, name) => sum + name.length, 0);
}

/** What a reference leads to, in its place; a circle ends in an open object that says so. */
function inline(reference: string, beside: Schema, place: Place, cleaning: Cleaning): OpenApiSchema {
  const target = cleaning.resolve(reference);
  const name = reference.slice(reference.lastIndexOf("/") + 1).slice(0, MAX_NAME_LENGTH);
  if (target === undefined || place.open.includes(reference)) {
    cleaning.raise(place.path, `it contains itself (${name}); any object may stand there`);
    const { description } = toAnnotations(beside);
    return openObject([description, `Again like ${name}.`].filter(Boolean).join(" "));
  }
  const whole = intersect([beside, target], place.path, cleaning.raise);
  return clean(whole, { ...place, open: [...place.open, reference] }, cleaning);
}

/** One of several schemas, each of which must obey what stands beside them: next to `anyOf` nothing else may stand. */
function anyOf(
  alternatives: readonly unknown[],
  beside: Schema,
  keyword: string,
  place: Place,
  cleaning: Cleaning,
): OpenApiSchema {
  const cleaned = new Map<string, OpenApiSchema>();
  let nullable = beside["nullable"] === true;
  for (const [index, alternative] of alternatives.entries()) {
    const path = `${place.path}/${keyword}/${index}`;
    const whole = isSchema(alternative) ? intersect([alternative, beside], path, cleaning.raise) : alternative;
    if (isSchema(whole) && isNull(whole)) {
      nullable = true;
      cleaning.budget.characters -= ownLength(whole);
    } else {
      const schema = clean(whole, { ...place, path, depth: place.depth + 1 }, cleaning);
      for (const one of schema.anyOf ?? [schema]) cleaned.set(JSON.stringify(one), one);
    }
    if (isEmpty(cleaning.budget)) {
      cleaning.raise(path, "the schema is too large there; alternatives that follow were left out");
      break;
    }
  }
  const all = [...cleaned.values()];
  const [only = { type: "NULL" }] = all;
  if (all.length <= 1) return nullable && only.type !== "NULL" ? { ...only, nullable: true } : only;
  return { anyOf: nullable ? all.map((one) => ({ ...one, nullable: true })) : all };
}

function isNull(schema: Schema): boolean {
  const types = typesOf(schema);
  return types?.length === 1 && types[0] === "NULL";
}

function withoutType(schema: Schema): Schema {
  const { type: _, ...rest } = schema;
  return rest;
}

/** A schema of one type. */
function ofType(type: OpenApiType, schema: Schema, place: Place, cleaning: Cleaning): OpenApiSchema {
  const notes: string[] = [];
  const lose = (keyword: string): void => {
    const note = toNote(keyword, schema[keyword]);
    cleaning.raise(
      `${place.path}/${keyword}`,
      `it was ${note === undefined ? "left out" : "put into the description"}`,
    );
    if (note !== undefined) notes.push(note);
  };
  const annotations = toAnnotations(schema);
  const rest = {
    ...toDemands(type, schema, lose),
    ...(type === "ARRAY" && { items: toItems(schema, place, cleaning, lose) }),
    ...(type === "OBJECT" && toMembers(schema, place, cleaning, lose)),
  };
  const description = [annotations.description, ...notes].filter(Boolean).join(" ");
  return { type, ...annotations, ...(description !== "" && { description }), ...rest };
}

/** `items` must be there. Those of a tuple may stand in any order. */
function toItems(schema: Schema, place: Place, cleaning: Cleaning, lose: Lose): OpenApiSchema {
  const inner = { ...place, depth: place.depth + 1 };
  const keyword = Array.isArray(schema["prefixItems"]) ? "prefixItems" : "items";
  const list = schema[keyword];
  if (!Array.isArray(list)) return clean(schema["items"], { ...inner, path: `${place.path}/items` }, cleaning);
  lose(keyword);
  const others = keyword === "prefixItems" && isSchema(schema["items"]) ? [schema["items"]] : [];
  return anyOf([...list, ...others], {}, keyword, inner, cleaning);
}

/** An object without properties is open; required is only what is there, or Gemini answers "property is not defined". */
function toMembers(
  schema: Schema,
  place: Place,
  cleaning: Cleaning,
  lose: Lose,
): Pick<OpenApiSchema, "properties" | "required" | "propertyOrdering"> {
  const { properties, additionalProperties, required, propertyOrdering } = schema;
  // Free names of one type: the subset knows named properties only.
  if (isSchema(additionalProperties) && Object.keys(additionalProperties).length > 0) lose("additionalProperties");
  const members = isSchema(properties) ? toProperties(properties, place, cleaning) : [];
  const names = new Set(members.map(([name]) => name));
  const known = (list: unknown): string[] => (Array.isArray(list) ? list.filter((name) => names.has(name)) : []);
  const demanded = [...new Set(known(required))];
  if (Array.isArray(required) && required.some((name) => !names.has(name))) lose("required");
  const order = known(propertyOrdering);
  return {
    ...(members.length > 0 && { properties: Object.fromEntries(members) }),
    ...(demanded.length > 0 && { required: demanded }),
    ...(order.length > 0 && { propertyOrdering: order }),
  };
}

function toProperties(properties: Schema, place: Place, cleaning: Cleaning): [string, OpenApiSchema][] {
  return Object.entries(properties).flatMap(([name, schema]): [string, OpenApiSchema][] => {
    const path = `${place.path}/properties/${pointerSegment(name)}`;
    if (schema !== false) return [[name, clean(schema, { ...place, path, depth: place.depth + 1 }, cleaning)]];
    cleaning.raise(path, "a property that must not be there was left out");
    return [];
  });
}
