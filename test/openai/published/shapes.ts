// Holds answers against OpenAI's published shapes, closed: a member that is neither published nor a listed extension is refused.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { openApiDocument } from "../../../src/openai/openapi.ts";
import { CHUNK_EXTENSIONS, COMPLETION_EXTENSIONS, MODEL_EXTENSIONS, type Extensions } from "./extensions.ts";

type Schema = Readonly<Record<string, unknown>>;
type Definitions = Readonly<Record<string, Schema>>;

const ajv = new Ajv2020({
  allErrors: true,
  // OpenAI's document leaves out `type` at times, and pydantic's shapes unite types.
  strictTypes: false,
  formats: { unixtime: true, uri: (text: string) => URL.canParse(text) },
});

const readDefinitions = (name: string): Definitions => {
  const document = JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8")) as { $defs: Definitions };
  return document.$defs;
};

const OPENAPI = readDefinitions("openapi.json");
const PYTHON = readDefinitions("openai-python.json");
/** What we publish ourselves. */
const OWN = JSON.parse(JSON.stringify(openApiDocument())) as { components: { schemas: Definitions } };

/** The schema with its references put in place; where it lists members, only these and the extensions of their path are allowed. */
function close(schema: Schema, definitions: Definitions, extensions: Extensions, path = ""): Schema {
  if (typeof schema["$ref"] === "string") {
    const target = definitions[schema["$ref"].slice("#/$defs/".length)];
    assert.ok(target, schema["$ref"]);
    return close(target, definitions, extensions, path);
  }
  const closed: Record<string, unknown> = { ...schema };
  const inner = (part: unknown, at: string): Schema => close(part as Schema, definitions, extensions, at);
  for (const key of ["anyOf", "oneOf", "allOf"]) {
    const choices = schema[key] as readonly Schema[] | undefined;
    if (choices) closed[key] = choices.map((choice) => inner(choice, path));
  }
  if (schema["items"]) closed["items"] = inner(schema["items"], `${path}[]`);
  const properties = Object.entries((schema["properties"] ?? {}) as Definitions);
  if (properties.length > 0) {
    const known = properties.map(([name, value]) => [name, inner(value, path === "" ? name : `${path}.${name}`)]);
    const added = (extensions[path] ?? []).map((name) => [name, true]);
    closed["properties"] = Object.fromEntries([...known, ...added]);
    closed["additionalProperties"] = false;
  }
  return closed;
}

function judge(name: string, definitions: Definitions, extensions: Extensions = {}): ValidateFunction {
  return ajv.compile(close({ $ref: `#/$defs/${name}` }, definitions, extensions));
}

const own = (name: string): ValidateFunction => judge(name, OWN.components.schemas);

const JUDGES = {
  completion: [
    judge("CreateChatCompletionResponse", OPENAPI, COMPLETION_EXTENSIONS),
    judge("ChatCompletion", PYTHON, COMPLETION_EXTENSIONS),
    own("ChatCompletion"),
  ],
  chunk: [
    judge("CreateChatCompletionStreamResponse", OPENAPI, CHUNK_EXTENSIONS),
    judge("ChatCompletionChunk", PYTHON, CHUNK_EXTENSIONS),
    own("ChatCompletionChunk"),
  ],
  error: [judge("ErrorResponse", OPENAPI), own("Error")],
  models: [judge("ListModelsResponse", OPENAPI, MODEL_EXTENSIONS), own("ModelList")],
} as const;

/** Fails unless the answer has both of OpenAI's published shapes, and ours, which is in our own OpenAPI document. */
export function assertPublished(kind: keyof typeof JUDGES, answer: unknown): void {
  for (const validate of JUDGES[kind]) {
    if (validate(answer)) continue;
    const told = (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${instancePath} ${message} ${JSON.stringify(params)}`;
    });
    assert.fail(`no published ${kind}: ${told.join("; ")}`);
  }
}

/** Which of the listed extensions an answer has, as `path.name`. */
export function* extensionsIn(kind: "completion" | "chunk", value: unknown, path = ""): Iterable<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* extensionsIn(kind, item, `${path}[]`);
  } else if (typeof value === "object" && value !== null) {
    const listed = (kind === "completion" ? COMPLETION_EXTENSIONS : CHUNK_EXTENSIONS)[path] ?? [];
    for (const [name, member] of Object.entries(value)) {
      const here = path === "" ? name : `${path}.${name}`;
      if (listed.includes(name)) yield here;
      else yield* extensionsIn(kind, member, here);
    }
  }
}
