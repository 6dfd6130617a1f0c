// A JSON Schema that Gemini refuses is sent once more in the older OpenAPI form, and reported; what is refused in that form too is named.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GenerateContentRequest } from "../../src/gemini/wire-request.ts";
import {
  errorAnswer,
  geminiError,
  jsonAnswer,
  partsChunk,
  startFaultyGemini,
  type Answer,
} from "../support/faulty-gemini.ts";
import { startGateway } from "../support/gateway.ts";

/** What makes the emulator refuse a JSON Schema, as Google refuses one it cannot serve: with a 400 that says nothing. */
const REFUSED = "emulator_refuses_json_schema";

const REFUSED_SCHEMA = {
  type: "object",
  properties: { [REFUSED]: { type: "string" }, size: { $ref: "#/$defs/Size" } },
  required: ["size"],
  $defs: { Size: { type: "integer", enum: [1, 2] } },
};

const fn = (name: string, parameters: object) => ({ type: "function", function: { name, parameters } });
const asFormat = (schema: object) => ({ type: "json_schema", json_schema: { name: "n", schema } });
const body = { model: "gemini-3.8-flash", messages: [{ role: "user", content: "Hi" }] };

/** What the gateway answers, as far as these tests look at it. */
interface Told {
  readonly choices?: readonly { readonly message: { readonly content: string } }[];
  readonly error?: { readonly message: string; readonly param: string | null; readonly code: string };
  readonly warnings?: readonly { readonly code: string; readonly param: string; readonly message: string }[];
}

const OK = jsonAnswer(partsChunk([{ text: "{}" }], { finishReason: "STOP" }));
const BARE = errorAnswer(geminiError(400, "INVALID_ARGUMENT", "Request contains an invalid argument."));

async function ask(request: object, answers: readonly Answer[]) {
  await using gemini = await startFaultyGemini();
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  gemini.script(answers);
  const response = await gateway.post({ ...body, ...request });
  const told = (await response.json()) as Told;
  return {
    status: response.status,
    told,
    sent: gemini.calls.map((call) => call.json() as GenerateContentRequest),
  };
}

test("against the emulator a refused form of the answer and refused parameters are answered all the same, with warnings", async () => {
  await using gateway = await startGateway();
  for (const request of [{ response_format: asFormat(REFUSED_SCHEMA) }, { tools: [fn("f", REFUSED_SCHEMA)] }]) {
    const response = await gateway.post({ ...body, ...request });
    const told = (await response.json()) as Told;
    assert.equal(response.status, 200, JSON.stringify(told));
    const codes = (told.warnings ?? []).map(({ code }) => code);
    assert.ok(codes.includes("schema_simplified"), codes.join());
    assert.ok(codes.includes("schema_adjusted"), codes.join());
    assert.match(response.headers.get("x-gateway-warnings") ?? "", /schema_simplified/);
  }
});

test("against the emulator a stream is answered all the same", async () => {
  await using gateway = await startGateway();
  const response = await gateway.post({ ...body, stream: true, response_format: asFormat(REFUSED_SCHEMA) });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.match(text, /schema_simplified/);
  assert.match(text, /\[DONE\]/);
});

test("in strict mode what would be warned of is refused", async () => {
  await using gateway = await startGateway();
  const response = await gateway.post(
    { ...body, response_format: asFormat(REFUSED_SCHEMA) },
    { "x-gateway-strict": "true" },
  );
  assert.equal(response.status, 400);
  assert.match(((await response.json()) as Told).error?.param ?? "", /response_format/);
});

test("the second try holds the same schemas in the other form, and nothing else is changed", async () => {
  const tools = [fn("f", REFUSED_SCHEMA), fn("g", { type: "object", properties: {} })];
  const { status, sent } = await ask({ tools }, [BARE, OK]);
  assert.equal(status, 200);
  assert.equal(sent.length, 2);
  const [first, second] = sent.map((one) => one.tools?.[0]?.functionDeclarations ?? []);
  assert.deepEqual(first?.[0]?.parametersJsonSchema, REFUSED_SCHEMA);
  assert.equal(second?.[0]?.parametersJsonSchema, undefined);
  assert.deepEqual(second?.[0]?.parameters, {
    type: "OBJECT",
    properties: { [REFUSED]: { type: "STRING" }, size: { type: "INTEGER", description: "enum: [1,2]." } },
    required: ["size"],
  });
  assert.deepEqual(second?.[1], first?.[1]);
  assert.deepEqual({ ...sent[0], tools: [] }, { ...sent[1], tools: [] });
});

test("the losses are told with their place in the schema", async () => {
  const { told } = await ask({ tools: [fn("f", REFUSED_SCHEMA)] }, [BARE, OK]);
  const adjusted = (told.warnings ?? []).filter(({ code }) => code === "schema_adjusted");
  assert.deepEqual(
    adjusted.map(({ param, message }) => [param, message]),
    [["tools[0].function.parameters", "In #/properties/size/enum: it was put into the description."]],
  );
});

test("a second refusal names the function and the place in its schema", async () => {
  const path = "tools[0].function_declarations[1].parameters.properties[0].value";
  const message = `Invalid JSON payload received. Unknown name "x" at '${path}': Cannot find field.`;
  const refusal = errorAnswer(geminiError(400, "INVALID_ARGUMENT", message));
  const tools = [fn("f", REFUSED_SCHEMA), fn("weather", REFUSED_SCHEMA)];
  const { status, told, sent } = await ask({ tools }, [BARE, refusal]);
  assert.equal(status, 400);
  assert.equal(sent.length, 2);
  assert.equal(told.error?.code, "schema_rejected");
  assert.equal(told.error?.param, "tools[1].function.parameters");
  assert.match(told.error?.message ?? "", /the parameters of weather at properties\[0\]\.value/);
});

test("a second refusal without a place names all that may be at fault", async () => {
  const { told, sent } = await ask({ tools: [fn("f", REFUSED_SCHEMA)] }, [BARE, BARE, OK]);
  assert.equal(sent.length, 2);
  assert.equal(told.error?.code, "schema_rejected");
  assert.match(told.error?.message ?? "", /among tools, largest first: f/);
});

test("without schemas a 400 that says nothing is passed on after one try", async () => {
  const { status, told, sent } = await ask({ response_format: { type: "json_object" } }, [BARE, OK]);
  assert.deepEqual([status, told.error?.code, sent.length], [400, "upstream_invalid_argument", 1]);
});

test("a schema that contains itself is cut for Gemini 2.5 at once, which answers 500 to it", async () => {
  await using gateway = await startGateway();
  const node = { type: "object", properties: { value: { type: "string" }, next: { $ref: "#/$defs/Node" } } };
  const request = {
    model: "gemini-2.5-flash-lite",
    response_format: asFormat({ $ref: "#/$defs/Node", $defs: { Node: node } }),
  };
  const response = await gateway.post({ ...body, ...request });
  const told = (await response.json()) as Told;
  assert.equal(response.status, 200, JSON.stringify(told));
  assert.match(told.warnings?.map(({ code }) => code).join() ?? "", /schema_adjusted/);
});
