// Goal: a mistake of the model, or an end with nothing, costs one more call and is not noticed; the second time it is told as it is.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { assertErrorOf } from "../facade/openai-error.ts";
import {
  callChunk,
  candidatesChunk,
  errorAnswer,
  finishChunk,
  geminiErrors,
  jsonAnswer,
  pause,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  thoughtChunk,
  usageOf,
  type Answer,
  type FaultyGemini,
  type JsonObject,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { openAi, question, readSse } from "./requests.ts";

const COST = usageOf(5, 0, 4);
const mistake = (finishReason: string, finishMessage = ""): JsonObject =>
  candidatesChunk([{ content: {}, finishReason, index: 0, ...(finishMessage !== "" && { finishMessage }) }], COST);

/** What was wrong, as one chunk. */
const FLAWS: Readonly<Record<string, JsonObject>> = {
  MALFORMED_FUNCTION_CALL: mistake("MALFORMED_FUNCTION_CALL", "Malformed function call: print(default_api.f(x="),
  MALFORMED_RESPONSE: mistake("MALFORMED_RESPONSE"),
  UNEXPECTED_TOOL_CALL: mistake("UNEXPECTED_TOOL_CALL"),
  EMPTY_ANSWER: finishChunk("STOP", { usage: COST }),
};
const GOOD = textChunk("Hello.", { finishReason: "STOP", usage: usageOf(5, 2) });

const answerOf = (streaming: boolean, ...chunks: JsonObject[]): Answer =>
  streaming ? streamAnswer(chunks) : jsonAnswer(chunks[0]);

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    GEMINI_API_KEYS: "a:key-aaaaaaaa,b:key-bbbbbbbb",
    LOG_LEVEL: "debug",
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

/** Answers in order, for a call in this mode; what the client reads, how often Gemini was asked, and what of it is in the log. */
async function ask(streaming: boolean, answers: readonly Answer[], headers: Record<string, string> = {}) {
  const [calls, lines] = [gemini.calls.length, gateway.log.length];
  gemini.script(answers);
  const options = streaming ? { stream_options: { include_usage: true } } : {};
  const response = await gateway.post(openAi(streaming, options), headers);
  const text = await response.text();
  const attempts = gateway.log
    .slice(lines)
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === "attempt finished")
    .map(({ outcome, retried }) => [outcome, retried]);
  return { response, text, asked: gemini.calls.slice(calls), attempts, usage: lastUsage(text, streaming) };
}

function lastUsage(text: string, streaming: boolean): JsonObject | undefined {
  if (!streaming) return JSON.parse(text).usage;
  const events = text.split("\n\n").filter((event) => event.startsWith("data: {"));
  return events.map((event) => JSON.parse(event.slice("data: ".length)).usage).findLast((usage) => usage);
}

for (const streaming of [false, true]) {
  const mode = streaming ? "a stream" : "JSON";
  const contentOf = (text: string): string =>
    streaming ? readSse(text).content : JSON.parse(text).choices[0].message.content;

  describe(`for ${mode}, an answer`, () => {
    for (const [flaw, chunk] of Object.entries(FLAWS)) {
      const bad = answerOf(streaming, chunk);

      test(`with ${flaw} is asked for once more, on the same key, and both calls are billed and logged`, async () => {
        const { text, asked, attempts, usage } = await ask(streaming, [bad, answerOf(streaming, GOOD)]);
        assert.equal(contentOf(text), "Hello.");
        assert.equal(asked.length, 2);
        assert.equal(asked[0]?.key, asked[1]?.key);
        assert.deepEqual(asked[0]?.json(), asked[1]?.json());
        assert.deepEqual(attempts, [
          [flaw, true],
          ["OK", false],
        ]);
        assert.deepEqual(
          [usage?.["prompt_tokens"], usage?.["completion_tokens"], usage?.["total_tokens"]],
          [10, 6, 16],
        );
        assert.doesNotMatch(text, /empty_answer|Malformed/);
      });

      test(`with ${flaw} again is told as it is`, async () => {
        const { response, text, asked, attempts } = await ask(streaming, [bad, bad, answerOf(streaming, GOOD)]);
        assert.equal(response.status, 200);
        assert.equal(asked.length, 2);
        const native = flaw === "EMPTY_ANSWER" ? "STOP" : flaw;
        assert.match(text, new RegExp(`"native_finish_reason":"${native}"`));
        assert.match(text, /"finish_reason":"stop"/);
        assert.match(text, /"code":"empty_answer"/);
        assert.equal(text.includes("print(default_api.f(x="), flaw === "MALFORMED_FUNCTION_CALL");
        assert.deepEqual(attempts, [
          [flaw, true],
          [flaw, false],
        ]);
      });
    }

    test("that ends with nothing for a cause that stays is not asked for again", async () => {
      for (const reason of ["SAFETY", "MAX_TOKENS", "RECITATION", "OTHER", "NO_IMAGE", "CONTINUATION"]) {
        const { asked } = await ask(streaming, [answerOf(streaming, mistake(reason)), answerOf(streaming, GOOD)]);
        assert.equal(asked.length, 1, reason);
      }
    });

    test("that is flawed is told as it is when the caller is retrying itself", async () => {
      const bad = answerOf(streaming, FLAWS["MALFORMED_RESPONSE"] as JsonObject);
      const { text, asked } = await ask(streaming, [bad], { "x-stainless-retry-count": "1" });
      assert.equal(asked.length, 1);
      assert.match(text, /MALFORMED_RESPONSE/);
    });

    test("that is flawed is better than none: a failure of the second try does not take it away", async () => {
      const bad = answerOf(streaming, FLAWS["UNEXPECTED_TOOL_CALL"] as JsonObject);
      const { response, text, asked, attempts } = await ask(streaming, [
        bad,
        errorAnswer(geminiErrors.invalidArgument),
      ]);
      assert.deepEqual([response.status, asked.length], [200, 2]);
      assert.match(text, /"native_finish_reason":"UNEXPECTED_TOOL_CALL"/);
      assert.deepEqual(attempts, [
        ["UNEXPECTED_TOOL_CALL", true],
        ["UPSTREAM_INVALID_ARGUMENT", false],
      ]);
    });

    test("that is flawed may be followed by a failure that passes", async () => {
      const bad = answerOf(streaming, FLAWS["MALFORMED_RESPONSE"] as JsonObject);
      const overloaded = errorAnswer(geminiErrors.overloaded);
      const { text, asked } = await ask(streaming, [bad, overloaded, answerOf(streaming, GOOD)]);
      assert.deepEqual([contentOf(text), asked.length], ["Hello.", 3]);
    });

    test("is asked for again by itself when there are several", async () => {
      let bad = 1;
      gemini.script(({ streaming: asStream }) =>
        answerOf(asStream, bad-- > 0 ? (FLAWS["MALFORMED_RESPONSE"] as JsonObject) : GOOD),
      );
      const calls = gemini.calls.length;
      const response = await gateway.post(
        openAi(streaming, { n: 2, ...(streaming && { stream_options: { include_usage: true } }) }),
      );
      const text = await response.text();
      assert.equal(gemini.calls.length - calls, 3);
      assert.equal(text.split("Hello.").length - 1, 2);
      assert.equal(lastUsage(text, streaming)?.["prompt_tokens"], 15);
    });
  });
}

