// Proto JSON as Google reads it: both spellings, lenient scalars, and errors that name the field.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiError } from "../../src/emulator/errors.ts";
import { ENUMS } from "../../src/emulator/proto-enums.ts";
import { readRequest } from "../../src/emulator/proto-reader.ts";
import { MESSAGES, type MessageName } from "../../src/emulator/proto-tables.ts";
import { ask, startTestEmulator, textOf } from "./client.ts";

const MODEL = "gemini-3.8-flash";

test("snake_case and camelCase keys are the same request", async () => {
  await using emulator = await startTestEmulator();
  const snake = await emulator.generate(MODEL, {
    contents: [{ role: "user", parts: [{ text: "Hi" }] }],
    system_instruction: { parts: [{ text: "Be terse" }] },
    generation_config: { max_output_tokens: 4000, thinking_config: { include_thoughts: true, thinking_level: "low" } },
  });
  const camel = await emulator.generate(MODEL, {
    ...ask("Hi"),
    systemInstruction: { parts: [{ text: "Be terse" }] },
    generationConfig: { maxOutputTokens: 4000, thinkingConfig: { includeThoughts: true, thinkingLevel: "LOW" } },
  });
  assert.equal(snake.status, 200, snake.text);
  assert.equal(textOf(snake.json), textOf(camel.json));
  assert.equal(snake.json.usageMetadata.thoughtsTokenCount, 24);
});

test("lenient forms that Google was recorded to accept are accepted", async () => {
  await using emulator = await startTestEmulator();
  const answer = await emulator.generate("gemini-3.5-flash", {
    model: "models/gemini-3.5-flash",
    // A lone object for a list, as in recording ellmer-g3.5-flash-google-adaptive-thinking-0.
    systemInstruction: { parts: { text: "" } },
    contents: { parts: { text: "Hi" } },
    // Enum numbers, as in recording langchaingo-g2.0-flash-testgoogleaierrorhandling-403-0.
    safetySettings: [{ category: 10, threshold: 3 }],
    generationConfig: { maxOutputTokens: "100", temperature: "0.5", topK: 3.0, seed: null },
    tools: { functionDeclarations: [{ name: "f", description: null, parameters: { type: "object", properties: {} } }] },
  });
  assert.equal(answer.status, 200, answer.text);
});

test("an unknown key is a 400 with one field violation per key", async () => {
  await using emulator = await startTestEmulator();
  const answer = await emulator.generate(MODEL, {
    contents: [{ role: "user", parts: [{ text: "Hi" }, { text: "x", colour: 1 }] }],
    generationConfig: { top_z: 1 },
  });
  assert.equal(answer.status, 400);
  const { message, status, details } = answer.json.error;
  assert.equal(status, "INVALID_ARGUMENT");
  // Wording and path as in recording pydanticai-g3-pro-preview-google-model-image-url-detail-400-0.
  const first = `Invalid JSON payload received. Unknown name "colour" at 'contents[0].parts[1]': Cannot find field.`;
  const second = `Invalid JSON payload received. Unknown name "top_z" at 'generation_config': Cannot find field.`;
  assert.equal(message, `${first}\n${second}`);
  assert.deepEqual(details, [
    {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: [
        { field: "contents[0].parts[1]", description: first },
        { field: "generation_config", description: second },
      ],
    },
  ]);
});

test("an unknown key at the root names no field", async () => {
  await using emulator = await startTestEmulator();
  const answer = await emulator.generate(MODEL, ask("Hi", { messages: [] }));
  const description = 'Invalid JSON payload received. Unknown name "messages": Cannot find field.';
  assert.deepEqual(answer.json.error.details[0].fieldViolations, [{ description }]);
});

