// JSON and enum answers: they obey their schema, are never fenced, and stream like any text.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import Schema from "typebox/schema";
import { ask, startTestEmulator, textOf } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const RECIPE = {
  type: "object",
  properties: {
    name: { type: "string" },
    minutes: { type: "integer", minimum: 1, maximum: 90 },
    level: { enum: ["easy", "hard"] },
    steps: {
      type: "array",
      minItems: 2,
      items: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    },
  },
  required: ["name", "minutes", "level", "steps"],
  additionalProperties: false,
};

const json = (rest: object) => ({ generationConfig: { responseMimeType: "application/json", ...rest } });

test("responseJsonSchema and responseSchema are obeyed, unary and streamed", async () => {
  for (const model of ["gemini-3.8-flash", "gemini-2.5-flash"]) {
    const body = ask("A hard recipe in 30 minutes", json({ responseJsonSchema: RECIPE }));
    const text = textOf((await emulator.generate(model, body)).json);
    const value = JSON.parse(text);
    assert.ok(Schema.Check(RECIPE, value), text);
    assert.equal(value.level, "hard");
    assert.equal(value.minutes, 30);
    assert.equal((await emulator.stream(model, body)).map(textOf).join(""), text);
  }
  const { additionalProperties: _, ...subset } = RECIPE;
  const body = ask(
    "Hi",
    json({
      responseSchema: { ...subset, properties: { ...subset.properties, level: { type: "STRING", enum: ["easy"] } } },
    }),
  );
  const answer = await emulator.generate("gemini-3.8-flash", body);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(JSON.parse(textOf(answer.json)).level, "easy");
});

test("without a schema it is a JSON object with the answer", async () => {
  const value = JSON.parse(textOf((await emulator.generate("gemini-3.8-flash", ask('Say "hi"', json({})))).json));
  assert.match(value.answer, /^You said: Say "hi"/);
});

test("text/x.enum answers one bare value", async () => {
  const config = { responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: ["cat", "dog"] } };
  const { json: answer } = await emulator.generate(
    "gemini-3.8-flash",
    ask("It is a dog", { generationConfig: config }),
  );
  assert.equal(textOf(answer), "dog");
});

test("with functions and mode AUTO it calls first and answers JSON after the results", async () => {
  const tools = { tools: [{ functionDeclarations: [{ name: "look" }] }] };
  const first = await emulator.generate(
    "gemini-3.8-flash",
    ask("Hi", { ...json({ responseJsonSchema: RECIPE }), ...tools }),
  );
  const { content } = first.json.candidates[0];
  const contents = [
    { role: "user", parts: [{ text: "Hi" }] },
    content,
    { role: "user", parts: [{ functionResponse: { name: "look", response: {} } }] },
  ];
  const second = await emulator.generate("gemini-3.8-flash", {
    contents,
    ...json({ responseJsonSchema: RECIPE }),
    ...tools,
  });
  assert.ok(Schema.Check(RECIPE, JSON.parse(textOf(second.json))));
});

test("JSON grounded by search stays JSON", async () => {
  const body = ask("Hi", { ...json({ responseJsonSchema: RECIPE }), tools: [{ googleSearch: {} }] });
  const { json: answer } = await emulator.generate("gemini-3.8-flash", body);
  assert.ok(Schema.Check(RECIPE, JSON.parse(textOf(answer))));
  assert.ok(answer.candidates[0].groundingMetadata);
});
