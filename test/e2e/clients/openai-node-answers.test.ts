// Goal: answers with more than text reach openai SDK users whole: structured output, code that Google ran, and sources of a search.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type OpenAI from "openai";
import { type TestGateway } from "../../support/gateway.ts";
import { startInformedGateway } from "./informed-gateway.ts";
import { BUDGET_MODEL, collect, connect, extra, MODEL, textOf, user } from "./openai-sdk.ts";

type Message = OpenAI.ChatCompletionMessageParam;

let gateway: TestGateway;
let openai: OpenAI;
before(async () => {
  gateway = await startInformedGateway();
  openai = connect(gateway);
});
after(() => gateway[Symbol.asyncDispose]());

describe("structured output", () => {
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: {
      name: { type: "string" },
      population: { type: "integer", minimum: 1 },
      mayor: { anyOf: [{ type: "string" }, { type: "null" }] },
      districts: { type: "array", items: { $ref: "#/$defs/district" }, minItems: 2 },
    },
    required: ["name", "population", "mayor", "districts"],
    additionalProperties: false,
    $defs: {
      district: { type: "object", properties: { kind: { enum: ["old", "new"] } }, required: ["kind"] },
    },
  };
  const body = {
    messages: user("Tell me about Berlin."),
    response_format: { type: "json_schema" as const, json_schema: { name: "city", strict: true, schema } },
  };

  function checkCity(value: unknown): void {
    const city = value as { name: string; population: number; districts: { kind: string }[] };
    assert.equal(typeof city.name, "string");
    assert.ok(Number.isInteger(city.population) && city.population >= 1);
    assert.ok(city.districts.length >= 2 && city.districts.every(({ kind }) => kind === "old" || kind === "new"));
  }

  for (const model of [MODEL, BUDGET_MODEL]) {
    test(`parse() and the stream helper give an object that obeys the schema (${model})`, async () => {
      const parsed = await openai.chat.completions.parse({ model, ...body });
      checkCity(parsed.choices[0]?.message.parsed);
      const streamed = await openai.chat.completions.stream({ model, ...body }).finalChatCompletion();
      checkCity(streamed.choices[0]?.message.parsed);
    });

    test(`json_object gives JSON without a fence around it (${model})`, async () => {
      const asked = { model, messages: body.messages, response_format: { type: "json_object" as const } };
      const whole = await openai.chat.completions.create(asked);
      const chunks = await collect(await openai.chat.completions.create({ ...asked, stream: true }));
      for (const text of [whole.choices[0]?.message.content ?? "", textOf(chunks)]) {
        assert.equal(typeof JSON.parse(text), "object");
      }
    });
  }

  test("parse() throws its own errors when the answer is cut or filtered", async () => {
    const cut = { ...body, model: BUDGET_MODEL, max_tokens: 3 };
    await assert.rejects(openai.chat.completions.parse(cut), { name: "Error", message: /length limit/ });
    const filtered = { ...body, model: MODEL, messages: user("Berlin [[emulator:SAFETY]]") };
    await assert.rejects(openai.chat.completions.parse(filtered), { message: /content filter/ });
  });

  test("a schema and functions go together: the function is called, then the answer obeys the schema", async () => {
    const tools: OpenAI.ChatCompletionFunctionTool[] = [
      {
        type: "function",
        function: {
          name: "look_up",
          strict: true,
          parameters: {
            type: "object",
            properties: { city: { type: "string" } },
            required: ["city"],
            additionalProperties: false,
          },
        },
      },
    ];
    const first = await openai.chat.completions.parse({ model: MODEL, ...body, tools });
    const message = first.choices[0]?.message;
    const call = message?.tool_calls?.[0];
    assert.ok(message && call?.type === "function");
    assert.equal(typeof (call.function.parsed_arguments as { city: string }).city, "string");
    const messages: Message[] = [...body.messages, message, { role: "tool", tool_call_id: call.id, content: "found" }];
    const last = await openai.chat.completions.parse({ model: MODEL, ...body, messages, tools });
    checkCity(last.choices[0]?.message.parsed);
  });
});

