// Every schema of a request, in its place: functions' parameters and results, and the form of the answer.

import { invalidArgument } from "../errors.ts";
import type { EmulatedModel } from "../models.ts";
import { declaredFunctions, type GenerateRequest } from "../request.ts";
import { checkJsonSchema } from "./json-schema.ts";
import { schemaFaults } from "./openapi-schema.ts";

/** Throws a 400 naming each fault of the OpenAPI-subset schemas, or the one of the first faulty JSON Schema. */
export function checkSchemas(request: GenerateRequest, model: EmulatedModel): void {
  const faults = [...functionFaults(request), ...responseFaults(request)];
  if (faults.length > 0) throw invalidArgument(faults.map((fault) => `* GenerateContentRequest.${fault}\n`).join(""));
  for (const { parametersJsonSchema, responseJsonSchema } of declaredFunctions(request)) {
    for (const schema of [parametersJsonSchema, responseJsonSchema]) {
      if (schema !== undefined) checkJsonSchema(schema, "parameters", model.generation);
    }
  }
  const answer = request.generationConfig?.responseJsonSchema;
  if (answer !== undefined) checkJsonSchema(answer, "response", model.generation);
}

function functionFaults({ tools = [] }: GenerateRequest): readonly string[] {
  return tools.flatMap(({ functionDeclarations = [] }, tool) =>
    functionDeclarations.flatMap(({ parameters, response }, index) => {
      const path = `tools[${tool}].function_declarations[${index}]`;
      return [
        ...(parameters === undefined ? [] : parameterFaults(parameters, `${path}.parameters`)),
        ...(response === undefined ? [] : schemaFaults(response, `${path}.response`)),
      ];
    }),
  );
}

/** Arguments are an object, always. */
function parameterFaults(parameters: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const { type } = parameters;
  const isObject = type === undefined || type === "OBJECT" || type === "TYPE_UNSPECIFIED";
  return [...(isObject ? [] : [`${path}: schema should be of type OBJECT`]), ...schemaFaults(parameters, path)];
}

function responseFaults({ generationConfig }: GenerateRequest): readonly string[] {
  const schema = generationConfig?.responseSchema;
  return schema === undefined ? [] : schemaFaults(schema, "generation_config.response_schema");
}
