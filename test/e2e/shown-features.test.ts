// What docs/compatibility.md claims of a whole request or answer, and no narrower test shows from the client to Gemini and back.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { partsChunk, startFaultyGemini, type JsonObject } from "../support/faulty-gemini.ts";
import { startGateway } from "../support/gateway.ts";
import { assistant, call, declared, result, signed, startRig, user, type Rig } from "./audit/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

describe("calls of one answer that come in chunks of their own, the stop after them in another", () => {
  const called = (x: string): JsonObject => ({ functionCall: { name: "f", args: { x } } });
  for (const last of [[{ text: "" }], []]) {
    test(`are told with indexes from 0 and end in tool_calls, when the last chunk has ${last.length} parts`, async () => {
      const { json, text } = await rig.ask({ stream: true, tools: [declared("f")] }, [
        partsChunk([called("1")]),
        partsChunk([called("2")]),
        partsChunk(last, { finishReason: "STOP" }),
      ]);
      assert.deepEqual(
        [...text.matchAll(/"tool_calls":\[\{"index":(\d)/g)].map(([, index]) => index),
        ["0", "1"],
      );
      const [{ message, finish_reason: finish }] = json.choices;
      assert.equal(finish, "tool_calls");
      assert.deepEqual(
        message.tool_calls.map((told: { function: { arguments: string } }) => told.function.arguments),
        ['{"x":"1"}', '{"x":"2"}'],
      );
      assert.deepEqual(text.match(/"finish_reason":"\w+"/g), ['"finish_reason":"tool_calls"']);
    });
  }
});

test("results reach Gemini in the order of their calls, each with the name and content of the call that it names", async () => {
  const calls = [call("a", "f", '{"x":"1"}', signed("c2lnbmF0dXJl")), call("b", "g")];
  const messages = [user("q"), assistant(null, calls), result("b", "of b"), result("a", '{"of":"a"}')];
  const { sent, warnings } = await rig.ask({ messages, tools: [declared("f"), declared("g")] });
  assert.deepEqual(sent[0].contents.at(-1).parts, [
    { functionResponse: { name: "f", response: { of: "a" } } },
    { functionResponse: { name: "g", response: { output: "of b" } } },
  ]);
  assert.deepEqual(warnings, []);
});

test("penalties, seed and top_k are sent where a model takes them, and what it does not take is warned of", async () => {
  const body = { presence_penalty: 0.5, frequency_penalty: -0.5, seed: 7, top_k: 40 };
  const config = { presencePenalty: 0.5, frequencyPenalty: -0.5, seed: 7 };
  for (const [model, generationConfig, told] of [
    ["gemini-3.5-flash", { ...config, topK: 40 }, []],
    ["gemini-3.8-flash", config, ["sampling_ignored:top_k"]],
    ["gemini-2.5-flash", { seed: 7, topK: 40 }, ["presence_penalty", "frequency_penalty"].map(refusedPenalty)],
  ] as const) {
    const { sent, warnings } = await rig.ask({ model, ...body });
    assert.deepEqual([sent[0].generationConfig, warnings], [generationConfig, told], model);
  }
});

function refusedPenalty(param: string): string {
  return `penalties_ignored:${param}`;
}

test("models that only the upstream knows are listed, and those that it does not list are not", async () => {
  await using gemini = await startFaultyGemini({ models: ["gemini-99-unheard-of"] });
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  const { data } = (await (await gateway.get("/gemini/v1/models")).json()) as { data: { id: string }[] };
  assert.deepEqual(
    data.map(({ id }) => id).filter((id) => !id.endsWith("-thinking")),
    ["gemini-99-unheard-of"],
  );
});
