// What the npm package `openai` is put through, with its helpers for zod.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { type ClientOptions } from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import { LICENCE } from "../../support/gateway.ts";
import { startJudgedGateway, type JudgedGateway } from "../judged-gateway.ts";
import { PICTURE_SEEN, PICTURE_URL } from "../picture.ts";
import {
  BOTH_CALLS,
  BOTH_RESULTS,
  City,
  CITY_PARAMETERS,
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

type Message = OpenAI.ChatCompletionMessageParam;

let judged: JudgedGateway;
before(async () => {
  judged = await startJudgedGateway();
});
after(() => judged[Symbol.asyncDispose]());

const connect = (options: ClientOptions = {}): OpenAI =>
  new OpenAI({ baseURL: judged.base, apiKey: LICENCE, maxRetries: 0, ...options });

const NAMES = Object.keys(FUNCTIONS) as FunctionName[];
const tools: OpenAI.ChatCompletionFunctionTool[] = NAMES.map((name) => ({
  type: "function",
  function: { name, description: FUNCTIONS[name].description, parameters: CITY_PARAMETERS },
}));

type Asking = (body: { model: string; messages: Message[] }) => Promise<OpenAI.ChatCompletionMessage | undefined>;

const WAYS: Readonly<Record<string, Asking>> = {
  create: async (body) => (await connect().chat.completions.create({ ...body, tools })).choices[0]?.message,
  stream: async (body) =>
    await connect()
      .chat.completions.stream({ ...body, tools })
      .finalMessage(),
};

/** What comes back from programs that copy only what they know: no `extra_content`. */
const copyOf = ({ content, tool_calls: calls }: OpenAI.ChatCompletionMessage): Message => ({
  role: "assistant",
  content,
  ...(calls && {
    tool_calls: calls
      .filter((call) => call.type === "function")
      .map(({ id, type, function: { name, arguments: args } }) => {
        return { id, type, function: { name, arguments: args } };
      }),
  }),
});

const RETURNS: Readonly<Record<string, (message: OpenAI.ChatCompletionMessage) => Message>> = {
  "sends messages back whole": (message) => message,
  "copies what it knows": copyOf,
};

async function loop(
  ask: Asking,
  sendBack: (message: OpenAI.ChatCompletionMessage) => Message,
  model: string,
  messages: Message[],
  functions: Functions,
): Promise<string | null> {
  for (;;) {
    const message = await ask({ model, messages });
    assert.ok(message);
    messages.push(sendBack(message));
    const calls = (message.tool_calls ?? []).filter((call) => call.type === "function");
    if (calls.length === 0) return message.content;
    for (const { id, function: called } of calls) {
      const args = JSON.parse(called.arguments) as { city: string };
      messages.push({ role: "tool", tool_call_id: id, content: functions.answer(called.name as FunctionName, args) });
    }
  }
}

describe("openai for Node: tools", () => {
  for (const [way, ask] of Object.entries(WAYS)) {
    for (const [habit, sendBack] of Object.entries(RETURNS)) {
      for (const model of [MODEL, THINKING_MODEL]) {
        for (const [prompt, requests, said] of [
          [PARALLEL, 2, BOTH_RESULTS],
          [SEQUENTIAL, 3, LAST_RESULT],
        ] as const) {
          test(`a program that ${habit} ends the loop of ${requests} requests (${way}, ${model}: ${prompt})`, async () => {
            const functions = new Functions();
            const messages: Message[] = [{ role: "user", content: prompt }];
            const text = await judged.continues(requests, () => loop(ask, sendBack, model, messages, functions));
            assert.deepEqual(functions.asked, BOTH_CALLS);
            assert.match(text ?? "", said);
            messages.push({ role: "user", content: `Again: ${prompt}` });
            const again = await judged.continues(
              requests,
              () => loop(ask, sendBack, model, messages, new Functions()),
              requests - 1,
            );
            assert.match(again ?? "", said);
          });
        }
      }
    }
  }

  test("runTools with zod's functions runs both", async () => {
    const functions = new Functions();
    const text = await judged.continues(3, async () => {
      const runner = connect().chat.completions.runTools({
        model: MODEL,
        messages: [{ role: "user", content: SEQUENTIAL }],
        tools: NAMES.map((name) =>
          zodFunction({
            name,
            description: FUNCTIONS[name].description,
            parameters: z.object({ city: z.string() }),
            function: (input: { city: string }) => functions.answer(name, input),
          }),
        ),
      });
      return await runner.finalContent();
    });
    assert.deepEqual(functions.asked, BOTH_CALLS);
    assert.match(text ?? "", LAST_RESULT);
  });
});

describe("openai for Node: answers", () => {
  test("zodResponseFormat gives an object that obeys the schema, whole and streamed", async () => {
    const body = {
      model: MODEL,
      messages: [{ role: "user" as const, content: "Tell me about Berlin." }],
      response_format: zodResponseFormat(City, "city"),
    };
    City.parse((await connect().chat.completions.parse(body)).choices[0]?.message.parsed);
    City.parse((await connect().chat.completions.stream(body).finalChatCompletion()).choices[0]?.message.parsed);
  });

  test("a picture as a data URL is seen", async () => {
    const content: OpenAI.ChatCompletionContentPart[] = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: PICTURE_URL } },
    ];
    const answer = await connect().chat.completions.create({ model: MODEL, messages: [{ role: "user", content }] });
    assert.match(answer.choices[0]?.message.content ?? "", PICTURE_SEEN);
  });

  test("a stream tells its usage in the last chunk, and thoughts apart from the content", async () => {
    const body = { model: THINKING_MODEL, messages: [{ role: "user" as const, content: "Hello!" }] };
    const whole = await connect().chat.completions.create(body);
    const chunks = await Array.fromAsync(
      await connect().chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }),
    );
    assert.deepEqual(chunks.at(-1)?.usage, whole.usage);
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta as { reasoning_content?: string }));
    assert.match(deltas.map(({ reasoning_content: thoughts = "" }) => thoughts).join(""), THOUGHTS);
    assert.doesNotMatch(whole.choices[0]?.message.content ?? "", THOUGHTS);
  });
});

test("openai for Node: failures are the classes that the package documents, and a quota is waited for", async () => {
  const ask = (client: OpenAI, model: string, content: string) =>
    rejectionOf(client.chat.completions.create({ model, messages: [{ role: "user", content }] }));
  const licence = await ask(connect({ apiKey: UNKNOWN_LICENCE }), MODEL, "Hello!");
  assert.ok(licence instanceof OpenAI.AuthenticationError);
  const unknown = await ask(connect(), UNKNOWN_MODEL, "Hello!");
  assert.ok(unknown instanceof OpenAI.NotFoundError);
  assert.deepEqual([unknown.code, unknown.param], ["model_not_found", "model"]);
  const { fetch, waits } = countingFetch();
  const quota = await ask(connect({ fetch, maxRetries: 2 }), MODEL, "[[emulator:429]]");
  assert.ok(quota instanceof OpenAI.RateLimitError);
  assert.deepEqual(waits, ["7", "7", "7"]);
});