describe("code execution", () => {
  const tools: OpenAI.ChatCompletionTool[] = [{ type: "function", function: { name: "codeExecution" } }];
  const question = user("What is the sum of the first 50 prime numbers?");
  const RUN = /\n```python\n[^`]*first_primes\(50\)[^`]*\n```\n\n```output\n50 5117\n\n```\n.*is 5117\./s;

  interface NativePart {
    readonly text?: string;
    readonly executableCode?: { readonly language: string };
    readonly codeExecutionResult?: { readonly outcome: string; readonly output: string };
    readonly thoughtSignature?: string;
  }

  const partsOf = (message: object): NativePart[] =>
    (extra(message, "extra_content") as { google: { parts: NativePart[] } }).google.parts;

  for (const model of [MODEL, BUDGET_MODEL]) {
    test(`code, its result and the answer are readable, whole and streamed (${model})`, async () => {
      const whole = await openai.chat.completions.create({ model, messages: question, tools });
      const message = whole.choices[0]?.message;
      assert.ok(message);
      assert.match(message.content ?? "", RUN);
      assert.equal(whole.choices[0]?.finish_reason, "stop");
      const streamed = await openai.chat.completions.stream({ model, messages: question, tools }).finalMessage();
      assert.equal(streamed.content, message.content);
      for (const parts of [partsOf(message), partsOf(streamed)]) {
        assert.deepEqual(
          parts.flatMap((part) => Object.keys(part).filter((key) => key !== "thoughtSignature")),
          ["text", "executableCode", "codeExecutionResult", "text"],
        );
        assert.equal(parts[2]?.codeExecutionResult?.output, "50 5117\n");
      }
    });

    for (const [name, sendBack] of [
      ["sent back with extra_content", (message: OpenAI.ChatCompletionMessage): Message => message],
      [
        "sent back as text only",
        ({ content }: OpenAI.ChatCompletionMessage): Message => ({ role: "assistant", content }),
      ],
    ] as const) {
      test(`a follow-up turn goes on without a warning (${model}, ${name})`, async () => {
        const first = await openai.chat.completions.create({ model, messages: question, tools });
        const message = first.choices[0]?.message;
        assert.ok(message);
        const { data, response } = await openai.chat.completions
          .create({ model, messages: [...question, sendBack(message), ...user("What is 17 * 3?")], tools })
          .withResponse();
        assert.match(data.choices[0]?.message.content ?? "", /17 \* 3 = 51\./);
        assert.equal(response.headers.get("x-gateway-warnings"), null);
      });
    }
  }

  test("a plot follows its code as a picture", async () => {
    const answer = await openai.chat.completions.create({
      model: MODEL,
      messages: user("Plot 1 + 2 as a chart."),
      tools,
    });
    assert.match(
      answer.choices[0]?.message.content ?? "",
      /```output\n3\n\n```\n[^`]*!\[image\]\(data:image\/png;base64,/,
    );
  });
});

describe("search", () => {
  const tools: OpenAI.ChatCompletionTool[] = [{ type: "function", function: { name: "googleSearch" } }];
  // Letters of one, two, three and four bytes: offsets in bytes, code points and UTF-16 units all differ.
  const messages = user("Кто победил в 🎉 финале? 日本");

  /** What each annotation points at must be what Google says it supports. */
  function checkSlices(content: string, annotations: unknown, metadata: unknown): void {
    const cited = annotations as OpenAI.ChatCompletionMessage.Annotation[];
    const { groundingSupports } = metadata as { groundingSupports: { segment: { text: string } }[] };
    assert.ok(cited.length > 2);
    assert.deepEqual(
      cited.map(({ url_citation: { start_index: start, end_index: end } }) => content.slice(start, end)),
      groundingSupports.map(({ segment }) => segment.text),
    );
    assert.ok(cited.every(({ url_citation: { url, title } }) => URL.canParse(url) && title.startsWith("example.")));
  }

  for (const model of [MODEL, BUDGET_MODEL]) {
    test(`annotations slice the sentences that they support (${model})`, async () => {
      const answer = await openai.chat.completions.create({ model, messages, tools });
      const choice = answer.choices[0];
      assert.ok(choice);
      assert.match(choice.message.content ?? "", /🎉/);
      checkSlices(choice.message.content ?? "", choice.message.annotations, extra(choice, "grounding_metadata"));
      const chunks = await collect(await openai.chat.completions.create({ model, messages, tools, stream: true }));
      const choices = chunks.flatMap((chunk) => chunk.choices);
      checkSlices(
        textOf(chunks),
        choices.flatMap(({ delta }) => (extra(delta, "annotations") as unknown[] | undefined) ?? []),
        extra(choices.at(-1) ?? {}, "grounding_metadata"),
      );
    });
  }

  test("web_search_options ask for a search too", async () => {
    const answer = await openai.chat.completions.create({ model: MODEL, messages, web_search_options: {} });
    assert.ok((answer.choices[0]?.message.annotations ?? []).length > 2);
  });

  test("search goes together with functions, and the loop goes on in the next turn", async () => {
    const both: OpenAI.ChatCompletionTool[] = [
      ...tools,
      { type: "function", function: { name: "save", parameters: { type: "object", properties: {} } } },
    ];
    const first = await openai.chat.completions.create({ model: MODEL, messages, tools: both });
    const message = first.choices[0]?.message;
    const call = message?.tool_calls?.[0];
    assert.ok(message && call);
    const result: Message = { role: "tool", tool_call_id: call.id, content: '{"saved":true}' };
    const last = await openai.chat.completions.create({
      model: MODEL,
      messages: [...messages, message, result],
      tools: both,
    });
    assert.match(last.choices[0]?.message.content ?? "", /save: {"saved":true}/);
  });
});
