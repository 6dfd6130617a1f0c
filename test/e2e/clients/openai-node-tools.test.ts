// Goal: tool loops of openai SDK users end well: parallel calls, results in any order, helpers, and clients that lose thought signatures.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type OpenAI from "openai";
import { type TestGateway } from "../../support/gateway.ts";
import { startInformedGateway } from "./informed-gateway.ts";
import { BUDGET_MODEL, collect, connect, extra, finishesOf, MODEL, user } from "./openai-sdk.ts";

type Message = OpenAI.ChatCompletionMessageParam;
type ToolCall = OpenAI.ChatCompletionMessageFunctionToolCall;

let gateway: TestGateway;
let openai: OpenAI;
before(async () => {
  gateway = await startInformedGateway();
  openai = connect(gateway);
});
after(() => gateway[Symbol.asyncDispose]());

const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools: OpenAI.ChatCompletionFunctionTool[] = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: { name, description: `Tells the ${name.slice(4)} of a city`, parameters: CITY },
}));

const QUESTION = "Use get_weather and get_time for Paris.";
const RESULTS: Readonly<Record<string, object>> = { get_weather: { celsius: 18 }, get_time: { time: "12:30" } };

function callsOf(message: OpenAI.ChatCompletionMessage | undefined): ToolCall[] {
  return (message?.tool_calls ?? []).filter((call) => call.type === "function");
}

function resultOf({ id, function: { name } }: ToolCall): Message {
  return { role: "tool", tool_call_id: id, content: JSON.stringify(RESULTS[name]) };
}

/** What comes back from clients that copy only what they know: no `extra_content`. */
function asPoorClientsDo(calls: readonly ToolCall[]): Message {
  const toolCalls = calls.map(({ id, type, function: { name, arguments: args } }) => {
    return { id, type, function: { name, arguments: args } };
  });
  return { role: "assistant", content: null, tool_calls: toolCalls };
}

/** Asks, and fails when a signature had to be bypassed. */
async function ask(model: string, messages: Message[], effort?: "medium"): Promise<OpenAI.ChatCompletionMessage> {
  const { data, response } = await openai.chat.completions
    .create({ model, messages, tools, ...(effort && { reasoning_effort: effort }) })
    .withResponse();
  assert.equal(response.headers.get("x-gateway-warnings"), null);
  const message = data.choices[0]?.message;
  assert.ok(message);
  return message;
}

describe("the loop", () => {
  test("parallel calls come with ids, JSON arguments and finish_reason tool_calls", async () => {
    const answer = await openai.chat.completions.create({ model: MODEL, messages: user(QUESTION), tools });
    const calls = callsOf(answer.choices[0]?.message);
    assert.deepEqual(
      calls.map(({ function: { name, arguments: args } }) => [name, JSON.parse(args)]),
      [
        ["get_weather", { city: "Paris" }],
        ["get_time", { city: "Paris" }],
      ],
    );
    assert.equal(new Set(calls.map(({ id }) => id)).size, 2);
    assert.ok(calls.every(({ id }) => /^call_[A-Za-z0-9_-]{1,59}$/.test(id)));
    assert.equal(answer.choices[0]?.message.content, null);
    assert.equal(answer.choices[0]?.finish_reason, "tool_calls");
  });

  test("streamed calls fold into the same calls", async () => {
    const body = { model: MODEL, messages: user(QUESTION), tools };
    const stream = openai.chat.completions.stream(body);
    const done: string[] = [];
    stream.on("tool_calls.function.arguments.done", ({ index, name, arguments: args }) => {
      done.push(`${index} ${name} ${args}`);
    });
    const { choices } = await stream.finalChatCompletion();
    assert.deepEqual(done, ['0 get_weather {"city":"Paris"}', '1 get_time {"city":"Paris"}']);
    assert.deepEqual(
      callsOf(choices[0]?.message).map(({ function: { name } }) => name),
      ["get_weather", "get_time"],
    );
    const chunks = await collect(await openai.chat.completions.create({ ...body, stream: true }));
    assert.deepEqual(finishesOf(chunks), ["tool_calls"]);
  });

  for (const effort of [undefined, "medium"] as const) {
    for (const model of [MODEL, BUDGET_MODEL]) {
      const name = `${model}${effort ? `, thinking at ${effort},` : ""}`;

      test(`results in any order reach the right call (${name} with everything sent back)`, async () => {
        const first = await ask(model, user(QUESTION), effort);
        const results = callsOf(first).map(resultOf).toReversed();
        const last = await ask(model, [...user(QUESTION), first, ...results], effort);
        assert.match(last.content ?? "", /get_weather: {"celsius":18}\n- get_time: {"time":"12:30"}/);
      });

      test(`a client that drops extra_content goes on over several turns (${name})`, async () => {
        const messages: Message[] = [...user(QUESTION)];
        for (let turn = 0; turn < 3; turn++) {
          const calls = callsOf(await ask(model, messages, effort));
          assert.equal(calls.length, 2);
          messages.push(asPoorClientsDo(calls), ...calls.map(resultOf).toReversed());
          const { content } = await ask(model, messages, effort);
          assert.match(content ?? "", /The functions answered:/);
          messages.push({ role: "assistant", content }, ...user(`And again: ${QUESTION}`));
        }
      });
    }
  }

  test("signatures are told beside the first call, whole and streamed", async () => {
    const whole = callsOf(await ask(MODEL, user(QUESTION)));
    const streamed = callsOf(
      await openai.chat.completions.stream({ model: MODEL, messages: user(QUESTION), tools }).finalMessage(),
    );
    for (const [first, second] of [whole, streamed]) {
      assert.ok(first && second);
      const { google } = extra(first, "extra_content") as { google: { thought_signature: string } };
      assert.ok(google.thought_signature.length > 100);
      assert.equal(extra(second, "extra_content"), undefined);
    }
  });

  test("a call of another provider, with a foreign id and no signature, is continued with a warning", async () => {
    const foreign: ToolCall = {
      id: "toolu_01A09q90qw90lq917835lq9",
      type: "function",
      function: { name: "get_weather", arguments: '{"city":"Paris"}' },
    };
    const { data, response } = await openai.chat.completions
      .create({ model: MODEL, messages: [...user(QUESTION), asPoorClientsDo([foreign]), resultOf(foreign)], tools })
      .withResponse();
    assert.match(data.choices[0]?.message.content ?? "", /get_weather: {"celsius":18}/);
    assert.match(response.headers.get("x-gateway-warnings") ?? "", /^signature_bypassed:/);
  });

  test("a result that nobody asked for is told to the model as text, with a warning", async () => {
    const { data, response } = await openai.chat.completions
      .create({
        model: MODEL,
        messages: [
          ...user("Hello!"),
          { role: "tool", tool_call_id: "call_nobody", content: "lost" },
          ...user("Go on."),
        ],
      })
      .withResponse();
    assert.ok(data.choices[0]?.message.content);
    assert.match(response.headers.get("x-gateway-warnings") ?? "", /tool_result_orphaned/);
  });
});

