// The public interface on how answers end, what they cost and what is said of them, sentence by sentence, as JSON and as a stream.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Json } from "../openai/sse-fold.ts";
import { blockedChunk, candidatesChunk, textChunk, usageOf, type JsonObject } from "../support/faulty-gemini.ts";
import { declared, startRig, STREAM, type Rig } from "./audit/rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

const LENGTH = ["MAX_TOKENS", "CONTINUATION", "TOO_MANY_TOOL_CALLS"];
const FILTER = [
  "SAFETY",
  "RECITATION",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "LANGUAGE",
  "MODEL_ARMOR",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
];
const ODD = [
  "MALFORMED_FUNCTION_CALL",
  "MALFORMED_RESPONSE",
  "UNEXPECTED_TOOL_CALL",
  "NO_IMAGE",
  "IMAGE_OTHER",
  "OTHER",
  "FINISH_REASON_UNSPECIFIED",
  "SOMETHING_NEW",
];

function finishOf(reason: string): string {
  if (LENGTH.includes(reason)) return "length";
  return FILTER.includes(reason) ? "content_filter" : "stop";
}

/** All the ways in which the last chunk of an answer says nothing but why it ends. */
const BARE: Readonly<Record<string, JsonObject>> = {
  "only the reason": {},
  "content {}": { content: {} },
  "no parts": { content: { role: "model" } },
  "an empty text": { content: { role: "model", parts: [{ text: "" }] } },
  "an empty part": { content: { role: "model", parts: [{}] } },
};
const ending = (finishReason: unknown, candidate: JsonObject = {}): JsonObject =>
  candidatesChunk([{ ...candidate, finishReason, index: 0 }]);

describe("every reason to end, however bare its chunk", () => {
  for (const reason of ["STOP", ...LENGTH, ...FILTER, ...ODD]) {
    const finish = finishOf(reason);

    test(`${reason} after nothing is ${finish}${finish === "content_filter" ? "" : ", with a warning"}`, async () => {
      for (const [title, candidate] of Object.entries(BARE)) {
        const { status, json } = await rig.askBoth({}, [ending(reason, candidate)]);
        assert.deepEqual([status, json.choices.length], [200, 1], title);
        const [{ message, finish_reason: told, native_finish_reason: native }] = json.choices;
        assert.deepEqual([told, native], [finish, reason], title);
        assert.deepEqual(
          message,
          { role: "assistant", content: finish === "content_filter" ? null : "", refusal: null },
          title,
        );
        assert.deepEqual(
          (json.warnings ?? []).map(({ code, param }: Json) => [code, param]),
          finish === "content_filter" ? [] : [["empty_answer", "choices[0].message"]],
          title,
        );
      }
    });

    test(`${reason} after text is ${finish}, without a warning`, async () => {
      for (const candidate of Object.values(BARE)) {
        const { json } = await rig.askBoth({}, [textChunk("Half an "), textChunk("answer"), ending(reason, candidate)]);
        const [choice] = json.choices;
        assert.deepEqual(
          [choice.message.content, choice.finish_reason, json.warnings],
          ["Half an answer", finish, undefined],
        );
      }
    });

    test(`${reason} after a call is ${reason === "STOP" ? "tool_calls" : finish}`, async () => {
      const called = candidatesChunk([
        { content: { role: "model", parts: [{ functionCall: { name: "a", args: {} } }] }, index: 0 },
      ]);
      const { json } = await rig.askBoth({ tools: [declared("a")] }, [called, ending(reason)]);
      const [choice] = json.choices;
      assert.equal(choice.finish_reason, reason === "STOP" ? "tool_calls" : finish);
      assert.equal(choice.message.tool_calls.length, 1);
    });
  }

  test("numbers are the words they stand for, of reasons, ratings and modalities alike", async () => {
    for (const [number, reason] of [
      [1, "STOP"],
      [2, "MAX_TOKENS"],
      [3, "SAFETY"],
      [6, "LANGUAGE"],
      [9, "SPII"],
      [12, "UNEXPECTED_TOOL_CALL"],
      [13, "TOO_MANY_TOOL_CALLS"],
      [14, "IMAGE_PROHIBITED_CONTENT"],
      [17, "IMAGE_RECITATION"],
      [99, "99"],
    ] as const) {
      const ratings = { safetyRatings: [{ category: 8, probability: 1 }] };
      const { json } = await rig.askBoth({}, [textChunk("a"), ending(number, ratings)]);
      const [choice] = json.choices;
      assert.deepEqual([choice.native_finish_reason, choice.finish_reason], [reason, finishOf(reason)]);
      assert.deepEqual(choice.safety_ratings, [{ category: "HARM_CATEGORY_HATE_SPEECH", probability: "NEGLIGIBLE" }]);
    }
  });

  test("the last reason counts, and Gemini's message about it is passed on", async () => {
    const message = "Malformed function call: print(a)";
    const { json } = await rig.askBoth({}, [
      textChunk("a", { finishReason: "STOP" }),
      textChunk("b"),
      ending("MALFORMED_FUNCTION_CALL", { finishMessage: message }),
    ]);
    const [choice] = json.choices;
    assert.deepEqual([choice.message.content, choice.finish_reason, choice.finish_message], ["ab", "stop", message]);
  });
});

