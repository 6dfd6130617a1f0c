// What the OpenAI Agents SDK is put through.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  Agent,
  handoff,
  OpenAIProvider,
  Runner,
  setTracingDisabled,
  tool,
  user,
  type AgentInputItem,
  type AgentOutputType,
  type Tool,
} from "@openai/agents";
import OpenAI, { type ClientOptions } from "openai";
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

// Traces would go to OpenAI.
setTracingDisabled(true);

let judged: JudgedGateway;
before(async () => {
  judged = await startJudgedGateway();
});
after(() => judged[Symbol.asyncDispose]());

function runnerOf(options: ClientOptions = {}): Runner {
  const openAIClient = new OpenAI({ baseURL: judged.base, apiKey: LICENCE, maxRetries: 0, ...options });
  return new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses: false }) });
}

function agentOf(options: { readonly model?: string; readonly tools?: Tool[]; readonly instructions?: string } = {}) {
  return new Agent({ name: "Assistant", model: MODEL, ...options });
}

function toolsFor(functions: Functions): Tool[] {
  return (Object.keys(FUNCTIONS) as FunctionName[]).map((name) =>
    tool({
      name,
      description: FUNCTIONS[name].description,
      parameters: z.object({ city: z.string() }),
      execute: async (input) => functions.answer(name, input),
    }),
  );
}

interface Ran {
  readonly output: unknown;
  readonly history: AgentInputItem[];
}

type Run = <Output extends AgentOutputType>(
  agent: Agent<unknown, Output>,
  input: string | AgentInputItem[],
) => Promise<Ran>;

const WAYS: Readonly<Record<string, Run>> = {
  run: async (agent, input) => {
    const { finalOutput, history } = await runnerOf().run(agent, input);
    return { output: finalOutput, history };
  },
  "run with a stream": async (agent, input) => {
    const result = await runnerOf().run(agent, input, { stream: true });
    await result.completed;
    assert.equal(result.error, null);
    return { output: result.finalOutput, history: result.history };
  },
};

describe("Agents SDK: chat", () => {
  test("run answers and counts usage", async () => {
    const result = await runnerOf().run(agentOf({ instructions: "Answer briefly." }), "Hello!");
    assert.match(String(result.finalOutput), /You said: Hello![^]*system instruction: Answer briefly\./);
    const { inputTokens, outputTokens, totalTokens } = result.state.usage;
    assert.ok(inputTokens > 0 && outputTokens > 0);
    assert.equal(totalTokens, inputTokens + outputTokens);
  });

  test("a stream says the same in several pieces, and counts the same", async () => {
    const whole = await runnerOf().run(agentOf(), "Hello, stream!");
    const streamed = await runnerOf().run(agentOf(), "Hello, stream!", { stream: true });
    const pieces = await Array.fromAsync(streamed.toTextStream({ compatibleWithNodeStreams: true }));
    await streamed.completed;
    assert.equal(pieces.map(String).join(""), whole.finalOutput);
    assert.ok(pieces.length > 1);
    assert.equal(streamed.state.usage.totalTokens, whole.state.usage.totalTokens);
  });

  for (const [way, run] of Object.entries(WAYS)) {
    test(`${way}: thoughts are items of reasoning, and never in the output`, async () => {
      const { output, history } = await run(agentOf({ model: THINKING_MODEL }), "Hello!");
      const thoughts = history.flatMap((item) => (item.type === "reasoning" ? (item.rawContent ?? []) : []));
      assert.match(thoughts.map(({ text }) => text).join(""), THOUGHTS);
      assert.doesNotMatch(String(output), THOUGHTS);
    });
  }
});