describe("choices", () => {
  const names = async (choice: OpenAI.ChatCompletionToolChoiceOption): Promise<string[]> => {
    const body = { model: MODEL, messages: user("Hello!"), tools, tool_choice: choice };
    const answer = await openai.chat.completions.create(body);
    return callsOf(answer.choices[0]?.message).map(({ function: { name } }) => name);
  };

  test("none, required, a named function and allowed_tools are obeyed", async () => {
    assert.deepEqual(await names("none"), []);
    assert.deepEqual(await names("required"), ["get_weather"]);
    assert.deepEqual(await names({ type: "function", function: { name: "get_time" } }), ["get_time"]);
    const allowed = { mode: "required", tools: [{ type: "function", function: { name: "get_time" } }] } as const;
    assert.deepEqual(await names({ type: "allowed_tools", allowed_tools: { ...allowed, tools: [...allowed.tools] } }), [
      "get_time",
    ]);
  });

  test("a custom tool is called as one; calls and results of either kind are understood", async () => {
    const body = {
      model: MODEL,
      tools: [{ type: "custom" as const, custom: { name: "run_sql", description: "Runs SQL" } }],
    };
    const first = await openai.chat.completions.create({ ...body, messages: user("Use run_sql.") });
    const [call] = first.choices[0]?.message.tool_calls ?? [];
    assert.equal(call?.type, "custom");
    assert.equal(call.custom.name, "run_sql");
    const args = JSON.stringify({ input: call.custom.input });
    const asFunction = { id: call.id, type: "function" as const, function: { name: "run_sql", arguments: args } };
    for (const told of [call, asFunction]) {
      const last = await openai.chat.completions.create({
        ...body,
        messages: [
          ...user("Use run_sql."),
          { role: "assistant", content: null, tool_calls: [told] },
          { role: "tool", tool_call_id: call.id, content: "3 rows" },
        ],
      });
      assert.match(last.choices[0]?.message.content ?? "", /run_sql: {"output":"3 rows"}/);
    }
  });

  test("legacy functions are called and answered in kind", async () => {
    const functions = [{ name: "get_weather", parameters: CITY }];
    const body = { model: MODEL, functions };
    const first = await openai.chat.completions.create({ ...body, messages: user("The weather in Paris?") });
    const call = first.choices[0]?.message.function_call;
    assert.ok(call);
    assert.deepEqual([call.name, first.choices[0]?.finish_reason], ["get_weather", "function_call"]);
    const last = await openai.chat.completions.create({
      ...body,
      messages: [
        ...user("The weather in Paris?"),
        { role: "assistant", content: null, function_call: { name: call.name, arguments: call.arguments } },
        { role: "function", name: call.name, content: '{"celsius":18}' },
      ],
    });
    assert.match(last.choices[0]?.message.content ?? "", /get_weather: {"celsius":18}/);
    const chunks = await collect(
      await openai.chat.completions.create({ ...body, messages: user("The weather in Paris?"), stream: true }),
    );
    assert.deepEqual(finishesOf(chunks), ["function_call"]);
    const pieces = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.function_call?.arguments ?? ""));
    assert.deepEqual(JSON.parse(pieces.join("")), JSON.parse(call.arguments));
  });
});

describe("runTools", () => {
  const runnable = (asked: string[]) => ({
    type: "function" as const,
    function: {
      name: "get_weather",
      parse: (text: string) => JSON.parse(text) as { city: string },
      function: async ({ city }: { city: string }) => {
        asked.push(city);
        return { city, celsius: 18 };
      },
      description: "Tells the weather of a city",
      parameters: CITY,
    },
  });

  test("runs the function and brings the final answer", async () => {
    const asked: string[] = [];
    const runner = openai.chat.completions.runTools({
      model: MODEL,
      messages: user(QUESTION),
      tools: [runnable(asked)],
    });
    assert.match((await runner.finalContent()) ?? "", /get_weather: {"city":"Paris","celsius":18}/);
    assert.deepEqual(asked, ["Paris"]);
  });

  test("does the same with a stream", async () => {
    const asked: string[] = [];
    const runner = openai.chat.completions.runTools({
      model: MODEL,
      messages: user(QUESTION),
      tools: [runnable(asked)],
      stream: true,
    });
    assert.match((await runner.finalContent()) ?? "", /get_weather: {"city":"Paris","celsius":18}/);
    assert.deepEqual(asked, ["Paris"]);
  });
});
