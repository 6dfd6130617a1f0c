// Long answers of Gemini 4 in hops: tokens that go on, bodies that must stay the same, and prompts that grow.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, startTestEmulator, textOf } from "./client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const MODEL = "gemini-4-argon";
const LOW = { thinkingConfig: { thinkingLevel: "low" } };
const long = (maxOutputTokens: number, triggers = "[[emulator:words=300]] [[emulator:hop=100]]") =>
  ask(`Count ${triggers}`, { generationConfig: { maxOutputTokens, ...LOW } });

/** Follows the tokens to the end. */
async function follow(body: object, model = MODEL) {
  const hops = [];
  for (let token: string | undefined = undefined, count = 0; count < 50; count += 1) {
    const answer: { status: number; text: string; json: unknown } = await emulator.generate(model, {
      ...body,
      ...(token !== undefined && { continuationToken: token }),
    });
    assert.equal(answer.status, 200, answer.text);
    // oxlint-disable-next-line typescript/no-explicit-any
    const json = answer.json as any;
    hops.push(json);
    if (json.candidates[0].finishReason !== "CONTINUATION") return hops;
    token = json.candidates[0].continuationToken;
  }
  throw new Error("The hops do not end.");
}

test("hops joined are the answer as it would be in one, and only the first thinks", async () => {
  const hops = await follow(long(10_000));
  assert.ok(hops.length > 3, String(hops.length));
  const whole = await emulator.generate(MODEL, long(10_000, "[[emulator:words=300]]"));
  assert.equal(whole.json.candidates[0].finishReason, "STOP");
  assert.equal(hops.map(textOf).join(""), textOf(whole.json));
  assert.equal(hops.at(-1).candidates[0].finishReason, "STOP");
  const thoughts = hops.map((hop) => hop.usageMetadata.thoughtsTokenCount ?? 0);
  assert.deepEqual(
    thoughts.map((count) => count > 0),
    thoughts.map((_, index) => index === 0),
  );
  const [{ usageMetadata: first }] = hops;
  assert.ok(first.candidatesTokenCount + first.thoughtsTokenCount <= 100);
});

test("each hop counts what came before as prompt", async () => {
  const hops = await follow(long(10_000));
  const usages = hops.map((hop) => hop.usageMetadata);
  let before = usages[0].promptTokenCount;
  for (const usage of usages) {
    assert.equal(usage.promptTokenCount, before);
    assert.equal(usage.totalTokenCount, before + usage.candidatesTokenCount + (usage.thoughtsTokenCount ?? 0));
    before = usage.totalTokenCount;
  }
});

test("a changed body is refused, a raised limit is not", async () => {
  const body = long(200);
  const hops = await follow(body);
  const last = hops.at(-1).candidates[0];
  assert.equal(last.finishReason, "MAX_TOKENS");
  const go = (changed: object) => emulator.generate(MODEL, { ...changed, continuationToken: last.continuationToken });
  const raised = await go(long(10_000));
  assert.equal(raised.status, 200, raised.text);
  assert.ok(textOf(raised.json).length > 0);
  for (const changed of [
    long(200, "more [[emulator:words=300]] [[emulator:hop=100]]"),
    { ...body, systemInstruction: { parts: [{ text: "x" }] } },
    { contents: body.contents, generationConfig: { maxOutputTokens: 200 } },
  ]) {
    const { status, json } = await go(changed);
    assert.equal(status, 400);
    assert.match(json.error.message, /^Invalid continuation token/);
  }
  assert.equal((await emulator.generate("gemini-4-carbon", { ...body, continuationToken: "AAAA" })).status, 400);
});

test("the token may stand anywhere in the body", async () => {
  const { contents } = long(10_000);
  const generationConfig = { maxOutputTokens: 10_000, ...LOW };
  const first = await emulator.generate(MODEL, { contents, generationConfig });
  const { continuationToken } = first.json.candidates[0];
  const second = await emulator.generate(MODEL, { contents, continuationToken, generationConfig });
  assert.equal(second.status, 200, second.text);
  assert.notEqual(textOf(second.json), "");
});

test("every chunk of a long stream has a token to go on from", async () => {
  const body = long(10_000, "[[emulator:words=60]] [[emulator:hop=100]]");
  const events = await emulator.stream(MODEL, body);
  const chunk = events[1];
  const { continuationToken } = chunk.candidates[0];
  const seen = textOf(events[0]) + textOf(chunk);
  const rest = await emulator.stream(MODEL, { ...body, continuationToken });
  const whole = await emulator.generate(MODEL, long(10_000, "[[emulator:words=60]]"));
  assert.equal(rest.at(-1).candidates[0].finishReason, "STOP");
  assert.equal(seen + rest.map(textOf).join(""), textOf(whole.json));
});

test("without maxOutputTokens above the hop, and before Gemini 4, there is one hop", async () => {
  for (const [model, body] of [
    [MODEL, ask("[[emulator:words=300]] [[emulator:hop=100]]")],
    [MODEL, long(90, "[[emulator:words=300]] [[emulator:hop=100]]")],
    ["gemini-3.8-flash", long(10_000)],
  ] as const) {
    const hops = await follow(body, model);
    assert.equal(hops.length, 1);
    assert.equal("continuationToken" in hops[0].candidates[0], false);
  }
});
