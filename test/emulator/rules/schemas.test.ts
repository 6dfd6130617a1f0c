// Schemas: what the OpenAPI subset demands of its keywords, and what a JSON Schema may refer to.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, startTestEmulator, withFunctions } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const FLASH = "gemini-3.8-flash";
const parameters = (properties: object, rest: object = {}) =>
  ask("Hi", withFunctions({ name: "f", parameters: { type: "object", properties, ...rest } }));
const jsonParameters = (parametersJsonSchema: object) => ask("Hi", withFunctions({ name: "f", parametersJsonSchema }));
const jsonAnswer = (responseJsonSchema: object) =>
  ask("Hi", { generationConfig: { responseMimeType: "application/json", responseJsonSchema } });
const answer = (responseSchema: object) =>
  ask("Hi", { generationConfig: { responseMimeType: "application/json", responseSchema } });
const BARE = "Request contains an invalid argument.";

test("faults of an OpenAPI-subset schema are told together, each with its place", async () => {
  const path = "* GenerateContentRequest.tools[0].function_declarations[0].parameters";
  const { status, json } = await emulator.generate(
    FLASH,
    parameters(
      { list: { type: "array" }, level: { type: "integer", enum: ["1"] }, url: { type: "string", format: "uri" } },
      { required: ["list", "gone"] },
    ),
  );
  assert.equal(status, 400);
  assert.deepEqual(json.error.message.trimEnd().split("\n"), [
    `${path}.required[1]: property is not defined`,
    `${path}.properties[list].items: missing field.`,
    `${path}.properties[level].enum: only allowed for STRING type`,
    `${path}.properties[url].format: only 'enum' and 'date-time' are supported for STRING type`,
  ]);
});

test("the form of an answer is judged alike", async () => {
  const { json } = await emulator.generate(FLASH, answer({ type: "ARRAY", items: { type: "ARRAY" } }));
  assert.equal(
    json.error.message,
    "* GenerateContentRequest.generation_config.response_schema.items.items: missing field.\n",
  );
});

test("parameters are an object", async () => {
  const body = ask("Hi", withFunctions({ name: "f", parameters: { type: "string" } }));
  assert.match(
    (await emulator.generate(FLASH, body)).json.error.message,
    /parameters: schema should be of type OBJECT/,
  );
});

const NODE = { type: "object", properties: { next: { $ref: "#/$defs/Node" } } };

for (const [what, schema] of [
  ["leads outside", { type: "object", properties: { a: { $ref: "https://example.com/a.json" } } }],
  ["leads nowhere", { type: "object", properties: { a: { $ref: "#/$defs/Gone" } } }],
  ["never ends", { $defs: { Node: { ...NODE, required: ["next"] } }, $ref: "#/$defs/Node" }],
] as const) {
  test(`a reference that ${what} is refused without a reason`, async () => {
    for (const body of [jsonParameters(schema), jsonAnswer(schema)]) {
      const { status, json } = await emulator.generate(FLASH, body);
      assert.equal(status, 400);
      assert.equal(json.error.message, BARE);
    }
  });
}

test("a schema may hold itself where it need not, on Gemini 3; an answer's makes 2.5 fail inside", async () => {
  const schema = { $defs: { Node: NODE }, $ref: "#/$defs/Node" };
  for (const body of [jsonParameters(schema), jsonAnswer(schema)]) {
    assert.equal((await emulator.generate(FLASH, body)).status, 200);
  }
  // Recording pydanticai-g2.5-flash-google-recursive-schema-native-output-gemini-2-5-500-0.
  const { status, json } = await emulator.generate("gemini-2.5-flash", jsonAnswer(schema));
  assert.equal(status, 500);
  assert.equal(json.error.status, "INTERNAL");
});

test("const and keywords beside $ref are refused in the schema of an answer only", async () => {
  const constant = { type: "object", properties: { kind: { const: "a" } } };
  const beside = {
    type: "object",
    properties: { a: { $ref: "#/$defs/A", title: "A" } },
    $defs: { A: { type: "string" } },
  };
  for (const schema of [constant, beside]) {
    assert.equal((await emulator.generate(FLASH, jsonAnswer(schema))).json.error?.message, BARE);
    assert.equal((await emulator.generate(FLASH, jsonParameters(schema))).status, 200);
  }
});

test("a schema that is too deep is refused", async () => {
  let schema: object = { type: "string" };
  for (let level = 0; level < 32; level += 1) schema = { type: "array", items: schema };
  for (const body of [jsonParameters({ type: "object", properties: { a: schema } }), jsonAnswer(schema)]) {
    assert.equal((await emulator.generate(FLASH, body)).json.error.message, BARE);
  }
});

test("an answer of too many states is refused", async () => {
  const names = Array.from({ length: 500 }, (_, index) => `a_rather_long_name_${index}`);
  const items = { type: "string", enum: names };
  assert.equal((await emulator.generate(FLASH, jsonAnswer({ type: "array", items }))).status, 200);
  const { json } = await emulator.generate(FLASH, jsonAnswer({ type: "array", items, maxItems: 1000 }));
  assert.match(
    json.error.message,
    /^The specified schema produces a constraint that has too many states for serving\./,
  );
});

test("a property or title emulator_refuses_json_schema is refused as JSON Schema and taken in the OpenAPI subset", async () => {
  const named = { type: "object", properties: { emulator_refuses_json_schema: { type: "string" } } };
  const titled = { type: "object", properties: { a: { type: "string", title: "emulator_refuses_json_schema" } } };
  for (const schema of [named, titled]) {
    for (const body of [jsonParameters(schema), jsonAnswer(schema)]) {
      const { status, json } = await emulator.generate(FLASH, body);
      assert.equal(status, 400);
      assert.equal(json.error.message, BARE);
      assert.equal("details" in json.error, false);
    }
    for (const body of [parameters(schema.properties), answer(schema)]) {
      assert.equal((await emulator.generate(FLASH, body)).status, 200);
    }
  }
});
