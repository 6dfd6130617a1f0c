// Tools Google runs itself: code execution, search, URL context, maps and file search.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask, partsOf, startTestEmulator, textOf } from "../client.ts";

const emulator = await startTestEmulator();
after(() => emulator[Symbol.asyncDispose]());

const CODE = { tools: [{ codeExecution: {} }] };
const PRIMES =
  "What is the sum of the first 50 prime numbers? Generate and run code for the calculation, and make sure you get all 50.";

const kinds = (json: unknown) => partsOf(json).map((part) => Object.keys(part)[0]);

test("runs code: text, executableCode, its result, and text with the computed answer", async () => {
  const { json } = await emulator.generate("gemini-3.8-flash", ask(PRIMES, CODE));
  assert.deepEqual(kinds(json), ["text", "executableCode", "codeExecutionResult", "text"]);
  const [, code, result, text] = partsOf(json);
  assert.deepEqual(Object.keys(code), ["executableCode", "thoughtSignature"]);
  assert.deepEqual(Object.keys(code.executableCode), ["language", "code", "id"]);
  assert.deepEqual(Object.keys(result), ["codeExecutionResult"]);
  assert.deepEqual(result.codeExecutionResult, {
    outcome: "OUTCOME_OK",
    output: "50 5117\n",
    id: code.executableCode.id,
  });
  assert.match(text.text, /5117/);
  assert.ok(json.usageMetadata.toolUsePromptTokenCount > 0);
});

test("on 2.x code and result have no ids", async () => {
  const { json } = await emulator.generate("gemini-2.5-flash", ask(PRIMES, CODE));
  const [, code, result] = partsOf(json);
  assert.deepEqual(Object.keys(code.executableCode), ["language", "code"]);
  assert.deepEqual(Object.keys(result.codeExecutionResult), ["outcome", "output"]);
});

test("a code stream keeps the order, and the chunk with the result has no index", async () => {
  const events = await emulator.stream("gemini-3.8-flash", ask(PRIMES, CODE));
  const order = events.map((event) => kinds(event)[0]).filter((kind, index, all) => kind !== all[index - 1]);
  assert.deepEqual(order, ["text", "executableCode", "codeExecutionResult", "text"]);
  // Recording pydanticai-g3-flash-preview-code-execution-stream-s-0.
  const result = events.find((event) => kinds(event)[0] === "codeExecutionResult");
  assert.deepEqual(Object.keys(result.candidates[0]), ["content"]);
});

test("computes arithmetic, counts characters otherwise, and plots when asked", async () => {
  const output = async (prompt: string) =>
    partsOf((await emulator.generate("gemini-3.8-flash", ask(prompt, CODE))).json)[2].codeExecutionResult.output;
  assert.equal(await output("what is 65465-6544 * 65464-6"), "-428330957\n");
  assert.equal(await output("12345678901234567890*10"), "123456789012345678900\n");
  assert.equal(await output("2 - -3"), "5\n");
  assert.equal(await output("猫🙂"), "2\n");
  const { json } = await emulator.generate("gemini-3.8-flash", ask("Plot a chart", CODE));
  assert.deepEqual(kinds(json), ["text", "executableCode", "codeExecutionResult", "inlineData", "text"]);
});

