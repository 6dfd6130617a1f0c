// The numbered rules of the wire reference, as far as they bind a request, each on the generations it is about.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, partsOf, startTestEmulator, withFunctions, type Answer } from "../client.ts";

const emulator = await startTestEmulator({
  keys: [
    { project: "one", key: "emulator" },
    { project: "two", key: "other" },
  ],
});
after(() => emulator[Symbol.asyncDispose]());

const FLASH = "gemini-3.8-flash";
const BYPASS = "skip_thought_signature_validator";

function assertRefused(answer: Answer, text: RegExp, what: string): void {
  assert.equal(answer.status, 400, `${what}: ${answer.text}`);
  assert.equal(answer.json.error.status, "INVALID_ARGUMENT", what);
  assert.match(answer.json.error.message, text, what);
}

async function refuse(models: readonly string[], body: object, text: RegExp): Promise<void> {
  for (const model of models) assertRefused(await emulator.generate(model, body), text, model);
}

async function accept(models: readonly string[], body: object): Promise<void> {
  for (const model of models) {
    const { status, text } = await emulator.generate(model, body);
    assert.equal(status, 200, `${model}: ${text}`);
  }
}

const user = (text: string) => ({ role: "user", parts: [{ text }] });
const call = (name: string, signature?: string) => ({
  functionCall: { name, args: {} },
  ...(signature !== undefined && { thoughtSignature: signature }),
});
const result = (name: string, response: unknown = { output: 1 }) => ({ functionResponse: { name, response } });
const turns = (...contents: object[]) => ({ contents, ...withFunctions({ name: "f" }, { name: "g" }) });
const model = (...parts: object[]) => ({ role: "model", parts });
const results = (...parts: object[]) => ({ role: "user", parts });
const config = (generationConfig: object) => ask("Hi", { generationConfig });

test("rule 11: the first call of each step of the current turn brings its signature back", async () => {
  const missing = turns(user("a"), model(call("f")), results(result("f")));
  await refuse(
    ["gemini-3-flash-preview", FLASH, "gemini-4-argon"],
    missing,
    /missing a thought_signature.*`default_api:f` , position 2/,
  );
  await accept(["gemini-2.5-flash", "gemma-4-31b-it"], missing);
  await accept([FLASH], turns(user("a"), model(call("f", BYPASS), call("g")), results(result("f"), result("g"))));
  await refuse(
    [FLASH],
    turns(user("a"), model(call("f", BYPASS)), results(result("f")), model(call("g")), results(result("g"))),
    /position 4/,
  );
  await accept([FLASH], turns(user("a"), model(call("f")), results(result("f")), model({ text: "x" }), user("b")));
});

test("rule 11: a signature of another project, another generation, or with a byte changed is refused", async () => {
  const asked = { contents: [user("use f")], ...withFunctions({ name: "f" }) };
  const { json } = await emulator.generate(FLASH, asked);
  const { thoughtSignature } = partsOf(json)[0];
  const again = turns(user("use f"), model(call("f", thoughtSignature)), results(result("f")));
  await accept([FLASH, "gemini-3.1-pro-preview"], again);
  await refuse(["gemini-4-argon", "gemini-2.5-flash"], again, /^Corrupted thought signature\.$/);
  const path = `/v1beta/models/${FLASH}:generateContent`;
  assertRefused(await emulator.post(path, again, { "x-goog-api-key": "other" }), /^Corrupted thought/, "project");
  const cut = turns(user("use f"), model(call("f", thoughtSignature.slice(0, -8))), results(result("f")));
  await refuse([FLASH], cut, /^Corrupted thought signature\.$/);
});

test("rule 12: a model turn at the end is refused from 3.6-flash and 3.5-flash-lite on", async () => {
  const prefill = { contents: [user("Hi"), model({ text: "So" })] };
  const newer = ["gemini-3.5-flash-lite", "gemini-3.6-flash", FLASH, "gemini-4-hydrogen", "gemini-flash-latest"];
  await refuse(newer, prefill, /^Requests ending with a model turn are not supported\.$/);
  await accept(["gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3.5-flash"], prefill);
  await accept([FLASH], { contents: [user("Hi"), model({ text: "" })] });
});

test("rule 13: sampling settings are taken everywhere, and only their range is judged", async () => {
  await accept(["gemini-2.5-flash", FLASH, "gemini-4-argon"], config({ temperature: 0.2, topP: 0.5, topK: 3 }));
  await refuse(["gemini-2.5-flash"], config({ temperature: 2.5 }), /temperature must be in the range/);
});

test("rule 14: several candidates are for chat models before Gemini 3", async () => {
  await accept(["gemini-2.5-flash"], config({ candidateCount: 2 }));
  await refuse(
    [FLASH, "gemini-3-flash-preview", "gemini-4-argon"],
    config({ candidateCount: 2 }),
    /Multiple candidates/,
  );
});

test("rule 15: penalties are refused on 2.5 and bounded elsewhere", async () => {
  for (const field of ["presencePenalty", "frequencyPenalty"]) {
    await refuse(["gemini-2.5-flash", "gemini-2.5-pro"], config({ [field]: 0.5 }), /^Penalty is not enabled/);
    await accept([FLASH], config({ [field]: 0.5 }));
    await refuse([FLASH], config({ [field]: 2 }), /must be in the range \[-2\.0, 2\.0\)/);
  }
});