test("keys only Vertex AI knows are unknown", async () => {
  await using emulator = await startTestEmulator();
  for (const [body, name] of [
    [ask("Hi", { modelArmorConfig: {} }), "modelArmorConfig"],
    [ask("Hi", { generationConfig: { audioTimestamp: true } }), "audioTimestamp"],
    [{ contents: [{ parts: [{ inlineData: { mimeType: "image/png", data: "", displayName: "x" } }] }] }, "displayName"],
  ] as const) {
    const answer = await emulator.generate(MODEL, body);
    assert.match(answer.json.error.message, new RegExp(`Unknown name "${name}"`));
  }
});

test("keywords outside the schema subset are refused in parameters and accepted in parametersJsonSchema", async () => {
  await using emulator = await startTestEmulator();
  const schema = { type: "object", properties: { a: { type: "object", additionalProperties: false } }, $defs: {} };
  const refused = await emulator.generate(
    MODEL,
    ask("Hi", { tools: [{ functionDeclarations: [{ name: "f", parameters: schema }] }] }),
  );
  const path = "tools[0].function_declarations[0].parameters";
  assert.equal(
    refused.json.error.message,
    `Invalid JSON payload received. Unknown name "additionalProperties" at '${path}.properties[0].value': Cannot find field.\n` +
      `Invalid JSON payload received. Unknown name "$defs" at '${path}': Cannot find field.`,
  );
  const taken = await emulator.generate(
    MODEL,
    ask("Hi", { tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: schema }] }] }),
  );
  assert.equal(taken.status, 200, taken.text);
});

test("wrong types say where and what", async () => {
  await using emulator = await startTestEmulator();
  const cases: [object, RegExp][] = [
    [{ contents: "Hi" }, /^Invalid value at 'contents\[0\]' \(type\.googleapis\.com\/.*Content\), "Hi"$/],
    [
      { contents: [{ parts: [{ text: 5 }] }] },
      /^Invalid value at 'contents\[0\]\.parts\[0\]\.text' \(TYPE_STRING\), 5$/,
    ],
    [ask("Hi", { generationConfig: { temperature: "hot" } }), /'generation_config\.temperature' \(TYPE_FLOAT\), "hot"/],
    [
      ask("Hi", { generationConfig: { maxOutputTokens: 1.5 } }),
      /'generation_config\.max_output_tokens' \(TYPE_INT32\)/,
    ],
    [
      ask("Hi", { generationConfig: { thinkingConfig: { thinkingLevel: "ultra" } } }),
      /'generation_config\.thinking_config\.thinking_level' \(type\.googleapis\.com\/.*ThinkingLevel\), "ultra"/,
    ],
    [
      { contents: [{ parts: [{ functionResponse: { name: "f", response: "text" } }] }] },
      /'contents\[0\]\.parts\[0\]\.function_response\.response' \(TYPE_STRUCT\), "text"/,
    ],
    [
      { contents: [{ parts: [{ text: "a", functionCall: { name: "f" } }] }] },
      /'contents\[0\]\.parts\[0\]' \(oneof\), oneof field 'data' is already set\. Cannot set 'functionCall'/,
    ],
    [
      { contents: [{ parts: [{ inlineData: { mimeType: "image/png", data: "not base64!" } }] }] },
      /'contents\[0\]\.parts\[0\]\.inline_data\.data' \(TYPE_BYTES\), Base64 decoding failed for "not base64!"/,
    ],
  ];
  for (const [body, expected] of cases) {
    const answer = await emulator.generate(MODEL, body);
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.json.error.message, expected);
  }
});

test("bytes may be standard or URL-safe base64, padded or not", async () => {
  await using emulator = await startTestEmulator();
  const bytes = Buffer.from("%PDF-1.4 ÿþýüûúùø /Type /Page ");
  for (const data of [
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("base64").replace(/=+$/, ""),
  ]) {
    const part = { inlineData: { mimeType: "application/pdf", data } };
    const answer = await emulator.generate(MODEL, { contents: [{ parts: [part] }] });
    assert.match(textOf(answer.json), new RegExp(`application/pdf, ${bytes.length} bytes, 1 page`));
  }
});

