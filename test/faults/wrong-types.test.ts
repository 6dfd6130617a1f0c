// Answers whose JSON is right and whose types are wrong: whoever stands in Gemini's place, that is an invalid answer and no bug of ours.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  jsonAnswer,
  startFaultyGemini,
  streamAnswer,
  type FaultyGemini,
  type JsonObject,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

/** What String() itself fails on. */
const WRONG = JSON.parse('{"toString":1}') as object;

const parts: Readonly<Record<string, object>> = {
  "media without a type": { inlineData: { mimeType: WRONG, data: "aGk=" } },
  "media without data": { inlineData: { mimeType: "image/png", data: WRONG } },
  "a file without a place": { fileData: { mimeType: "image/png", fileUri: WRONG } },
  "code that is none": { executableCode: { language: "PYTHON", code: WRONG } },
  "code in no language": { executableCode: { language: WRONG, code: "1" } },
  "a result that is no text": { codeExecutionResult: { outcome: "OUTCOME_OK", output: WRONG } },
  "a result that is no outcome": { codeExecutionResult: { outcome: WRONG, output: "1" } },
  "a tool of no kind": { toolCall: { toolType: WRONG, args: {} } },
  "a signature that is none": { text: "a", thoughtSignature: WRONG },
};

const ask = async (body: JsonObject, stream: boolean): Promise<{ status: number; code: string }> => {
  gemini.script(({ streaming }) => (streaming ? streamAnswer([body]) : jsonAnswer(body)));
  const question = [{ role: "user", content: "q" }];
  const response = await gateway.post({ model: "gemini-3.8-flash", stream, logprobs: true, messages: question });
  return { status: response.status, code: JSON.parse(await response.text()).error.code };
};

for (const stream of [false, true]) {
  describe(`in ${stream ? "a stream" : "a whole answer"}`, () => {
    for (const [title, part] of Object.entries(parts)) {
      test(`${title} is 502 upstream_invalid_response`, async () => {
        const answer = { candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP" }] };
        assert.deepEqual(await ask(answer, stream), { status: 502, code: "upstream_invalid_response" });
      });
    }

    test("a log probability of no token, or a model status of no stage, is the same", async () => {
      const candidate = { content: { role: "model", parts: [{ text: "a" }] }, finishReason: "STOP" };
      const logprobsResult = { chosenCandidates: [{ token: WRONG, logProbability: -1 }] };
      for (const answer of [
        { candidates: [{ ...candidate, logprobsResult }] },
        { candidates: [candidate], modelStatus: { modelStage: WRONG } },
        { candidates: [candidate], modelVersion: WRONG },
      ]) {
        assert.deepEqual(await ask(answer, stream), { status: 502, code: "upstream_invalid_response" });
      }
    });
  });
}
