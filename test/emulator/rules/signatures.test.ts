// Thought signatures over a whole tool conversation: demanded, verified, and bypassed where documented.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { isBypass, isIssued, issueSignature, signatureScope } from "../../../src/emulator/signatures.ts";
import { createByteSource } from "../../../src/emulator/random.ts";
import { partsOf, startTestEmulator, textOf, WEATHER, withFunctions } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const question = { role: "user", parts: [{ text: "Weather in Boston?" }] };
const tools = withFunctions(WEATHER, { name: "get_time" });
const resultFor = (part: { functionCall: { name: string; id?: string } }) => ({
  functionResponse: { ...part.functionCall, args: undefined, response: { output: "18C" } },
});

async function firstStep(model: string) {
  const { json } = await emulator.generate(model, { contents: [question], ...tools });
  return json.candidates[0].content;
}

function followUp(model: string, content: { parts: object[] }, change: (part: object, index: number) => object) {
  const parts = content.parts.map(change);
  const results = { role: "user", parts: (content.parts as Parameters<typeof resultFor>[0][]).map(resultFor) };
  return emulator.generate(model, { contents: [question, { role: "model", parts }, results], ...tools });
}

const without = (part: object) => ({ ...part, thoughtSignature: undefined });

test("a signature that comes back unaltered is accepted and the results are quoted", async () => {
  const content = await firstStep("gemini-3.8-flash");
  const answer = await followUp("gemini-3.8-flash", content, (part) => part);
  assert.equal(answer.status, 200, answer.text);
  assert.match(textOf(answer.json), /get_current_weather: \{"output":"18C"\}/);
});

test("on Gemini 3 and later a lost signature is refused with the recorded text", async () => {
  for (const model of ["gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-4-argon"]) {
    const answer = await followUp(model, await firstStep(model), without);
    assert.equal(answer.status, 400);
    // Recording thread-g3-pro-preview-excerpt-400-0, with our function.
    assert.equal(
      answer.json.error.message,
      "Function call is missing a thought_signature in functionCall parts. This is required for tools to work " +
        "correctly, and missing thought_signature may lead to degraded model performance. Additional data, function " +
        "call `default_api:get_current_weather` , position 2. please refer to " +
        "https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
    );
  }
});

test("2.5 does not ask for signatures", async () => {
  const answer = await followUp("gemini-2.5-flash", await firstStep("gemini-2.5-flash"), without);
  assert.equal(answer.status, 200, answer.text);
});

test("both bypass strings pass, plain and as base64 of the plain string", async () => {
  const content = await firstStep("gemini-3.8-flash");
  for (const word of ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"]) {
    for (const thoughtSignature of [word, Buffer.from(word).toString("base64")]) {
      const answer = await followUp("gemini-3.8-flash", content, (part) => ({ ...part, thoughtSignature }));
      assert.equal(answer.status, 200, answer.text);
    }
  }
});

test("an altered, cut or foreign signature is corrupted", async () => {
  const content = await firstStep("gemini-3.8-flash");
  const signature: string = content.parts[0].thoughtSignature;
  const altered = Buffer.from(signature, "base64");
  altered.writeUInt8(altered.readUInt8(100) ^ 1, 100);
  for (const thoughtSignature of [
    altered.toString("base64"),
    signature.slice(0, 40),
    signature + signature,
    "EqkBCqYB",
  ]) {
    const answer = await followUp("gemini-3.8-flash", content, (part) => ({ ...part, thoughtSignature }));
    assert.equal(answer.status, 400);
    assert.equal(answer.json.error.message, "Corrupted thought signature.");
  }
});

test("of parallel calls only the first is signed, and only the first is demanded", async () => {
  const ask = { role: "user", parts: [{ text: "Call get_time and get_current_weather for Boston" }] };
  const { json } = await emulator.generate("gemini-3.8-flash", { contents: [ask], ...tools });
  const parts = partsOf(json);
  assert.deepEqual(
    parts.map((part) => [part.functionCall.name, "thoughtSignature" in part]),
    [
      ["get_time", true],
      ["get_current_weather", false],
    ],
  );
  const results = { role: "user", parts: parts.map(resultFor) };
  const answer = await emulator.generate("gemini-3.8-flash", {
    contents: [ask, json.candidates[0].content, results],
    ...tools,
  });
  assert.equal(answer.status, 200, answer.text);
});

test("turns before the current one may have lost theirs, each step of the current one may not", async () => {
  const content = await firstStep("gemini-3.8-flash");
  const unsigned = { role: "model", parts: content.parts.map(without) };
  const results = { role: "user", parts: content.parts.map(resultFor) };
  const earlier = [question, unsigned, results, { role: "model", parts: [{ text: "It is 18C." }] }];
  const answer = await emulator.generate("gemini-3.8-flash", { contents: [...earlier, question], ...tools });
  assert.equal(answer.status, 200, answer.text);
  const steps = [question, content, results, unsigned, results];
  const second = await emulator.generate("gemini-3.8-flash", { contents: steps, ...tools });
  assert.match(second.json.error.message, /missing a thought_signature.* position 4\./);
});

test("every issued signature is recognised in its scope, nothing else is", () => {
  const bytes = createByteSource("signatures");
  const scope = signatureScope("one", 3.8);
  for (let count = 0; count < 50; count += 1) {
    const signature = Buffer.from(issueSignature(bytes, scope), "base64");
    assert.ok(isIssued(signature, scope));
    assert.ok(isIssued(signature, signatureScope("one", 3.1)));
    assert.ok(!isIssued(signature, signatureScope("two", 3.8)));
    assert.ok(!isIssued(signature, signatureScope("one", 4)));
    assert.ok(!isBypass(signature));
    for (const at of [0, 5, 120, signature.length - 1]) {
      const altered = Buffer.from(signature);
      altered.writeUInt8(altered.readUInt8(at) ^ 0x40, at);
      assert.ok(!isIssued(altered, scope));
    }
  }
});

test("a signature may be megabytes long, as those of images are", () => {
  const scope = signatureScope("one", 3);
  for (const size of [1, 100, 20_000, 2_900_000]) {
    const signature = Buffer.from(issueSignature(createByteSource(1), scope, size), "base64");
    assert.ok(signature.length >= size);
    assert.ok(isIssued(signature, scope));
    assert.ok(!isIssued(signature.subarray(0, -1), scope));
  }
});
