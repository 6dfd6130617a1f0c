// What LangChain.js is put through.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type AIMessage,
  type AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type BaseMessage,
  type UsageMetadata,
} from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
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

let judged: JudgedGateway;
before(async () => {
  judged = await startJudgedGateway();
});
after(() => judged[Symbol.asyncDispose]());

function connect({ configuration, ...options }: Partial<ChatOpenAIFields> = {}): ChatOpenAI {
  return new ChatOpenAI({
    model: MODEL,
    apiKey: LICENCE,
    maxRetries: 0,
    ...options,
    configuration: { baseURL: judged.base, ...configuration },
  });
}

/** The message that the pieces of a stream add up to. */
function fold(pieces: readonly AIMessageChunk[]): AIMessageChunk {
  const [first, ...rest] = pieces;
  assert.ok(first);
  return rest.reduce((whole, piece) => whole.concat(piece), first);
}

/** The type of a message does not know it. */
function usageOf({ usage_metadata: usage }: { readonly usage_metadata?: unknown }): UsageMetadata {
  assert.ok(usage);
  return usage as UsageMetadata;
}

type Asking = (model: ReturnType<typeof withTools>, messages: BaseMessage[]) => Promise<AIMessage>;

const WAYS: Readonly<Record<string, Asking>> = {
  invoke: (model, messages) => model.invoke(messages),
  stream: async (model, messages) => fold(await Array.fromAsync(await model.stream(messages))),
};

const toTool = (name: FunctionName, functions: Functions) =>
  tool((input: { city: string }) => functions.answer(name, input), {
    name,
    description: FUNCTIONS[name].description,
    schema: z.object({ city: z.string() }),
  });

function withTools(functions: Functions, options: Partial<ChatOpenAIFields> = {}) {
  return connect(options).bindTools([toTool("get_weather", functions), toTool("get_time", functions)]);
}

/** Asks and runs tools until the model only talks; what it said at last. The messages stay in the list. */
async function loop(ask: Asking, messages: BaseMessage[], functions: Functions, model: string): Promise<string> {
  const bound = withTools(functions, { model });
  for (;;) {
    const answer = await ask(bound, messages);
    messages.push(answer);
    const calls = answer.tool_calls ?? [];
    if (calls.length === 0) return answer.text;
    for (const call of calls) {
      const message: unknown = await toTool(call.name as FunctionName, functions).invoke({
        ...call,
        type: "tool_call",
      });
      assert.ok(message instanceof ToolMessage);
      messages.push(message);
    }
  }
}

describe("LangChain.js: chat", () => {
  test("invoke answers with text, a finish reason and usage", async () => {
    const answer = await connect().invoke([new SystemMessage("Answer briefly."), new HumanMessage("Hello!")]);
    assert.match(answer.text, /You said: Hello![^]*system instruction: Answer briefly\./);
    assert.equal(answer.response_metadata["finish_reason"], "stop");
    const usage = usageOf(answer);
    assert.ok(usage.input_tokens > 0 && usage.output_tokens > 0);
    assert.equal(usage.total_tokens, usage.input_tokens + usage.output_tokens);
  });

  test("stream says the same in several pieces, and the usage comes once", async () => {
    const whole = await connect().invoke("Hello, stream!");
    const pieces = await Array.fromAsync(await connect({ streamUsage: true }).stream("Hello, stream!"));
    assert.ok(pieces.filter(({ text }) => text !== "").length > 1);
    assert.equal(fold(pieces).text, whole.text);
    assert.equal(pieces.filter(({ usage_metadata: usage }) => usage !== undefined).length, 1);
    assert.deepEqual(usageOf(fold(pieces)), usageOf(whole));
  });

  test("thoughts are reasoning_content, whole and streamed, and never in the text", async () => {
    const model = connect({ model: THINKING_MODEL });
    for (const answer of [await model.invoke("Hello!"), fold(await Array.fromAsync(await model.stream("Hello!")))]) {
      assert.match(String(answer.additional_kwargs["reasoning_content"]), THOUGHTS);
      assert.doesNotMatch(answer.text, THOUGHTS);
      assert.ok((usageOf(answer).output_token_details?.reasoning ?? 0) > 0);
    }
  });

  test("the model of OpenAI's names for system messages is understood: developer", async () => {
    const [asked] = await judged.watch(async () => {
      const answer = await connect().invoke([{ role: "developer", content: "Be kind." }, new HumanMessage("Hello!")]);
      assert.match(answer.text, /system instruction: Be kind\./);
    });
    assert.equal(asked?.contents.length, 1);
  });
});

