// What the AI SDK is put through, once with each provider.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  generateObject,
  generateText,
  isStepCount,
  NoObjectGeneratedError,
  Output,
  RetryError,
  streamObject,
  streamText,
  tool,
  type LanguageModel,
  type ModelMessage,
  type ToolSet,
} from "ai";
import { z } from "zod";
import { LICENCE } from "../../support/gateway.ts";
import { startJudgedGateway, type JudgedGateway } from "../judged-gateway.ts";
import { PICTURE, PICTURE_SEEN, PICTURE_URL } from "../picture.ts";
import {
  BOTH_CALLS,
  BOTH_RESULTS,
  City,
  countingFetch,
  Functions,
  FUNCTIONS,
  LAST_RESULT,
  MODEL,
  PARALLEL,
  rejectionOf,
  SEQUENTIAL,
  THINKING_MODEL,
  THOUGHTS,
  UNKNOWN_LICENCE,
  UNKNOWN_MODEL,
  type FunctionName,
} from "../scenes.ts";

interface Connection {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly fetch?: typeof fetch;
}

const PROVIDERS = {
  "@ai-sdk/openai-compatible": {
    connect: (connection: Connection) =>
      createOpenAICompatible({ name: "gateway", includeUsage: true, supportsStructuredOutputs: true, ...connection })
        .chatModel,
    showsThoughts: true,
  },
  "@ai-sdk/openai": {
    connect: (connection: Connection) => createOpenAI(connection).chat,
    showsThoughts: false,
  },
} as const;

// Its hints for developers are no part of what is tested.
globalThis.AI_SDK_LOG_WARNINGS = false;

let judged: JudgedGateway;
before(async () => {
  judged = await startJudgedGateway();
});
after(() => judged[Symbol.asyncDispose]());

/** The model calls them, the SDK runs them. */
function toolsFor(functions: Functions): ToolSet {
  const toTool = (name: FunctionName) =>
    tool({
      description: FUNCTIONS[name].description,
      inputSchema: z.object({ city: z.string() }),
      execute: async (input: { city: string }) => JSON.parse(functions.answer(name, input)) as object,
    });
  return { get_weather: toTool("get_weather"), get_time: toTool("get_time") };
}