/** A value no field of the type takes. */
function wrongFor(type: string): unknown {
  if (type.endsWith("[]")) return [wrongFor(type.slice(0, -2))];
  if (type.startsWith("map<")) return { key: wrongFor(type.slice(4, -1)) };
  if (type in ENUMS) return "NO_SUCH_VALUE";
  if (type in MESSAGES || type === "struct" || type === "bool") return "x";
  if (type === "int32") return 2 ** 31;
  if (type === "int64") return 0.5;
  return type === "bytes" ? "!" : { no: 1 };
}

/** Where a message can stand in a request: keys from the root, `[]` and `{}` for lists and maps. */
function placesOf(): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, readonly string[]>([["GenerateContentRequest", []]]);
  for (const [name, path] of places) {
    for (const [field, type] of Object.entries(MESSAGES[name as MessageName])) {
      const inner = type.replace(/\[\]$/, "").replace(/^map<(.*)>$/, "$1");
      const container = type.endsWith("[]") ? ["[]"] : type.startsWith("map<") ? ["{}"] : [];
      if (inner in MESSAGES && !places.has(inner)) places.set(inner, [...path, field, ...container]);
    }
  }
  return places;
}

const wrap = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight<unknown>(
    (inner, step) => (step === "[]" ? [inner] : step === "{}" ? { key: inner } : { [step]: inner }),
    value,
  );

test("every field of every message is judged by its type, and named when it is wrong", () => {
  let judged = 0;
  for (const [name, path] of placesOf()) {
    for (const [field, type] of Object.entries(MESSAGES[name as MessageName])) {
      if (type === "any") continue;
      const body = JSON.stringify(wrap(path, { [field]: wrongFor(type) }));
      assert.throws(
        () => readRequest("GenerateContentRequest", body),
        (error: ApiError) => {
          const [{ fieldViolations = [] } = {}] = error.details as readonly {
            fieldViolations?: { field?: string }[];
          }[];
          const snake = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
          assert.ok(fieldViolations[0]?.field?.includes(snake), `${name}.${field}: ${error.message}`);
          return error.code === 400;
        },
        `${name}.${field} as ${type}`,
      );
      judged += 1;
    }
  }
  assert.ok(judged > 150, String(judged));
});

test("two fields of a oneof, mixed spellings, lists for one value and odd times are refused", () => {
  const part = (data: object) => ({ contents: [{ parts: [data] }] });
  const search = (timeRangeFilter: object) => ({ tools: [{ googleSearch: { timeRangeFilter } }] });
  for (const [body, text] of [
    [part({ text: "a", inlineData: {} }), /oneof field 'data' is already set\. Cannot set 'inlineData'/],
    [{ generation_config: { max_outputTokens: 1 } }, /Unknown name "max_outputTokens" at 'generation_config'/],
    [
      { systemInstruction: [{ parts: [] }] },
      /^Invalid JSON payload received\. Unknown name "systemInstruction": Proto field is not repeating, cannot start list\.$/,
    ],
    [part({ text: ["a"] }), /Unknown name "text" at 'contents\[0\]\.parts\[0\]': Proto field is not repeating/],
    [search({ startTime: "2026" }), /start_time' \(TYPE_TIMESTAMP\)/],
    [search({ startTime: "2026-13-01T00:00:00Z" }), /start_time' \(TYPE_TIMESTAMP\)/],
    [part({ videoMetadata: { startOffset: "5" } }), /start_offset' \(TYPE_DURATION\)/],
    [part({ thoughtSignature: "a b" }), /thought_signature' \(TYPE_BYTES\), Base64 decoding failed for "a b"/],
  ] as const) {
    assert.throws(() => readRequest("GenerateContentRequest", JSON.stringify(body)), { message: text });
  }
  const fine = search({ start_time: "2026-01-01T00:00:00.5+01:00", end_time: "2026-02-01T00:00:00Z" });
  assert.doesNotThrow(() => readRequest("GenerateContentRequest", JSON.stringify(fine)));
});
