// Function calls: which are made, with what arguments and ids, and how they travel in a stream.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, partsOf, startTestEmulator, textOf, WEATHER, withFunctions } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const BOSTON = "What is the weather like in Boston today?";
const SUM = {
  name: "sum",
  parametersJsonSchema: {
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "integer" } },
    required: ["a", "b"],
  },
};
const CLOCK = { name: "get_time" };

const namesOf = (json: unknown) => partsOf(json).flatMap((part) => part.functionCall?.name ?? []);
const calling = (mode: string, ...allowedFunctionNames: string[]) => ({
  toolConfig: { functionCallingConfig: { mode, ...(allowedFunctionNames.length > 0 && { allowedFunctionNames }) } },
});

test("calls the first function when the prompt names none, with arguments taken from the prompt", async () => {
  const { json } = await emulator.generate("gemini-3.8-flash", ask(BOSTON, withFunctions(WEATHER, CLOCK)));
  const [part] = partsOf(json);
  assert.deepEqual(Object.keys(part), ["functionCall", "thoughtSignature"]);
  assert.deepEqual(Object.keys(part.functionCall), ["name", "args", "id"]);
  assert.equal(part.functionCall.name, "get_current_weather");
  assert.deepEqual(part.functionCall.args, { location: "Boston", unit: "celsius" });
  assert.match(part.functionCall.id, /^[0-9a-z]{8}$/);
  assert.equal(json.candidates[0].finishReason, "STOP");
  assert.equal(json.candidates[0].finishMessage, "Model generated function call(s).");
});

test("calls every function the prompt names, in that order", async () => {
  const functions = withFunctions(WEATHER, CLOCK, SUM);
  const { json } = await emulator.generate("gemini-3.8-flash", ask("Use sum for 2 and 3, then get_time", functions));
  assert.deepEqual(namesOf(json), ["sum", "get_time"]);
  assert.deepEqual(
    partsOf(json).map((part) => part.functionCall.args),
    [{ a: 2, b: 3 }, {}],
  );
  const partly = await emulator.generate("gemini-3.8-flash", ask("get_time_zone", functions));
  assert.deepEqual(namesOf(partly.json), ["get_current_weather"]);
});

test("one after the other: each step calls the next function the prompt names, until all were called", async () => {
  const question = { role: "user", parts: [{ text: "Use sum for 2 and 3 and get_time, one after the other." }] };
  const contents: object[] = [question];
  const steps: string[][] = [];
  for (let step = 0; step < 3; step++) {
    const { json } = await emulator.generate("gemini-3.8-flash", { contents, ...withFunctions(WEATHER, CLOCK, SUM) });
    steps.push(namesOf(json));
    const responses = partsOf(json).flatMap(({ functionCall: call }) =>
      call === undefined ? [] : [{ functionResponse: { name: call.name, id: call.id, response: { output: step } } }],
    );
    contents.push(json.candidates[0].content, { role: "user", parts: responses });
  }
  assert.deepEqual(steps, [["sum"], ["get_time"], []]);
});

test("modes: ANY and VALIDATED call, allowed names narrow, NONE answers in text", async () => {
  const functions = withFunctions(WEATHER, CLOCK);
  for (const mode of ["AUTO", "ANY", "VALIDATED"]) {
    const { json } = await emulator.generate(
      "gemini-3.8-flash",
      ask("Hi", { ...functions, ...calling(mode, "get_time") }),
    );
    assert.deepEqual(namesOf(json), ["get_time"], mode);
  }
  const { json } = await emulator.generate("gemini-3.8-flash", ask("Hi", { ...functions, ...calling("NONE") }));
  assert.deepEqual(namesOf(json), []);
  assert.match(textOf(json), /^You said: Hi/);
});

test("2.x calls have no ids and gemma's neither", async () => {
  for (const model of ["gemini-2.5-flash", "gemini-2.5-pro", "gemma-4-31b-it"]) {
    const { json } = await emulator.generate(model, ask("Hi", withFunctions(CLOCK)));
    assert.deepEqual(partsOf(json)[0].functionCall, { name: "get_time", args: {} }, model);
  }
});

test("on 2.5 a call is signed when the model thought, on Gemini 3 always", async () => {
  const signed = async (model: string, thinkingConfig: object) => {
    const { json } = await emulator.generate(
      model,
      ask("Hi", { ...withFunctions(CLOCK), generationConfig: { thinkingConfig } }),
    );
    return "thoughtSignature" in partsOf(json)[0];
  };
  assert.equal(await signed("gemini-2.5-flash", { thinkingBudget: 1024 }), true);
  assert.equal(await signed("gemini-2.5-flash", { thinkingBudget: 0 }), false);
  assert.equal(await signed("gemini-3.6-flash", { thinkingLevel: "minimal" }), true);
});

