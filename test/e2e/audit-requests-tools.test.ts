// The public interface on tools, forms of output and sampling, sentence by sentence, for the generations that differ.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Json } from "../openai/sse-fold.ts";
import { callChunk, finishChunk } from "../support/faulty-gemini.ts";
import { assistant, declared, result, startRig, STREAM, user, type Rig } from "./audit/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

/** What Gemini got beside the conversation, and the warnings. */
async function sentFor(body: object): Promise<{ rest: Json; warnings: readonly string[] }> {
  const { status, text, sent, warnings } = await rig.askBoth(body);
  assert.equal(status, 200, text);
  const { contents: _, ...rest } = sent[0];
  return { rest, warnings };
}

const SEARCH = { type: "function", function: { name: "googleSearch" } };
const SCHEMA = { type: "object", properties: { a: { type: "integer" } }, required: ["a"] };
const FORM = { response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema: SCHEMA } } };
const DECLARED_A = {
  functionDeclarations: [
    { name: "a", description: "", parametersJsonSchema: { type: "object", properties: { x: { type: "string" } } } },
  ],
};
const [BEFORE_3, FROM_3] = [
  ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"],
  ["gemini-3-flash-preview", "gemini-3.5-flash", "gemini-3.8-flash", "gemini-4-hydrogen", "gemini-9-foo"],
];

describe("Google's tools and functions together", () => {
  for (const model of FROM_3) {
    test(`are sent to ${model} with the flag that they need there`, async () => {
      assert.deepEqual(await sentFor({ model, tools: [declared("a"), SEARCH] }), {
        rest: { tools: [{ googleSearch: {} }, DECLARED_A], toolConfig: { includeServerSideToolInvocations: true } },
        warnings: [],
      });
    });
  }
  for (const model of BEFORE_3) {
    test(`leave ${model} the functions, with a warning`, async () => {
      assert.deepEqual(await sentFor({ model, tools: [declared("a"), SEARCH] }), {
        rest: { tools: [DECLARED_A] },
        warnings: ["tools_dropped:tools[1]"],
      });
    });
  }

  test("are not both meant by tool_choice none, which Google's own tools would not obey", async () => {
    for (const model of [...BEFORE_3, ...FROM_3]) {
      const { rest } = await sentFor({ model, tools: [declared("a"), SEARCH], tool_choice: "none" });
      assert.deepEqual(rest, { tools: [DECLARED_A], toolConfig: { functionCallingConfig: { mode: "NONE" } } }, model);
    }
  });

  test("are found by the function names of either case, as long as they have no parameters of their own", async () => {
    const names = ["codeExecution", "google_search", "urlContext", "google_maps"];
    const tools = names.map((name) => ({
      type: "function",
      function: { name, parameters: { type: "object", properties: {} } },
    }));
    assert.deepEqual((await sentFor({ tools })).rest.tools, [
      { codeExecution: {} },
      { googleSearch: {} },
      { urlContext: {} },
      { googleMaps: {} },
    ]);
    const [own] = (await sentFor({ tools: [declared("googleSearch")] })).rest.tools;
    assert.equal(own.functionDeclarations[0].name, "googleSearch");
  });
});