test("rule 16: levels and budgets belong to their generations, and never go together", async () => {
  const thinking = (thinkingConfig: object) => config({ thinkingConfig });
  await refuse(["gemini-2.5-flash"], thinking({ thinkingLevel: "LOW" }), /^Thinking level is not supported/);
  await refuse(["gemini-4-argon", "gemini-4-hydrogen"], thinking({ thinkingBudget: 100 }), /^Thinking budget is not/);
  await accept(["gemini-2.5-flash", "gemini-3.5-flash"], thinking({ thinkingBudget: 100 }));
  await refuse([FLASH], thinking({ thinkingLevel: "low", thinkingBudget: 100 }), /only one of thinking budget/);
  const minimal = thinking({ thinkingLevel: "minimal" });
  await refuse(
    ["gemini-3.7-flash", FLASH, "gemini-3.1-pro-preview", "gemini-4-carbon"],
    minimal,
    /^Thinking level MINIMAL/,
  );
  await accept(["gemini-3.5-flash", "gemini-3.6-flash", "gemini-3.1-flash-lite"], minimal);
  await accept(["gemini-4-hydrogen"], thinking({ thinkingLevel: "xhigh" }));
  await refuse(["gemini-4-argon"], thinking({ thinkingLevel: "xhigh" }), /^Thinking level XHIGH/);
});

test("rule 17: only 2.5-flash and 2.5-flash-lite can leave off thinking", async () => {
  const off = config({ thinkingConfig: { thinkingBudget: 0 } });
  await accept(["gemini-2.5-flash", "gemini-2.5-flash-lite"], off);
  await refuse(["gemini-2.5-pro", "gemini-3.5-flash", FLASH], off, /^Budget 0 is invalid/);
});

test("rule 18: JSON output and functions need Gemini 3 and the mode AUTO", async () => {
  const json = { ...config({ responseMimeType: "application/json" }), ...withFunctions({ name: "f" }) };
  const any = { ...json, toolConfig: { functionCallingConfig: { mode: "ANY" } } };
  await refuse(["gemini-2.5-flash", "gemini-2.5-pro"], json, /response mime type: 'application\/json' is unsupported/);
  await accept([FLASH, "gemini-3-flash-preview", "gemini-4-argon"], json);
  await refuse([FLASH], any, /mode ANY and a response mime type/);
});

test("rule 19: built-in tools and functions need Gemini 3 and the flag", async () => {
  const tools = [{ googleSearch: {} }, { functionDeclarations: [{ name: "f" }] }];
  const flagged = ask("Hi", { tools, toolConfig: { includeServerSideToolInvocations: true } });
  await refuse(["gemini-2.5-flash"], flagged, /^Tool use with function calling is unsupported$/);
  await refuse([FLASH], ask("Hi", { tools }), /include_server_side_tool_invocations/);
  await accept([FLASH, "gemini-4-argon"], flagged);
});

test("rule 20: parameters know their keywords only, parametersJsonSchema any", async () => {
  const schema = { type: "object", properties: { a: { type: "string", const: "x" } }, additionalProperties: false };
  const openApi = ask("Hi", withFunctions({ name: "f", parameters: schema }));
  await refuse(
    [FLASH],
    openApi,
    /Unknown name "const" at 'tools\[0\]\.function_declarations\[0\]\.parameters\.properties/,
  );
  await accept([FLASH, "gemini-2.5-flash"], ask("Hi", withFunctions({ name: "f", parametersJsonSchema: schema })));
  const both = withFunctions({ name: "f", parameters: { type: "object" }, parametersJsonSchema: {} });
  await refuse([FLASH], ask("Hi", both), /must not both be set/);
});

test("rule 21: a result is an object, and $ref in it names media beside it", async () => {
  for (const response of ["text", [1], 5]) {
    const body = turns(user("a"), model(call("f", BYPASS)), results(result("f", response)));
    await refuse([FLASH, "gemini-2.5-flash"], body, /function_response/);
  }
  const dangling = turns(user("a"), model(call("f", BYPASS)), results(result("f", { image: { $ref: "x.png" } })));
  await refuse([FLASH], dangling, /\$ref "x\.png" does not name a part/);
});

test("rule 22: as many results as calls, in the next turn, nothing else beside them", async () => {
  const calls = model(call("f", BYPASS), call("g"));
  const count = /^Please ensure that the number of function response parts is equal/;
  for (const generation of ["gemini-2.5-flash", FLASH, "gemini-4-argon"]) {
    await accept([generation], turns(user("a"), calls, results(result("f"), result("g"))));
    await refuse([generation], turns(user("a"), calls, results(result("f"))), count);
    await refuse([generation], turns(user("a"), calls, results(result("f")), results(result("g"))), count);
    await refuse([generation], turns(user("a"), calls, results(result("f"), result("g"), { text: "b" })), count);
  }
  await refuse([FLASH], turns(user("a"), results(result("f"))), /function response turn comes immediately after/);
  await refuse([FLASH], turns(calls, results(result("f"), result("g"))), /function call turn comes immediately after/);
});

test("rule 23: gemma takes no system instruction", async () => {
  const body = ask("Hi", { systemInstruction: { parts: [{ text: "x" }] } });
  await refuse(["gemma-4-31b-it", "gemma-3-27b-it"], body, /^Developer instruction is not enabled for models\/gemma-/);
  await accept(["gemini-2.5-flash", FLASH], body);
});

test("rule 25: an unknown key is a 400 with a reason", async () => {
  const path = `/v1beta/models/${FLASH}:generateContent`;
  const answer = await emulator.post(path, ask("Hi"), { "x-goog-api-key": "wrong" });
  assertRefused(answer, /^API key not valid/, "key");
  assert.equal(answer.json.error.details[0].reason, "API_KEY_INVALID");
});