describe("a refused prompt is HTTP 200 with one choice and content_filter", () => {
  for (const reason of [
    "SAFETY",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "IMAGE_SAFETY",
    "MODEL_ARMOR",
    "JAILBREAK",
    "SOMETHING_NEW",
  ]) {
    test(reason, async () => {
      const { status, json } = await rig.askBoth({}, [blockedChunk(reason)]);
      const [{ message, finish_reason: finish, native_finish_reason: native }] = json.choices;
      assert.deepEqual([status, json.choices.length, finish, native], [200, 1, "content_filter", reason]);
      assert.deepEqual(message, { role: "assistant", content: null, refusal: null });
      assert.deepEqual([json.usage.prompt_tokens, json.usage.completion_tokens, json.usage.total_tokens], [14, 0, 14]);
      assert.equal(json.warnings, undefined);
    });
  }

  test("also where the reason is a number", async () => {
    const { json } = await rig.askBoth({}, [{ promptFeedback: { blockReason: 4 } }]);
    assert.equal(json.choices[0].native_finish_reason, "PROHIBITED_CONTENT");
  });
});

describe("usage", () => {
  const usageFor = async (...blocks: (JsonObject | undefined)[]): Promise<Json> => {
    const last = blocks.length - 1;
    const chunks = blocks.map((usage, index) =>
      textChunk("a", { usage: usage ?? null, ...(index === last && { finishReason: "STOP" }) }),
    );
    return (await rig.askBoth({}, chunks)).json.usage;
  };

  test("prompt = prompt + tool use, completion = candidates + thoughts, with the kinds of both", async () => {
    const text = (tokenCount: number): object => ({ modality: "TEXT", tokenCount });
    const usage = await usageFor({
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 7,
      toolUsePromptTokenCount: 30,
      totalTokenCount: 157,
      promptTokensDetails: [text(50), { modality: "AUDIO", tokenCount: 40 }, { modality: 5, tokenCount: 10 }],
      cacheTokensDetails: [text(40)],
      candidatesTokensDetails: [{ modality: "IMAGE", tokenCount: 15 }],
      toolUsePromptTokensDetails: [text(30)],
    });
    assert.deepEqual(usage, {
      prompt_tokens: 130,
      completion_tokens: 27,
      total_tokens: 157,
      prompt_tokens_details: {
        cached_tokens: 40,
        audio_tokens: 40,
        text_tokens: 80,
        document_tokens: 10,
        cached_tokens_details: { text_tokens: 40 },
        tool_use_tokens: 30,
      },
      completion_tokens_details: {
        reasoning_tokens: 7,
        audio_tokens: 0,
        image_tokens: 15,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    });
  });

  for (const [title, blocks, expected] of [
    ["the last block counts, also where it is smaller", [usageOf(169, 1), usageOf(79, 2, 5)], [79, 7, 86]],
    ["blocks without counts say nothing", [usageOf(10, 2), { trafficType: "ON_DEMAND" }], [10, 2, 12]],
    [
      "counts of zero may be missing",
      [{ promptTokenCount: 6, thoughtsTokenCount: 96, totalTokenCount: 102 }],
      [6, 96, 102],
    ],
    ["a total that is missing is the sum", [{ promptTokenCount: 6, candidatesTokenCount: 2 }], [6, 2, 8]],
  ] as const) {
    test(title, async () => {
      const usage = await usageFor(...(blocks as readonly JsonObject[]));
      assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], expected);
      assert.equal(usage.estimated, undefined);
    });
  }

  test("of which Google told nothing is an estimate that says so, and its total is the sum", async () => {
    const usage = await usageFor(undefined, undefined);
    assert.equal(usage.estimated, true);
    assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0);
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  });

  test("comes in a stream once, last, and only when it is asked for", async () => {
    const { text } = await rig.ask({ stream: true });
    assert.doesNotMatch(text, /"usage"/);
    const asked = await rig.ask(STREAM);
    assert.equal(asked.text.match(/"usage":\{/g)?.length, 1);
    assert.match(asked.text, /"choices":\[\],"usage":\{[^\n]*\n\ndata: \[DONE\]\n\n$/);
  });
});