describe("Agents SDK: tools", () => {
  for (const [way, run] of Object.entries(WAYS)) {
    for (const model of [MODEL, THINKING_MODEL]) {
      for (const [prompt, requests, said] of [
        [PARALLEL, 2, BOTH_RESULTS],
        [SEQUENTIAL, 3, LAST_RESULT],
      ] as const) {
        test(`${way} ends the loop of ${requests} requests (${model}: ${prompt})`, async () => {
          const functions = new Functions();
          const agent = agentOf({ model, tools: toolsFor(functions) });
          const { output, history } = await judged.continues(requests, () => run(agent, prompt));
          assert.deepEqual(functions.asked, BOTH_CALLS);
          assert.match(String(output), said);
          // The history goes on with the next question.
          const next = [...history, user(`Again: ${prompt}`)];
          const again = await judged.continues(requests, () => run(agent, next), requests - 1);
          assert.match(String(again.output), said);
        });
      }
    }

    test(`${way}: an agent hands over to another, which answers`, async () => {
      const clerk = new Agent({ name: "Clerk", model: MODEL, instructions: "You are the clerk." });
      const porter = new Agent({ name: "Porter", model: MODEL, handoffs: [handoff(clerk)] });
      const { output } = await judged.continues(2, () => run(porter, "Hello, use transfer_to_Clerk!"));
      assert.match(String(output), /system instruction: You are the clerk\./);
    });
  }
});

describe("Agents SDK: structured output", () => {
  for (const [way, run] of Object.entries(WAYS)) {
    test(`${way}: outputType gives an object, with tools as well`, async () => {
      const bare = new Agent({ name: "Bare", model: MODEL, outputType: City });
      City.parse((await run(bare, "Tell me about Berlin.")).output);
      const functions = new Functions();
      const equipped = new Agent({ name: "Equipped", model: MODEL, outputType: City, tools: toolsFor(functions) });
      City.parse((await judged.continues(2, () => run(equipped, PARALLEL))).output);
      assert.deepEqual(functions.asked, BOTH_CALLS);
    });
  }
});

describe("Agents SDK: vision", () => {
  const pictures = { "a data URL": PICTURE_URL, "bytes in base64": PICTURE.toString("base64") };
  for (const [kind, image] of Object.entries(pictures)) {
    test(`a picture as ${kind} is seen`, async () => {
      const input = user([
        { type: "input_text", text: "What is this?" },
        { type: "input_image", image },
      ]);
      const { finalOutput } = await runnerOf().run(agentOf(), [input]);
      assert.match(String(finalOutput), PICTURE_SEEN);
    });
  }
});

describe("Agents SDK: failures", () => {
  const failure = async (promise: Promise<unknown>) => {
    const error = await rejectionOf(promise);
    assert.ok(error instanceof OpenAI.APIError, String(error));
    return error;
  };

  test("an unknown licence and an unknown model are errors of the openai package", async () => {
    const licence = await failure(runnerOf({ apiKey: UNKNOWN_LICENCE }).run(agentOf(), "Hello!"));
    assert.deepEqual([licence.status, licence.code], [401, "invalid_api_key"]);
    const model = await failure(runnerOf().run(agentOf({ model: UNKNOWN_MODEL }), "Hello!"));
    assert.deepEqual([model.status, model.code, model.param], [404, "model_not_found", "model"]);
  });

  test("a minute's quota is waited for, then told", async () => {
    const { fetch, waits } = countingFetch();
    const error = await failure(runnerOf({ maxRetries: 2, fetch }).run(agentOf(), "[[emulator:429]]"));
    assert.deepEqual([error.status, error.code], [429, "rate_limit_exceeded"]);
    assert.deepEqual(waits, ["7", "7", "7"]);
  });

  test("a stream that fails half-way rejects after its words", async () => {
    const streamed = await runnerOf().run(agentOf(), "Hello! [[emulator:stream-error]]", { stream: true });
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const piece of streamed.toTextStream({ compatibleWithNodeStreams: true })) seen.push(String(piece));
      await streamed.completed;
    };
    assert.equal((await failure(reading())).code, "overloaded");
    assert.match(seen.join(""), /^You said: Hello!/);
  });
});