describe("a form of the answer", () => {
  const jsonConfig = { responseMimeType: "application/json", responseJsonSchema: SCHEMA };

  test("alone goes as JSON Schema to every generation", async () => {
    for (const model of [...BEFORE_3, ...FROM_3]) {
      assert.deepEqual(
        await sentFor({ model, ...FORM }),
        { rest: { generationConfig: jsonConfig }, warnings: [] },
        model,
      );
    }
  });

  test("beside functions stays one from Gemini 3 on, and becomes an instruction before, with a warning", async () => {
    for (const model of FROM_3) {
      const { rest, warnings } = await sentFor({ model, ...FORM, tools: [declared("a")] });
      assert.deepEqual([rest, warnings], [{ tools: [DECLARED_A], generationConfig: jsonConfig }, []], model);
    }
    for (const model of BEFORE_3) {
      const { rest, warnings } = await sentFor({ model, ...FORM, tools: [declared("a")] });
      assert.deepEqual(
        [rest.tools, rest.generationConfig, warnings],
        [[DECLARED_A], undefined, ["json_with_tools:response_format"]],
      );
      assert.match(rest.systemInstruction.parts[0].text, /JSON Schema:\n\{"type":"object"/);
    }
  });

  test("beside functions that must be called becomes an instruction too: Gemini 3 holds both only in mode AUTO", async () => {
    const { rest, warnings } = await sentFor({ ...FORM, tools: [declared("a")], tool_choice: "required" });
    assert.deepEqual(rest.toolConfig, { functionCallingConfig: { mode: "ANY" } });
    assert.deepEqual([rest.generationConfig, warnings], [undefined, ["json_with_tools:response_format"]]);
  });

  test("has what Gemini refuses of JSON Schema rewritten, and what is lost by it told", async () => {
    const schema = {
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      additionalProperties: false,
      definitions: { Y: { type: "object", properties: { self: { $ref: "#/definitions/Y" } } } },
      properties: {
        word: { const: "v" },
        many: { anyOf: [{ type: "string" }, { type: "null" }] },
        maybe: { type: "string", nullable: true },
        y: { $ref: "#/definitions/Y", description: "lost" },
        yes: { const: true },
      },
    };
    const { rest, warnings } = await sentFor({
      response_format: { type: "json_schema", json_schema: { name: "n", schema, strict: true } },
    });
    assert.deepEqual(rest.generationConfig.responseJsonSchema, {
      type: "object",
      additionalProperties: false,
      properties: {
        word: { type: "string", enum: ["v"] },
        many: { anyOf: [{ type: "string" }, { type: "null" }] },
        maybe: { type: ["string", "null"] },
        y: { $ref: "#/$defs/Y" },
        yes: { type: "boolean" },
      },
      $defs: { Y: { type: "object", properties: { self: { $ref: "#/$defs/Y" } } } },
    });
    assert.deepEqual(warnings, ["schema_adjusted:response_format.json_schema.schema"]);
  });
});

describe("tool_choice and strict", () => {
  for (const [title, body, config] of [
    ["auto", { tool_choice: "auto" }, undefined],
    ["none", { tool_choice: "none" }, { mode: "NONE" }],
    ["required", { tool_choice: "required" }, { mode: "ANY" }],
    [
      "a name",
      { tool_choice: { type: "function", function: { name: "b" } } },
      { mode: "ANY", allowedFunctionNames: ["b"] },
    ],
    [
      "allowed names, free",
      {
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "b" } }] },
        },
      },
      { mode: "VALIDATED", allowedFunctionNames: ["b"] },
    ],
    ["a strict function", { tools: [declared("a", { strict: true })] }, { mode: "VALIDATED" }],
  ] as const) {
    test(`${title} is ${JSON.stringify(config ?? "nothing")}, for every generation`, async () => {
      for (const model of [...BEFORE_3, ...FROM_3]) {
        const { rest, warnings } = await sentFor({ model, tools: [declared("a"), declared("b")], ...body });
        assert.deepEqual([rest.toolConfig?.functionCallingConfig, warnings], [config, []], model);
      }
    });
  }
});

describe("custom tools", () => {
  const sql = { type: "custom", custom: { name: "sql", description: "Asks the database." } };

  test("are functions to Gemini, and are answered in kind, in both modes and on the way back", async () => {
    const chunks = [callChunk("sql", { input: "SELECT 1" }, { id: "g1", signature: "QUJD" }), finishChunk()];
    const whole = await rig.ask({ tools: [sql] }, chunks);
    const [declaration] = whole.sent[0].tools[0].functionDeclarations;
    assert.deepEqual(declaration.parametersJsonSchema.properties, { input: { type: "string" } });
    const stream = await rig.ask({ tools: [sql], ...STREAM }, chunks);
    for (const { json } of [whole, stream]) {
      const { message, finish_reason: finish } = json.choices[0];
      const [{ id, ...called }] = message.tool_calls;
      assert.equal(finish, "tool_calls");
      assert.deepEqual(called, {
        type: "custom",
        custom: { name: "sql", input: "SELECT 1" },
        extra_content: { google: { thought_signature: "QUJD" } },
      });
      const messages = [user("Hi"), assistant(null, message.tool_calls), result(id, "1")];
      const { sent } = await rig.askBoth({ tools: [sql], messages });
      assert.deepEqual(sent[0].contents[1].parts, [
        { functionCall: { id: "g1", name: "sql", args: { input: "SELECT 1" } }, thoughtSignature: "QUJD" },
      ]);
    }
  });
});