describe("warnings", () => {
  /** A body for each kind of thing that cannot be honoured, and the parameter that is named. */
  const NOT_HONOURED: Readonly<Record<string, readonly [body: object, warning: string]>> = {
    "an unknown field": [{ foo: 1 }, "parameter_unknown:foo"],
    "a field without counterpart": [{ logit_bias: { 1: 2 } }, "parameter_ignored:logit_bias"],
    "log probabilities": [{ logprobs: true }, "logprobs_ignored:logprobs"],
    "an alias": [{ model: "gemini-2.0-flash" }, "model_aliased:model"],
    "an effort that the model lacks": [{ reasoning_effort: "minimal" }, "thinking_adjusted:reasoning_effort"],
    "one call at a time": [{ parallel_tool_calls: false }, "parallel_tool_calls_ignored:parallel_tool_calls"],
    "an empty message": [
      {
        messages: [
          { role: "user", content: "Hi" },
          { role: "assistant", content: "" },
        ],
      },
      "message_dropped:messages[1]",
    ],
    "a tier that Google lacks": [{ service_tier: "scale" }, "service_tier_adjusted:service_tier"],
    "penalties where they are refused": [
      { model: "gemini-2.5-flash", presence_penalty: 1 },
      "penalties_ignored:presence_penalty",
    ],
  };
  for (const [title, [body, expected]] of Object.entries(NOT_HONOURED)) {
    test(`of ${title} stand in the header, and with a message in the body and the first chunk`, async () => {
      const { warnings, json } = await rig.askBoth(body);
      assert.deepEqual(warnings, [expected]);
      assert.deepEqual(
        json.warnings.map(({ code, param }: Json) => `${code}:${param}`),
        [expected],
      );
      assert.ok(json.warnings[0].message.length > 10);
      const { text } = await rig.ask({ ...body, ...STREAM });
      assert.ok(JSON.parse(text.slice("data: ".length, text.indexOf("\n"))).warnings, "the first chunk tells them");
    });
    test(`of ${title} are refused in strict mode with a 400 naming the parameter, before Gemini is called`, async () => {
      const { status, json, sent } = await rig.askBoth(body, undefined, { "x-gateway-strict": "true" });
      assert.deepEqual([status, json.error.param, sent], [400, expected.split(":")[1], []]);
      assert.deepEqual(Object.keys(json.error), ["message", "type", "param", "code"]);
    });
  }

  test("that only the answer brings stand in the last chunk, and strict mode does not mind them", async () => {
    const { status, warnings, json } = await rig.askBoth({}, [ending("STOP")], { "x-gateway-strict": "true" });
    assert.deepEqual([status, warnings, json.warnings[0].code], [200, [], "empty_answer"]);
  });
});

describe("an answer that ends without a reason is a failure", () => {
  test("502 as JSON; in a stream an error event and the end, with neither finish nor [DONE]", async () => {
    const chunks = [textChunk("Half an "), textChunk("answer")];
    const whole = await rig.ask({}, chunks);
    assert.deepEqual([whole.status, whole.json.error.code], [502, "upstream_stream_truncated"]);
    const { status, text } = await rig.ask(STREAM, chunks);
    assert.equal(status, 200);
    assert.match(
      text,
      /data: \{"error":\{"message":"[^"]+","type":"server_error","param":null,"code":"upstream_stream_truncated"\}\}\n\n$/,
    );
    assert.doesNotMatch(text, /\[DONE\]|"finish_reason":"/);
  });
});
