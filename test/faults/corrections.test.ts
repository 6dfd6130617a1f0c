// Goal: what Gemini refuses of a request is sent in another form, each kind once and in any combination, and what was done is said.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertErrorOf } from "../facade/openai-error.ts";
import {
  errorAnswer,
  geminiError,
  jsonAnswer,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type Call,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const RETIRED = "gemini-3-pro-preview";
const SUCCESSOR = "gemini-3.1-pro-preview";
const GOOD = textChunk("Hello.", { finishReason: "STOP" });

const gone = geminiError(404, "NOT_FOUND", `This model models/${RETIRED} is no longer available.`);
const badSignature = geminiError(400, "INVALID_ARGUMENT", "Thought signature is not valid.");
const badSchema = geminiError(
  400,
  "INVALID_ARGUMENT",
  "Invalid JSON payload received. Unknown name \"x\" at 'tools[0].function_declarations[0].parameters_json_schema': Cannot find field.",
);

const SIGNATURE = Buffer.from("a signature of another model").toString("base64");
/** A tool turn with a signature, and a tool with a schema. */
const BODY = {
  model: RETIRED,
  tools: [
    {
      type: "function",
      function: { name: "f", parameters: { type: "object", properties: { a: { type: ["string", "null"] } } } },
    },
  ],
  messages: [
    { role: "user", content: "hi" },
    {
      role: "assistant",
      content: null,
      tool_calls: [
        {
          id: "call_1",
          type: "function",
          function: { name: "f", arguments: "{}" },
          extra_content: { google: { thought_signature: SIGNATURE } },
        },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: "1" },
  ],
};

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini({ models: [RETIRED, SUCCESSOR] });
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  await gateway.get("/gemini/v1/models");
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const usesModel = ({ model }: Call): boolean => model === RETIRED;
const usesSignature = (call: Call): boolean => call.body.includes(SIGNATURE);
const usesJsonSchema = (call: Call): boolean => call.body.includes("parametersJsonSchema");

/** Asks a Gemini that refuses one thing after the other, in this order, as long as they are in the request. */
async function ask(order: readonly ("model" | "signature" | "schema")[], streaming: boolean, facts: object = {}) {
  const refusals = {
    model: [usesModel, gone],
    signature: [usesSignature, badSignature],
    schema: [usesJsonSchema, badSchema],
  } as const;
  const before = gemini.calls.length;
  gemini.script((call) => {
    const refused = order.map((kind) => refusals[kind]).find(([isUsed]) => isUsed(call));
    if (refused) return errorAnswer(refused[1]);
    return call.streaming ? streamAnswer([GOOD]) : jsonAnswer(GOOD);
  });
  const response = await gateway.post({ ...BODY, stream: streaming, ...facts });
  return { response, calls: gemini.calls.slice(before) };
}

const codesOf = (response: Response): string[] =>
  (response.headers.get("x-gateway-warnings") ?? "").split(", ").map((one) => one.split(":")[0] ?? "");

describe("a request of which Gemini refuses", () => {
  const ORDERS = [
    ["schema"],
    ["model", "signature"],
    ["signature", "schema"],
    ["model", "signature", "schema"],
    ["schema", "signature", "model"],
    ["signature", "model", "schema"],
  ] as const;
  const CODES = { model: "model_aliased", signature: "signature_invalid", schema: "schema_simplified" };

  for (const order of ORDERS) {
    for (const streaming of [false, true]) {
      test(`${order.join(", then ")}, is answered in the end, with a warning for each (${streaming ? "stream" : "JSON"})`, async () => {
        const { response, calls } = await ask(order, streaming);
        assert.equal(response.status, 200, await response.clone().text());
        assert.match(await response.text(), /Hello\./);
        assert.equal(calls.length, order.length + 1);
        const last = calls.at(-1) as Call;
        for (const kind of order) {
          const isUsed = { model: usesModel, signature: usesSignature, schema: usesJsonSchema }[kind];
          assert.ok(!isUsed(last), `${kind} is still used`);
          assert.ok(codesOf(response).includes(CODES[kind]), `${CODES[kind]} is told`);
        }
      });
    }
  }

  test("the attempts allowed are those of all its forms together", async () => {
    const overloaded = geminiError(503, "UNAVAILABLE", "Overloaded.");
    const before = gemini.calls.length;
    gemini.script((call) => {
      if (!usesJsonSchema(call)) return errorAnswer(overloaded);
      return errorAnswer(gemini.calls.length - before < 3 ? overloaded : badSchema);
    });
    const response = await gateway.post({ ...BODY, model: SUCCESSOR });
    assert.equal(response.status, 503);
    assert.equal(gemini.calls.length - before, 4, "three, and one more in the other form");
  });

  test("the same thing again gets its refusal told, and no third try", async () => {
    gemini.script(() => errorAnswer(badSchema));
    const before = gemini.calls.length;
    const response = await gateway.post(BODY);
    assert.equal(response.status, 400);
    assert.equal(gemini.calls.length - before, 2);
    await assertErrorOf(response, { status: 400, code: "schema_rejected", param: "tools[0].function.parameters" });
  });
});
