// The judge lets good requests pass: what looks odd but is allowed, and limits that depend on the whole request.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, KEY, startTestEmulator, WEATHER, withFunctions } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const config = (generationConfig: object) => ask("Hi", { generationConfig });
const thinking = (thinkingConfig: object) => config({ thinkingConfig });
const json = { generationConfig: { responseMimeType: "application/json" } };
const call = {
  role: "model",
  parts: [{ functionCall: { name: "f", args: {} }, thoughtSignature: "skip_thought_signature_validator" }],
};
const result = { functionResponse: { name: "f", response: { output: 1 } } };
const user = { role: "user", parts: [{ text: "Hi" }] };
const turns = (...contents: object[]) => ({ contents, ...withFunctions({ name: "f" }) });
const builtIn = { codeExecution: {} };

const ACCEPTED: readonly (readonly [string, string, object])[] = [
  ["prefill on 3.5-flash", "gemini-3.5-flash", { contents: [user, { role: "model", parts: [{ text: "So" }] }] }],
  ["an empty trailing model turn", "gemini-3.8-flash", { contents: [user, { role: "model", parts: [{ text: "" }] }] }],
  ["budget 0 on 2.5-flash", "gemini-2.5-flash", thinking({ thinkingBudget: 0 })],
  ["a budget on 3.5-flash", "gemini-3.5-flash", thinking({ thinkingBudget: 1024 })],
  ["xhigh on hydrogen", "gemini-4-hydrogen", thinking({ thinkingLevel: "xhigh" })],
  [
    "JSON and functions on Gemini 3 with mode AUTO",
    "gemini-3.8-flash",
    ask("Hi", { ...json, ...withFunctions(WEATHER) }),
  ],
  [
    "functions beside built-ins with the flag",
    "gemini-3.8-flash",
    ask("Hi", {
      tools: [builtIn, { functionDeclarations: [WEATHER] }],
      toolConfig: { includeServerSideToolInvocations: true },
    }),
  ],
  ["ignored sampling parameters", "gemini-4-argon", config({ temperature: 0.2, topP: 0.5, topK: 10 })],
  ["penalties on Gemini 3", "gemini-3.5-flash", config({ frequencyPenalty: 0.5 })],
  // Recorded with 200: the legacy role, and a signature echoed without its empty text.
  ["results in the role function", "gemini-2.5-flash", turns(user, call, { role: "function", parts: [result] })],
  [
    "a part that is only a signature",
    "gemini-3.5-flash",
    {
      contents: [
        user,
        { role: "model", parts: [{ text: "a" }, { thoughtSignature: "skip_thought_signature_validator" }] },
        user,
      ],
    },
  ],
  [
    "media beside results before Gemini 3",
    "gemini-2.5-flash",
    turns(user, call, { role: "user", parts: [result, { inlineData: { mimeType: "text/plain", data: "aGk=" } }] }),
  ],
  ["model turns in a row", "gemini-3.5-flash", turns(user, call, call, { role: "user", parts: [result, result] })],
  [
    "media inside results on Gemini 3",
    "gemini-3.5-flash",
    turns(user, call, {
      role: "user",
      parts: [
        {
          functionResponse: {
            name: "f",
            response: { file: { $ref: "a.txt" } },
            parts: [{ inlineData: { mimeType: "text/plain", data: "aGk=", displayName: "a.txt" } }],
          },
        },
      ],
    }),
  ],
  ["labels, store and tier", "gemini-3.8-flash", ask("Hi", { labels: { a: "b" }, store: false, serviceTier: "flex" })],
];

for (const [what, model, body] of ACCEPTED) {
  test(`accepts ${what}`, async () => {
    const answer = await emulator.generate(model, body);
    assert.equal(answer.status, 200, answer.text);
  });
}

test("refuses several candidates of a stream even on 2.5", async () => {
  const body = config({ candidateCount: 2 });
  const answer = await emulator.post("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", body, KEY);
  assert.equal(answer.status, 400);
});

test("refuses a prompt beyond the input limit of the model", async () => {
  const answer = await emulator.generate("gemma-3-1b-it", ask("word ".repeat(30_000)));
  assert.equal(
    answer.json.error.message,
    "The input token count exceeds the maximum number of tokens allowed (32768).",
  );
});
