// Soak: schemas that are long, or grow without end by what they refer to: how long it takes to clean or refuse them.
import { Failure } from "../../src/chat/failures.ts";
import { readJsonSchema } from "../../src/gemini/json-schema.ts";
import { toOpenApiSchema } from "../../src/gemini/openapi-schema.ts";
import { atMost, type Figure } from "./figures.ts";

const ORIGIN = { subject: "the schema", field: "schema" };
const LEVELS = 30;
const TOWER = 15;
const ENUM_VALUES = 10_000;
const ignore = (): void => undefined;

/** Each level twice in the one before. */
function doubling(inLevel: (next: object) => object): object {
  const levels = Array.from({ length: LEVELS }, (_, level) => {
    const next = inLevel({ $ref: `#/$defs/L${level + 1}` });
    return [`L${level}`, { type: "object", properties: { left: next, right: next } }];
  });
  return { $ref: "#/$defs/L0", $defs: { ...Object.fromEntries(levels), [`L${LEVELS}`]: { type: "string" } } };
}

function tower(): object {
  let schema: object = { type: "object" };
  for (let level = 0; level < TOWER; level++) schema = { allOf: [schema] };
  return schema;
}

const schemas: Readonly<Record<string, object>> = {
  "a circle": { $ref: "#/$defs/a", $defs: { a: { type: "object", properties: { again: { $ref: "#/$defs/a" } } } } },
  "an enum of 10 000 values": { enum: Array.from({ length: ENUM_VALUES }, (_, at) => `v${at}`) },
  "a tower of allOf": tower(),
  "references that double at each of 30 levels": doubling((next) => next),
  "an allOf that doubles at each of 30 levels": doubling((next) => ({ allOf: [next, { minProperties: 1 }] })),
};

/** In this process: a gateway would add the time of a request. */
export function clean(): Figure[] {
  return Object.entries(schemas).map(([what, schema]) => {
    const text = JSON.stringify(schema);
    const work = (): number => {
      const startedMs = performance.now();
      try {
        toOpenApiSchema(readJsonSchema(text, ORIGIN, ignore), ignore);
      } catch (error) {
        // What grows without end is the caller's mistake.
        if (!(error instanceof Failure)) throw error;
      }
      return performance.now() - startedMs;
    };
    // Once before: what code costs until it is compiled is told by the bench.
    work();
    return atMost("PL-7", `time to clean or refuse ${what}`, work(), 50, " ms");
  });
}
