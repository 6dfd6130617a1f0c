// A place in the body that an error of Google's names, as a place in the ChatRequest that it was made of.
// Example: tools[0].function_declarations[2].parameters.properties[0].value → tools[3].function.parameters_json_schema, of get_weather.
import type { ChatRequest } from "../../gen/gemini/chat/v1/chat_pb.ts";

/** A schema of the caller's. */
export interface SchemaPlace {
  /** `the parameters of get_weather`, `the output format`. */
  readonly subject: string;
  readonly field: string;
  /** Where in the schema, in Google's words; "" for the whole. */
  readonly inside: string;
}

export const OUTPUT_SCHEMA_FIELD = "output_format.json_schema.schema";

/** A function that was declared: its name and its place among the tools. */
export interface DeclaredFunction {
  readonly name: string;
  /** `tools[3].function` */
  readonly field: string;
  readonly parametersJsonSchema: string;
}

/** In the order in which they are declared to Gemini. */
export function declaredFunctions({ tools }: ChatRequest): DeclaredFunction[] {
  return tools.flatMap(({ kind }, index) => {
    if (kind.case !== "function") return [];
    const { name, parametersJsonSchema } = kind.value;
    return [{ name, field: `tools[${index}].function`, parametersJsonSchema }];
  });
}

const DECLARATION = /^tools\[\d+\]\.function_declarations\[(\d+)\]\.?(.*)$/;

/** The field of a declaration that a path names: the whole function, its name, one of its schemas. */
export function declarationField(path: string, request: ChatRequest): string | undefined {
  const place = schemaPlace(path, request);
  if (place !== undefined) return place.field;
  const [, index, rest = ""] = DECLARATION.exec(path) ?? [];
  const declared = index === undefined ? undefined : declaredFunctions(request)[Number(index)];
  if (declared === undefined) return undefined;
  return rest === "name" || rest === "description" ? `${declared.field}.${rest}` : declared.field;
}

/** The schema that a path leads into; undefined: it leads into none. */
export function schemaPlace(path: string, request: ChatRequest): SchemaPlace | undefined {
  const answer = /^generation_config\.response_(?:json_)?schema\.?(.*)$/.exec(path);
  if (answer) return { subject: "the output format", field: OUTPUT_SCHEMA_FIELD, inside: answer[1] ?? "" };
  const [, index, rest = ""] = DECLARATION.exec(path) ?? [];
  const [, kind, inside = ""] = /^(parameters|response)(?:_json_schema)?(?:\.(.*))?$/.exec(rest) ?? [];
  const declared = index === undefined ? undefined : declaredFunctions(request)[Number(index)];
  if (declared === undefined || kind === undefined) return undefined;
  return { subject: `the ${kind} of ${declared.name}`, field: `${declared.field}.${kind}_json_schema`, inside };
}