describe("LangChain.js: tools", () => {
  for (const [way, ask] of Object.entries(WAYS)) {
    for (const model of [MODEL, THINKING_MODEL]) {
      for (const [prompt, requests, said] of [
        [PARALLEL, 2, BOTH_RESULTS],
        [SEQUENTIAL, 3, LAST_RESULT],
      ] as const) {
        test(`${way} with bindTools ends the loop of ${requests} requests (${model}: ${prompt})`, async () => {
          const functions = new Functions();
          const messages: BaseMessage[] = [new HumanMessage(prompt)];
          const text = await judged.continues(requests, () => loop(ask, messages, functions, model));
          assert.deepEqual(functions.asked, BOTH_CALLS);
          assert.match(text, said);
          // The messages of the loop are the history of the next question.
          messages.push(new HumanMessage(`Again: ${prompt}`));
          const again = await judged.continues(
            requests,
            () => loop(ask, messages, new Functions(), model),
            requests - 1,
          );
          assert.match(again, said);
        });
      }
    }
  }

  test("tool_choice forces a call", async () => {
    const bound = connect().bindTools([toTool("get_weather", new Functions()), toTool("get_time", new Functions())], {
      tool_choice: "get_time",
    });
    const { tool_calls: calls } = await bound.invoke("Hello from Paris!");
    assert.deepEqual(
      calls?.map(({ name, args }) => [name, args]),
      [["get_time", { city: "Paris" }]],
    );
  });
});

describe("LangChain.js: structured output", () => {
  for (const method of ["jsonSchema", "functionCalling", "jsonMode"] as const) {
    test(`withStructuredOutput by ${method} gives an object`, async () => {
      const structured = connect().withStructuredOutput(City, { method, name: "city", includeRaw: true });
      const { parsed, raw } = await structured.invoke("Tell me about Berlin.");
      // JSON mode knows no schema; that it is JSON is all it promises.
      if (method === "jsonMode") assert.equal(typeof JSON.parse((raw as AIMessage).text), "object");
      else City.parse(parsed);
    });
  }

  test("a streamed one does too", async () => {
    const structured = connect().withStructuredOutput(City, { method: "jsonSchema" });
    const objects = await Array.fromAsync(await structured.stream("Tell me about Berlin."));
    City.parse(objects.at(-1));
  });
});

describe("LangChain.js: vision", () => {
  const text = { type: "text" as const, text: "What is this?" };
  const image = { type: "image" as const, mimeType: "image/png" };
  const messages = {
    "image_url with a data URL": () =>
      new HumanMessage({ content: [text, { type: "image_url", image_url: { url: PICTURE_URL } }] }),
    // Not a Uint8Array: LangChain 1.4 joins its numbers with commas.
    "bytes in base64, in a block of LangChain's own": () =>
      new HumanMessage({ contentBlocks: [text, { ...image, data: PICTURE.toString("base64") }] }),
  };
  for (const [kind, message] of Object.entries(messages)) {
    test(`a picture as ${kind} is seen`, async () => {
      assert.match((await connect().invoke([message()])).text, PICTURE_SEEN);
    });
  }
});

describe("LangChain.js: failures", () => {
  const failure = async (promise: Promise<unknown>) => {
    const error = await rejectionOf(promise);
    assert.ok(error instanceof Error, String(error));
    return error as Error & { readonly status?: number; readonly code?: string; readonly lc_error_code?: string };
  };

  test("an unknown licence and an unknown model are told with LangChain's own codes", async () => {
    const licence = await failure(connect({ apiKey: UNKNOWN_LICENCE }).invoke("Hello!"));
    assert.deepEqual([licence.status, licence.lc_error_code], [401, "MODEL_AUTHENTICATION"]);
    const model = await failure(connect({ model: UNKNOWN_MODEL }).invoke("Hello!"));
    assert.deepEqual([model.status, model.lc_error_code], [404, "MODEL_NOT_FOUND"]);
    assert.match(model.message, /gemini-9-unheard-of/);
  });

  test("a minute's quota is tried again, then told", async () => {
    const { fetch, waits } = countingFetch();
    const error = await failure(connect({ maxRetries: 1, configuration: { fetch } }).invoke("[[emulator:429]]"));
    assert.deepEqual([error.status, error.lc_error_code], [429, "MODEL_RATE_LIMIT"]);
    assert.deepEqual(waits, ["7", "7"]);
  });

  test("a stream that fails half-way rejects after its words", async () => {
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const { text } of await connect().stream("Hello! [[emulator:stream-error]]")) seen.push(text);
    };
    const error = await failure(reading());
    assert.equal(error.code, "overloaded");
    assert.match(seen.join(""), /^You said: Hello!/);
  });
});
