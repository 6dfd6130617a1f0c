// Schemas of `parameters`, `response` and `responseSchema` (the OpenAPI subset): keywords where they mean something.

import type { JsonObject } from "../request.ts";

/** A Schema after reading: types upper-case, unknown keywords already refused. */
interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
}

const STRING_FORMATS = ["enum", "date-time"];

/** Faults of a schema, each one line of Google's error text; `path` is where the schema stands in the request. */
export function schemaFaults(schema: JsonObject, path: string): readonly string[] {
  // The reader has checked the shape by its table.
  return faultsOf(schema as Schema, path);
}

function faultsOf(schema: Schema, path: string): readonly string[] {
  const { items, properties = {}, anyOf = [] } = schema;
  return [
    ...ownFaults(schema, path),
    ...Object.entries(properties).flatMap(([name, inner]) => faultsOf(inner, `${path}.properties[${name}]`)),
    ...(items === undefined ? [] : faultsOf(items, `${path}.items`)),
    ...anyOf.flatMap((inner, index) => faultsOf(inner, `${path}.any_of[${index}]`)),
  ];
}

function ownFaults({ type, format, items, properties, required = [], ...rest }: Schema, path: string): string[] {
  const values = rest.enum ?? [];
  const faults: string[] = [];
  if (type === "ARRAY" && items === undefined) faults.push(`${path}.items: missing field.`);
  if (values.length > 0 && type !== undefined && type !== "STRING") {
    faults.push(`${path}.enum: only allowed for STRING type`);
  }
  values.forEach((value, index) => {
    if (value === "") faults.push(`${path}.enum[${index}]: cannot be empty`);
  });
  if (type === "STRING" && format !== undefined && format !== "" && !STRING_FORMATS.includes(format)) {
    faults.push(`${path}.format: only 'enum' and 'date-time' are supported for STRING type`);
  }
  if (properties !== undefined && type !== undefined && type !== "OBJECT") {
    faults.push(`${path}.properties: only allowed for OBJECT type`);
  }
  required.forEach((name, index) => {
    if (!Object.hasOwn(properties ?? {}, name)) faults.push(`${path}.required[${index}]: property is not defined`);
  });
  return faults;
}