test("a Gemini 3 stream sends each call in a chunk without a finish, then an empty text with STOP", async () => {
  const events = await emulator.stream("gemini-3.8-flash", ask("get_time and sum 1 2", withFunctions(CLOCK, SUM)));
  // Recording adkgo-g3.1-pro-preview-testparallelfunctioncalls-…-s-0.
  assert.deepEqual(
    events.map((event) => [namesOf(event), event.candidates[0].finishReason, event.candidates[0].finishMessage]),
    [
      [["get_time"], undefined, undefined],
      [["sum"], undefined, undefined],
      [[], "STOP", undefined],
    ],
  );
  assert.deepEqual(
    events.map((event) => "thoughtSignature" in partsOf(event)[0]),
    [true, false, false],
  );
  assert.deepEqual(partsOf(events[2]), [{ text: "" }]);
});

test("a 2.5-flash stream sends all calls in one finished chunk, 2.5-pro one by one and a bare finish", async () => {
  const body = ask("get_time and sum 1 2", withFunctions(CLOCK, SUM));
  const flash = await emulator.stream("gemini-2.5-flash", body);
  // Recording adkgo-g2.5-flash-testparallelfunctioncalls-…-s-0.
  assert.equal(flash.length, 1);
  assert.deepEqual(namesOf(flash[0]), ["get_time", "sum"]);
  assert.deepEqual(Object.keys(flash[0].candidates[0]), ["content", "finishReason", "index", "finishMessage"]);
  const pro = await emulator.stream("gemini-2.5-pro", body);
  // Recording fantasy-g2.5-pro-tool-streaming-s-0.
  assert.deepEqual(pro.map(namesOf), [["get_time"], ["sum"], []]);
  assert.deepEqual(pro[2].candidates, [{ content: { role: "model" }, finishReason: "STOP", index: 0 }]);
});

test("after results it answers in text that quotes them, whatever the mode", async () => {
  const contents = [
    { role: "user", parts: [{ text: BOSTON }] },
    {
      role: "model",
      parts: [
        {
          functionCall: { name: "get_current_weather", args: {} },
          thoughtSignature: "skip_thought_signature_validator",
        },
      ],
    },
    { role: "user", parts: [{ functionResponse: { name: "get_current_weather", response: { temperature: 21 } } }] },
  ];
  for (const mode of ["AUTO", "ANY"]) {
    const { json } = await emulator.generate("gemini-3.8-flash", {
      contents,
      ...withFunctions(WEATHER),
      ...calling(mode),
    });
    assert.deepEqual(namesOf(json), []);
    assert.match(
      textOf(json),
      /get_current_weather: \{"temperature":21\}[^]*You said: What is the weather like in Boston/,
    );
  }
});

test("announced server-side search shows as a call and a response before the function call, all signed", async () => {
  const body = ask("Who won?", {
    tools: [{ googleSearch: {} }, { functionDeclarations: [CLOCK] }],
    toolConfig: { includeServerSideToolInvocations: true },
  });
  const parts = partsOf((await emulator.generate("gemini-3.8-flash", body)).json);
  assert.deepEqual(
    parts.map((part) => Object.keys(part)),
    [
      ["toolCall", "thoughtSignature"],
      ["toolResponse", "thoughtSignature"],
      ["functionCall", "thoughtSignature"],
    ],
  );
  assert.equal(parts[0].toolCall.id, parts[1].toolResponse.id);
  assert.equal(parts[0].toolCall.toolType, "GOOGLE_SEARCH_WEB");
  // Sent back with the result, the whole turn is accepted.
  const results = { role: "user", parts: [{ functionResponse: { name: "get_time", response: {} } }] };
  const answer = await emulator.generate("gemini-3.8-flash", {
    ...body,
    contents: [...body.contents, { role: "model", parts }, results],
  });
  assert.equal(answer.status, 200, answer.text);
});

test("the computer-use model opens a browser", async () => {
  const body = ask("Go to example.com", { tools: [{ computerUse: { environment: "ENVIRONMENT_BROWSER" } }] });
  const { json } = await emulator.generate("gemini-2.5-computer-use-preview-10-2025", body);
  assert.deepEqual(namesOf(json), ["open_web_browser"]);
});
