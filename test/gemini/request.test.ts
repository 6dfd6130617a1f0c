// The whole body: what stands beside the conversation, and what a cache pushes out.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HarmCategory, SafetySetting_Threshold, ServiceTier } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { assistant, map, MODELS, type RequestInit, system, user } from "./mapping.ts";

const hi: RequestInit = { messages: [user("Hi")] };
const CONTENTS = [{ role: "user", parts: [{ text: "Hi" }] }];

describe("the body", () => {
  test("of a bare request is its contents and nothing else", () => {
    assert.deepEqual(map(hi), { body: { contents: CONTENTS }, warnings: [] });
  });

  test("says everything that Google is to know", () => {
    const { body, warnings } = map(
      {
        messages: [system("Be terse."), user("Hi")],
        serviceTier: ServiceTier.FLEX,
        store: false,
        labels: { team: "a" },
        sampling: { temperature: 0.2, maxOutputTokens: 512 },
        thinking: { control: { case: "budgetTokens", value: 1024 } },
      },
      MODELS.gemini25,
    );
    assert.deepEqual(body, {
      contents: CONTENTS,
      systemInstruction: { parts: [{ text: "Be terse." }] },
      generationConfig: {
        temperature: 0.2,
        maxOutputTokens: 512,
        thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 },
      },
      serviceTier: "flex",
      store: false,
      labels: { team: "a" },
    });
    assert.deepEqual(warnings, []);
  });

  test("keeps to itself what is only for us", () => {
    const { body } = map({ ...hi, endUser: "ann", conversationKey: "k", strict: true, model: "x" });
    assert.deepEqual(body, { contents: CONTENTS });
    const named = map({ messages: [{ ...user("Hi"), name: "Ann" }] }).body;
    assert.deepEqual(named, { contents: CONTENTS });
  });
});

describe("safety settings", () => {
  const { HARASSMENT, HATE_SPEECH } = HarmCategory;
  const { OFF, BLOCK_ONLY_HIGH } = SafetySetting_Threshold;
  const defaults = { safetySettings: [["HARM_CATEGORY_JAILBREAK", "BLOCK_NONE"]] as const };

  test("of the caller stand alone", () => {
    const safetySettings = [
      { category: HARASSMENT, threshold: OFF },
      { category: HATE_SPEECH, threshold: BLOCK_ONLY_HIGH },
    ];
    assert.deepEqual(map({ ...hi, safetySettings }, MODELS.newest, defaults).body.safetySettings, [
      { category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" },
      { category: "HARM_CATEGORY_HATE_SPEECH", threshold: "BLOCK_ONLY_HIGH" },
    ]);
  });

  test("of the configuration stand where the caller gives none, and there are none by themselves", () => {
    assert.deepEqual(map(hi, MODELS.newest, defaults).body.safetySettings, [
      { category: "HARM_CATEGORY_JAILBREAK", threshold: "BLOCK_NONE" },
    ]);
    assert.equal(map(hi).body.safetySettings, undefined);
  });

  test("given twice count once: the last one (2.11)", () => {
    const safetySettings = [
      { category: HARASSMENT, threshold: BLOCK_ONLY_HIGH },
      { category: HARASSMENT, threshold: OFF },
    ];
    const { body, warnings } = map({ ...hi, safetySettings });
    assert.deepEqual(body.safetySettings, [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "OFF" }]);
    assert.deepEqual(warnings, ["safety_duplicate:safety_settings[1]"]);
  });

  test("of kinds that are not known are left out, with a warning", () => {
    const { body, warnings } = map({ ...hi, safetySettings: [{ category: 99 as HarmCategory, threshold: OFF }] });
    assert.equal(body.safetySettings, undefined);
    assert.deepEqual(warnings, ["parameter_ignored:safety_settings[0]"]);
  });
});

describe("a cache by name", () => {
  const cachedContent = "cachedContents/x";
  const accepted = { upstreamObjects: true };

  test("is refused where upstream objects are not accepted, and by Gemini 4 (1.7)", () => {
    const refused = { reason: "UNSUPPORTED_PARAMETER", field: "cached_content" };
    assert.throws(() => map({ ...hi, cachedContent }), refused);
    assert.throws(() => map({ ...hi, cachedContent }, "gemini-4-carbon", accepted), refused);
  });

  test("pushes out the system instruction and the tools, which it brings itself", () => {
    const { body, warnings } = map(
      {
        messages: [system("S"), user("Hi")],
        cachedContent,
        tools: [{ kind: { case: "function", value: { name: "f" } } }],
        toolChoice: { mode: 3 },
        retrieval: { languageCode: "fr" },
      },
      MODELS.newest,
      accepted,
    );
    assert.deepEqual(body, { contents: CONTENTS, cachedContent });
    assert.deepEqual(warnings, ["tools_dropped:tools", "system_ignored:messages[0]"]);
  });

  test("goes with everything else", () => {
    const { body } = map(
      { messages: [user("a"), assistant("b"), user("c")], cachedContent, sampling: { seed: 1 } },
      MODELS.newest,
      accepted,
    );
    assert.equal(body.contents.length, 3);
    assert.deepEqual(body.generationConfig, { seed: 1 });
  });
});