describe("sampling", () => {
  const asked = { temperature: 0.5, top_p: 0.9, top_k: 40 };
  const ignored = ["sampling_ignored:temperature", "sampling_ignored:top_p", "sampling_ignored:top_k"];
  const HONOURING = [
    "gemini-2.5-flash",
    "gemini-2.5-pro",
    "gemini-3-flash-preview",
    "gemini-3.1-pro-preview",
    "gemini-3.5-flash",
    "gemma-3-27b-it",
  ];
  const IGNORING = [
    "gemini-3.5-flash-lite",
    "gemini-3.6-flash",
    "gemini-3.7-flash",
    "gemini-3.8-flash",
    "gemini-4-argon",
    "gemini-flash-latest",
    "gemini-9-foo",
  ];

  test("is honoured by older models and left out, with warnings, for those that ignore it", async () => {
    for (const model of HONOURING) {
      const { rest, warnings } = await sentFor({ model, ...asked });
      assert.deepEqual([rest.generationConfig, warnings], [{ temperature: 0.5, topP: 0.9, topK: 40 }, []], model);
    }
    for (const model of IGNORING) {
      assert.deepEqual(await sentFor({ model, ...asked }), { rest: {}, warnings: ignored }, model);
    }
  });

  test("has five stop texts, a limit from one token on, and a seed of 32 bits", async () => {
    const { rest, warnings } = await sentFor({ stop: [..."abcdef"], max_completion_tokens: 1, seed: 2 ** 40 + 1 });
    assert.deepEqual(rest.generationConfig, { seed: 257, maxOutputTokens: 1, stopSequences: [..."abcde"] });
    assert.deepEqual(warnings, ["value_clamped:seed", "stop_truncated:stop"]);
  });

  test("names the limit as the caller did", async () => {
    for (const param of ["max_tokens", "max_completion_tokens"]) {
      const { rest, warnings } = await sentFor({ [param]: 100_000 });
      assert.deepEqual([rest.generationConfig, warnings], [{ maxOutputTokens: 65_536 }, [`value_clamped:${param}`]]);
    }
  });

  test("of n answers makes n calls; a seed differs between them, since one seed is one answer", async () => {
    for (const mode of [{}, STREAM]) {
      const { sent, json } = await rig.ask({ n: 3, seed: 2 ** 31 - 1, ...mode });
      const seeds = sent.map(({ generationConfig }) => generationConfig.seed).toSorted((left, right) => left - right);
      assert.deepEqual(seeds, [-(2 ** 31), -(2 ** 31) + 1, 2 ** 31 - 1]);
      assert.ok(sent.every(({ generationConfig }) => generationConfig.candidateCount === undefined));
      assert.deepEqual(
        json.choices.map(({ index }: Json) => index),
        [0, 1, 2],
      );
      assert.equal(json.usage.prompt_tokens, 27, "prompt tokens are summed");
    }
  });
});

describe("everything that is null is not said", () => {
  const FIELDS =
    "audio modalities max_completion_tokens max_tokens n temperature top_p presence_penalty frequency_penalty stop seed logprobs " +
    "top_logprobs logit_bias stream stream_options response_format tools tool_choice parallel_tool_calls functions function_call " +
    "reasoning_effort verbosity prediction store metadata user safety_identifier prompt_cache_key prompt_cache_retention service_tier " +
    "web_search_options moderation extra_body google thinking reasoning thinking_budget safety_settings cached_content image_config";

  test("no field of OpenAI's or of a dialect of it changes the request or warns", async () => {
    const { status, sent, warnings } = await rig.ask(
      Object.fromEntries(FIELDS.split(" ").map((field) => [field, null])),
    );
    assert.equal(status, 200);
    assert.deepEqual([sent[0], warnings], [{ contents: [{ role: "user", parts: [{ text: "Hi" }] }] }, []]);
  });
});