describe("what was forwarded is not taken back", () => {
  const broken = mistake("MALFORMED_FUNCTION_CALL", "Malformed function call");

  test("a stream that told a text, a call or a thought is not begun again", async () => {
    for (const [told, word] of [
      [textChunk("Let me see."), "Let me see."],
      [callChunk("f", {}), '"name":"f"'],
      [thoughtChunk("Hm."), "Hm."],
    ] as const) {
      const { text, asked } = await ask(true, [streamAnswer([told, broken]), streamAnswer([GOOD])]);
      assert.equal(asked.length, 1);
      assert.ok(text.includes(word), text);
      assert.match(text, /MALFORMED_FUNCTION_CALL/);
    }
  });

  test("a whole answer is asked for again, whatever it holds", async () => {
    const held = textChunk("Let me see.", { finishReason: "MALFORMED_FUNCTION_CALL", usage: COST });
    const { text, asked } = await ask(false, [jsonAnswer(held), jsonAnswer(GOOD)]);
    assert.equal(asked.length, 2);
    assert.equal(JSON.parse(text).choices[0].message.content, "Hello.");
  });

  test("a whole answer of nothing but thoughts is asked for again, a stream has told them", async () => {
    const thought = thoughtChunk("Hm.", { finishReason: "STOP" });
    assert.equal((await ask(false, [jsonAnswer(thought), jsonAnswer(GOOD)])).asked.length, 2);
    assert.equal((await ask(true, [streamAnswer([thought])])).asked.length, 1);
  });
});

describe("a stream holds back what is no content", () => {
  test("so that empty chunks before a mistake, however slow, do not hinder the second try", async () => {
    const bad = streamAnswer([textChunk(""), pause(100), textChunk(""), pause(100), mistake("MALFORMED_RESPONSE")]);
    const { text, asked } = await ask(true, [bad, streamAnswer([GOOD])]);
    assert.deepEqual([readSse(text).content, asked.length], ["Hello.", 2]);
  });

  test("and a stream that is cut before any content is begun again", async () => {
    const { text, asked } = await ask(true, [streamAnswer([textChunk(""), "reset"]), streamAnswer([GOOD])]);
    assert.deepEqual([readSse(text).content, asked.length], ["Hello.", 2]);
  });

  test("and an error before any content keeps its status", async () => {
    const failing = streamAnswer([textChunk(""), geminiErrors.contextTooLong.body]);
    const { response, text } = await ask(true, [failing]);
    await assertErrorOf(new Response(text, response), {
      status: 400,
      code: "context_length_exceeded",
      param: "messages",
    });
  });

  test("and begins once, with all that was held", async () => {
    const grpc = transportsOf(gateway).find(({ name }) => name === "gRPC over HTTP/2");
    assert.ok(grpc);
    gemini.script([streamAnswer([textChunk(""), pause(100), textChunk(""), pause(100), GOOD])]);
    const batches = await Array.fromAsync(createClient(ChatService, grpc.transport).streamChat(question()));
    assert.deepEqual(
      batches.flatMap(({ events }) => events.map(({ event }) => event.case)),
      ["started", "text", "finished", "usage"],
    );
  });
});
