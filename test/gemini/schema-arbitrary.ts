// JSON Schemas of every kind: those of tools, with references and circles, and those that only look like one.
import fc from "fast-check";

const NAMES = fc.constantFrom("a", "b", "c", "$ref", "__proto__", "x/y", "");
const REFERENCES = fc.constantFrom("#", "#/$defs/A", "#/$defs/B", "#/properties/a");
const SCALARS = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const TYPES = fc.constantFrom("string", "number", "integer", "boolean", "array", "object", "null", "STRING", "any", 5);
const COUNTS = fc.oneof(fc.nat({ max: 100 }), fc.constantFrom("3", -1, 1.5));

const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<unknown>({}, true, false, { type: "string" }),
    fc.record(
      {
        type: fc.oneof(TYPES, fc.array(TYPES, { maxLength: 3 })),
        description: fc.string({ maxLength: 10 }),
        nullable: fc.boolean(),
        format: fc.constantFrom("date-time", "uri", "int64", ""),
        enum: fc.array(SCALARS, { maxLength: 4 }),
        const: SCALARS,
        pattern: fc.constantFrom("^x", "y".repeat(100)),
        minLength: COUNTS,
        maxItems: COUNTS,
        minProperties: COUNTS,
        minimum: fc.oneof(fc.integer(), fc.constant("1")),
        exclusiveMaximum: fc.oneof(fc.integer(), fc.boolean()),
        multipleOf: fc.integer(),
        default: SCALARS,
        required: fc.array(fc.oneof(NAMES, fc.constant(3)), { maxLength: 3 }),
        properties: fc.oneof(fc.dictionary(NAMES, tie("schema"), { maxKeys: 3 }), fc.constant([])),
        additionalProperties: tie("schema"),
        items: fc.oneof(tie("schema"), fc.array(tie("schema"), { maxLength: 2 })),
        prefixItems: fc.array(tie("schema"), { maxLength: 2 }),
        anyOf: fc.array(tie("schema"), { maxLength: 3 }),
        oneOf: fc.array(tie("schema"), { maxLength: 3 }),
        allOf: fc.array(tie("schema"), { maxLength: 3 }),
        not: tie("schema"),
        $ref: REFERENCES,
      },
      { requiredKeys: [] },
    ),
  ),
}));

/** Some of them are broken: they refer to what is not there. */
export const anySchema: fc.Arbitrary<object> = fc
  .tuple(schema, fc.dictionary(fc.constantFrom("A", "B"), schema))
  .map(([root, $defs]) => ({ ...(typeof root === "object" ? root : {}), $defs }));