test("search grounds the answer: chunks, queries, an entry point, and supports in UTF-8 bytes", async () => {
  const body = ask("¿Qué es 日本 <b>?", { tools: [{ googleSearch: {} }] });
  const { json } = await emulator.generate("gemini-3.8-flash", body);
  const metadata = json.candidates[0].groundingMetadata;
  // Recording rubyllm-g3.5-flash-web-search-with-gemini-gemini-3-5-flash-grounds-the-answer-a-0.
  assert.deepEqual(Object.keys(metadata), [
    "searchEntryPoint",
    "groundingChunks",
    "groundingSupports",
    "webSearchQueries",
  ]);
  assert.deepEqual(metadata.webSearchQueries, ["¿Qué es 日本 <b>?"]);
  assert.match(metadata.searchEntryPoint.renderedContent, /¿Qué es 日本 &lt;b&gt;/);
  for (const chunk of metadata.groundingChunks) {
    assert.match(chunk.web.uri, /^https:\/\/vertexaisearch\.cloud\.google\.com\/grounding-api-redirect\//);
  }
  const bytes = Buffer.from(textOf(json));
  assert.ok(metadata.groundingSupports.length >= 2);
  assert.equal("startIndex" in metadata.groundingSupports[0].segment, false);
  for (const { segment, groundingChunkIndices } of metadata.groundingSupports) {
    assert.equal(bytes.subarray(segment.startIndex ?? 0, segment.endIndex).toString(), segment.text);
    assert.ok(groundingChunkIndices.every((index: number) => index < metadata.groundingChunks.length));
  }
});

test("in a stream grounding comes with the last chunk", async () => {
  for (const model of ["gemini-3.8-flash", "gemini-2.5-flash"]) {
    const events = await emulator.stream(model, ask("Who won?", { tools: [{ googleSearch: {} }] }));
    const grounded = events.map((event) => "groundingMetadata" in event.candidates[0]);
    assert.deepEqual(
      grounded,
      events.map((_, index) => index === events.length - 1),
    );
    const bytes = Buffer.from(events.map(textOf).join(""));
    for (const { segment } of events.at(-1).candidates[0].groundingMetadata.groundingSupports) {
      assert.equal(bytes.subarray(segment.startIndex ?? 0, segment.endIndex).toString(), segment.text);
    }
  }
});

test("supports follow the text when a limit cuts it", async () => {
  const body = ask("Who won?", { tools: [{ googleSearch: {} }], generationConfig: { maxOutputTokens: 60 } });
  const { json } = await emulator.generate("gemini-3.8-flash", body);
  assert.equal(json.candidates[0].finishReason, "MAX_TOKENS");
  const { segment } = json.candidates[0].groundingMetadata.groundingSupports[0];
  assert.equal(segment.text, textOf(json).slice(0, segment.endIndex));
});

test("URL context names the URLs of the prompt, in a stream on its first chunk", async () => {
  const body = ask("Compare https://example.com/a?b=1 and (https://example.org).", { tools: [{ urlContext: {} }] });
  const { json } = await emulator.generate("gemini-2.5-flash", body);
  const expected = {
    urlMetadata: ["https://example.com/a?b=1", "https://example.org"].map((retrievedUrl) => ({
      retrievedUrl,
      urlRetrievalStatus: "URL_RETRIEVAL_STATUS_SUCCESS",
    })),
  };
  assert.deepEqual(json.candidates[0].urlContextMetadata, expected);
  assert.ok(json.usageMetadata.toolUsePromptTokenCount > 0);
  const events = await emulator.stream("gemini-3.8-flash", body);
  assert.deepEqual(
    events.map((event) => event.candidates[0].urlContextMetadata),
    [expected, ...events.slice(1).map(() => undefined)],
  );
});

test("maps and file search leave chunks of their own kind", async () => {
  const chunk = async (tool: object) =>
    (await emulator.generate("gemini-3.8-flash", ask("Coffee?", { tools: [tool] }))).json.candidates[0]
      .groundingMetadata.groundingChunks[0];
  assert.deepEqual(Object.keys(await chunk({ googleMaps: {} })), ["maps"]);
  const file = await chunk({ fileSearch: { fileSearchStoreNames: ["fileSearchStores/x"] } });
  assert.equal(file.retrievedContext.fileSearchStore, "fileSearchStores/x");
});

test("with announced invocations the search is part of the turn, and its response chunk has no index", async () => {
  const body = ask("Who won?", {
    tools: [{ googleSearch: {} }],
    toolConfig: { includeServerSideToolInvocations: true },
  });
  const events = await emulator.stream("gemini-3.8-flash", body);
  // Recording pydanticai-g3-flash-preview-web-search-stream-history-round-trip-s-0.
  assert.deepEqual(
    events.slice(0, 2).map((event) => kinds(event)[0]),
    ["toolCall", "toolResponse"],
  );
  assert.equal("index" in events[1].candidates[0], false);
});

test("without such tools there is no grounding", async () => {
  const { json } = await emulator.generate("gemini-3.8-flash", ask("https://example.com"));
  assert.deepEqual(Object.keys(json.candidates[0]), ["content", "finishReason", "index"]);
});