for (const [name, provider] of Object.entries(PROVIDERS)) {
  const connect = (options: Partial<Connection> = {}) =>
    provider.connect({ baseURL: judged.base, apiKey: LICENCE, ...options });
  const modelOf = (id: string = MODEL): LanguageModel => connect()(id);

  describe(`${name}: chat`, () => {
    test("generateText answers with text, a finish reason and usage that adds up", async () => {
      const { text, finishReason, usage, response } = await generateText({ model: modelOf(), prompt: "Hello!" });
      assert.match(text, /You said: Hello!/);
      assert.equal(finishReason, "stop");
      assert.equal(usage.totalTokens, (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0));
      assert.ok((usage.inputTokens ?? 0) > 0 && (usage.outputTokens ?? 0) > 0);
      assert.match(response.id, /^chatcmpl-/);
      assert.equal(response.modelId, MODEL);
    });

    test("streamText says the same in several pieces, and counts usage", async () => {
      const whole = await generateText({ model: modelOf(), prompt: "Hello, stream!" });
      const stream = streamText({ model: modelOf(), prompt: "Hello, stream!" });
      const pieces = await Array.fromAsync(stream.textStream);
      assert.equal(pieces.join(""), whole.text);
      assert.ok(pieces.length > 1);
      assert.equal(await stream.finishReason, "stop");
      const usage = await stream.usage;
      assert.deepEqual([usage.inputTokens, usage.outputTokens], [whole.usage.inputTokens, whole.usage.outputTokens]);
    });

    test("conversations with instructions and earlier turns are understood", async () => {
      const { text } = await generateText({
        model: modelOf(),
        instructions: "Answer briefly.",
        messages: [
          { role: "user", content: "First question" },
          { role: "assistant", content: "First answer" },
          { role: "user", content: [{ type: "text", text: "Second question" }] },
        ],
      });
      assert.match(text, /You said: Second question/);
      assert.match(text, /system instruction: Answer briefly\./);
      assert.match(text, /Earlier you said: First question/);
    });

    test(`thoughts are ${provider.showsThoughts ? "reasoning" : "not shown"}, and never in the text`, async () => {
      const whole = await generateText({ model: modelOf(THINKING_MODEL), prompt: "Hello!" });
      const stream = streamText({ model: modelOf(THINKING_MODEL), prompt: "Hello!" });
      const pieces = (await Array.fromAsync(stream.stream)).filter((part) => part.type === "reasoning-delta");
      for (const thoughts of [whole.finalStep.reasoningText ?? "", pieces.map(({ text }) => text).join("")]) {
        if (provider.showsThoughts) assert.match(thoughts, THOUGHTS);
        else assert.equal(thoughts, "");
      }
      for (const text of [whole.text, await stream.text]) assert.doesNotMatch(text, THOUGHTS);
      assert.ok((whole.usage.outputTokenDetails.reasoningTokens ?? 0) > 0);
    });
  });

  describe(`${name}: tools`, () => {
    for (const model of [MODEL, THINKING_MODEL]) {
      for (const [prompt, requests, said] of [
        [PARALLEL, 2, BOTH_RESULTS],
        [SEQUENTIAL, 3, LAST_RESULT],
      ] as const) {
        test(`generateText ends the loop of ${requests} requests (${model}: ${prompt})`, async () => {
          const functions = new Functions();
          const { text, steps } = await judged.continues(requests, () =>
            generateText({ model: modelOf(model), prompt, tools: toolsFor(functions), stopWhen: isStepCount(5) }),
          );
          assert.deepEqual(functions.asked, BOTH_CALLS);
          assert.match(text, said);
          assert.deepEqual(
            steps.map(({ finishReason }) => finishReason),
            [...Array<string>(requests - 1).fill("tool-calls"), "stop"],
          );
        });

        test(`streamText ends it too (${model}: ${prompt})`, async () => {
          const functions = new Functions();
          const text = await judged.continues(
            requests,
            async () =>
              await streamText({ model: modelOf(model), prompt, tools: toolsFor(functions), stopWhen: isStepCount(5) })
                .text,
          );
          assert.deepEqual(functions.asked, BOTH_CALLS);
          assert.match(text, said);
        });
      }
    }

    test("the messages of a finished loop are the history of the next question", async () => {
      const messages: ModelMessage[] = [{ role: "user", content: PARALLEL }];
      const tools = toolsFor(new Functions());
      const options = { model: modelOf(), tools, stopWhen: isStepCount(5) };
      const first = await generateText({ ...options, messages });
      messages.push(...first.responseMessages, { role: "user", content: `Again: ${PARALLEL}` });
      const { text } = await judged.continues(2, () => generateText({ ...options, messages }), 1);
      assert.match(text, BOTH_RESULTS);
    });

    test("a tool without a function is the caller's to answer, and a required one is called", async () => {
      const { toolCalls, finishReason } = await generateText({
        model: modelOf(),
        prompt: "Hello from Paris!",
        tools: { look_up: tool({ inputSchema: z.object({ city: z.string() }) }) },
        toolChoice: { type: "tool", toolName: "look_up" },
      });
      assert.deepEqual(
        toolCalls.map(({ toolName, input }) => [toolName, input]),
        [["look_up", { city: "Paris" }]],
      );
      assert.equal(finishReason, "tool-calls");
    });
  });

  describe(`${name}: structured output`, () => {
    test("generateObject and streamObject give an object that obeys the schema", async () => {
      const { object } = await generateObject({ model: modelOf(), schema: City, prompt: "Tell me about Berlin." });
      City.parse(object);
      const stream = streamObject({ model: modelOf(), schema: City, prompt: "Tell me about Berlin." });
      assert.ok((await Array.fromAsync(stream.partialObjectStream)).length > 1);
      assert.deepEqual(await stream.object, object);
    });

    test("an output goes together with tools", async () => {
      const functions = new Functions();
      const { output } = await judged.continues(2, () =>
        generateText({
          model: modelOf(),
          prompt: PARALLEL,
          tools: toolsFor(functions),
          stopWhen: isStepCount(5),
          output: Output.object({ schema: City }),
        }),
      );
      City.parse(output);
      assert.deepEqual(functions.asked, BOTH_CALLS);
    });

    test("Gemini gets the schema, not a request in words", async () => {
      const [asked] = await judged.watch(() => generateObject({ model: modelOf(), schema: City, prompt: "Berlin" }));
      assert.equal(asked?.generationConfig?.["responseMimeType"], "application/json");
      assert.match(JSON.stringify(asked.generationConfig), /"population"/);
    });

    test("an answer that was cut is its own error", async () => {
      const cut = generateObject({
        model: modelOf(),
        schema: City,
        prompt: "Berlin [[emulator:MAX_TOKENS]]",
      });
      const error = await rejectionOf(cut);
      assert.ok(NoObjectGeneratedError.isInstance(error), String(error));
      assert.equal(error.finishReason, "length");
    });
  });

  describe(`${name}: vision`, () => {
    for (const [kind, image] of Object.entries({ "a data URL": PICTURE_URL, bytes: new Uint8Array(PICTURE) })) {
      test(`a picture as ${kind} is seen`, async () => {
        const { text } = await generateText({
          model: modelOf(),
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text: "What is this?" },
                { type: "file", data: image, mediaType: "image/png" },
              ],
            },
          ],
        });
        assert.match(text, PICTURE_SEEN);
      });
    }
  });

  describe(`${name}: failures`, () => {
    const failure = async (promise: PromiseLike<unknown>): Promise<APICallError> => {
      const error = await rejectionOf(promise);
      assert.ok(APICallError.isInstance(error), String(error));
      return error;
    };

    test("an unknown licence and an unknown model are told with their status and code, and not tried again", async () => {
      const licence = await failure(
        generateText({ model: connect({ apiKey: UNKNOWN_LICENCE })(MODEL), prompt: "Hello!" }),
      );
      assert.deepEqual([licence.statusCode, licence.isRetryable], [401, false]);
      assert.match(licence.responseBody ?? "", /"code":"invalid_api_key"/);
      const model = await failure(generateText({ model: modelOf(UNKNOWN_MODEL), prompt: "Hello!" }));
      assert.deepEqual([model.statusCode, model.isRetryable], [404, false]);
      assert.match(model.message, /gemini-9-unheard-of/);
    });

    test("a minute's quota is waited for as long as the gateway says, then told", async () => {
      const { fetch, waits } = countingFetch();
      const error = await rejectionOf(
        generateText({ model: connect({ fetch })(MODEL), prompt: "[[emulator:429]]", maxRetries: 2 }),
      );
      assert.ok(RetryError.isInstance(error), String(error));
      assert.equal((error.lastError as APICallError).statusCode, 429);
      assert.deepEqual(waits, ["7", "7", "7"]);
    });

    test("a stream that fails half-way shows its words, then the error", async () => {
      const parts = await Array.fromAsync(
        streamText({ model: modelOf(), prompt: "Hello! [[emulator:stream-error]]", onError: () => {} }).stream,
      );
      assert.ok(parts.some((part) => part.type === "text-delta"));
      const errors = parts.flatMap((part) => (part.type === "error" ? [JSON.stringify(part.error)] : []));
      assert.equal(errors.length, 1);
      assert.match(errors.join(""), /overloaded/);
      assert.equal(parts.filter((part) => part.type === "finish").at(-1)?.finishReason, "error");
    });
  });
}
