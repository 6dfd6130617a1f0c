// One meaning, many spellings: what other gateways, older APIs and Google itself write becomes the same request.
import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { signatureText } from "../../src/chat/bytes.ts";
import { ThinkingLevel, type Thinking } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { toPlainBody } from "../../src/openai/dialects.ts";
import { anyBody } from "./bodies.ts";
import { outline, partsOf, read, refusalOf, requestOf, warningsOf } from "./reading.ts";

const PNG = Buffer.from("a picture").toString("base64");
const SIGNATURE = Buffer.from("a signature").toString("base64");

function thinkingOf(
  body: object,
): [control: unknown, includeThoughts: boolean | undefined, outranks: boolean] | undefined {
  const { thinking } = requestOf(body) as { thinking?: Thinking };
  return thinking && [thinking.control.value, thinking.includeThoughts, thinking.outranksSuffix];
}

describe("thinking", () => {
  for (const [title, body, expected] of [
    ["OpenAI", { reasoning_effort: "high" }, [ThinkingLevel.HIGH, undefined, false]],
    ["OpenAI, off", { reasoning_effort: "none" }, [ThinkingLevel.NONE, undefined, false]],
    ["OpenAI, most", { reasoning_effort: "max" }, [ThinkingLevel.MAX, undefined, false]],
    [
      "LiteLLM's object",
      { reasoning_effort: { effort: "low", summary: "auto" } },
      [ThinkingLevel.LOW, undefined, false],
    ],
    ["LiteLLM's word", { reasoning_effort: "disable" }, [ThinkingLevel.NONE, undefined, false]],
    ["OpenRouter, words", { reasoning: { effort: "minimal" } }, [ThinkingLevel.MINIMAL, undefined, false]],
    ["OpenRouter, tokens", { reasoning: { max_tokens: 2000 } }, [2000, undefined, false]],
    ["OpenRouter, on", { reasoning: { enabled: true } }, [-1, undefined, false]],
    ["OpenRouter, off", { reasoning: { enabled: false } }, [ThinkingLevel.NONE, undefined, false]],
    ["OpenRouter, not told", { reasoning: { effort: "high", exclude: true } }, [ThinkingLevel.HIGH, false, false]],
    ["Anthropic", { thinking: { type: "enabled", budget_tokens: 4000 } }, [4000, undefined, false]],
    ["Anthropic, off", { thinking: { type: "disabled" } }, [ThinkingLevel.NONE, undefined, false]],
    ["Anthropic, adaptive", { thinking: { type: "adaptive" } }, [-1, undefined, false]],
    ["Anthropic, no budget", { thinking: { type: "enabled" } }, [-1, undefined, false]],
    ["Envoy", { thinking: { type: "enabled", budget_tokens: 10, includeThoughts: false } }, [10, false, false]],
    ["the seed", { thinking_budget: 1024 }, [1024, undefined, false]],
    ["the seed, not told", { thinking_budget: 1024, close_reasoning_content: true }, [1024, false, false]],
    ["the seed, told", { return_reasoning_content: true }, [undefined, true, false]],
    ["the seed, not returned", { return_reasoning_content: false }, undefined],
    ["OpenRouter's older word", { include_reasoning: false }, [undefined, false, false]],
    ["Google's config at the top", { thinking_config: { thinking_budget: 9 } }, [9, undefined, true]],
    ["Google", { extra_body: { google: { thinking_config: { thinking_budget: 0 } } } }, [0, undefined, true]],
    [
      "Google at the top",
      { google: { thinking_config: { thinking_level: "low", include_thoughts: true } } },
      [ThinkingLevel.LOW, true, true],
    ],
    [
      "Google in camel case",
      { extra_body: { google: { thinkingConfig: { thinkingLevel: "HIGH", includeThoughts: false } } } },
      [ThinkingLevel.HIGH, false, true],
    ],
    [
      "Google's thoughts beside OpenAI's effort",
      { reasoning_effort: "low", google: { thinking_config: { include_thoughts: true } } },
      [ThinkingLevel.LOW, true, false],
    ],
    [
      "all null",
      {
        reasoning_effort: null,
        reasoning: null,
        thinking: null,
        thinking_budget: null,
        google: null,
        extra_body: null,
      },
      undefined,
    ],
    ["nothing", {}, undefined],
  ] as const) {
    it(title, () => assert.deepEqual(thinkingOf(body), expected));
  }
  it("of Google's thinking_config counts before everything else, and what does not count is said", () => {
    const body = { reasoning_effort: "low", extra_body: { google: { thinking_config: { thinking_budget: 5 } } } };
    assert.deepEqual(thinkingOf(body), [5, undefined, true]);
    assert.deepEqual(warningsOf(body), ["parameter_ignored:reasoning_effort"]);
    assert.deepEqual(warningsOf({ reasoning_effort: "low", thinking_budget: 5 }), [
      "parameter_ignored:reasoning_effort",
    ]);
  });
  it("of the seed never puts thoughts into the content, which is said where there are thoughts", () => {
    const told = ["parameter_ignored:return_reasoning_content"];
    for (const [body, warnings] of [
      [{}, []],
      [{ reasoning_effort: "high" }, told],
      [{ reasoning_effort: "none" }, []],
      [{ thinking_budget: 1024 }, told],
      [{ thinking_budget: 1024, close_reasoning_content: true }, []],
      [{ thinking_budget: 0 }, []],
      [{ google: { thinking_config: { include_thoughts: true } } }, told],
      [{ model: "gemini-2.5-flash-thinking" }, told],
      [{ model: "gemini-2.5-flash-[thinking]" }, told],
      [{ model: "gemini-2.5-flash-nothinking" }, []],
    ] as const) {
      assert.deepEqual(warningsOf({ ...body, return_reasoning_content: false }), warnings, JSON.stringify(body));
    }
  });
  it("cannot have a budget and a level in one thinking_config", () => {
    const body = { google: { thinking_config: { thinking_budget: 5, thinking_level: "low" } } };
    assert.equal(refusalOf(body).field, "google.thinking_config");
    assert.equal(refusalOf({ extra_body: body }).field, "extra_body.google.thinking_config");
  });
  it("that is wrong is refused under the name it was given", () => {
    assert.equal(refusalOf({ thinking: { type: "on" } }).field, "thinking.type");
    assert.equal(refusalOf({ thinking: { budget_tokens: "many" } }).field, "thinking.budget_tokens");
    assert.equal(refusalOf({ thinking_budget: 1.5 }).field, "thinking_budget");
    assert.equal(refusalOf({ reasoning: { effort: "hard" } }).field, "reasoning.effort");
    assert.equal(refusalOf({ reasoning_effort: "hard" }).field, "reasoning_effort");
    assert.equal(
      refusalOf({ google: { thinkingConfig: { thinkingBudget: -2 } } }).field,
      "google.thinkingConfig.thinkingBudget",
    );
    assert.equal(
      refusalOf({ extra_body: { extra_body: { google: { thinking_config: { thinking_budget: -2 } } } } }).field,
      "extra_body.extra_body.google.thinking_config.thinking_budget",
    );
  });
});

describe("pictures asked for", () => {
  for (const [title, body, expected] of [
    [
      "Google",
      { extra_body: { google: { image_config: { aspect_ratio: "16:9", image_size: "2K" } } } },
      ["16:9", "2K"],
    ],
    ["Google in camel case", { google: { imageConfig: { aspectRatio: "9:16", imageSize: "4k" } } }, ["9:16", "4K"]],
    ["OpenRouter", { image_config: { aspect_ratio: "1:1", image_size: "0.5K" } }, ["1:1", "512"]],
    ["the seed", { aspect_ratio: "3:2", resolution: "2K" }, ["3:2", "2K"]],
    ["OpenAI, square", { size: "1024x1024" }, ["1:1", ""]],
    ["OpenAI, wide", { size: "1536x1024" }, ["3:2", ""]],
    ["pixels of a film", { size: "1920x1080" }, ["16:9", "2K"]],
    ["pixels of a large film", { size: "3840x2160" }, ["16:9", "4K"]],
    ["Gemini's size", { size: "2K" }, ["", "2K"]],
    ["a ratio as size", { size: "21:9" }, ["21:9", ""]],
    ["OpenAI, auto", { size: "auto" }, undefined],
  ] as const) {
    it(title, () => {
      const { image } = requestOf(body);
      assert.deepEqual(image && [image.aspectRatio, image.size], expected);
    });
  }
  it("in a ratio that Gemini lacks come in the nearest, and that is said", () => {
    assert.equal(requestOf({ size: "1792x1024" }).image?.aspectRatio, "16:9");
    assert.deepEqual(warningsOf({ size: "1792x1024" }), ["value_clamped:size"]);
    assert.deepEqual(warningsOf({ size: "1024x1024" }), []);
  });
  it("have a shape that can be read", () => {
    assert.equal(refusalOf({ size: "huge" }).field, "size");
    assert.equal(refusalOf({ aspect_ratio: "wide" }).field, "aspect_ratio");
    assert.equal(refusalOf({ image_config: { image_size: "8K" } }).field, "image_config.image_size");
    assert.equal(refusalOf({ imageConfig: { imageSize: "8K" } }).field, "imageConfig.image_size");
  });
});

describe("Google's block", () => {
  it("says what OpenAI has no words for", () => {
    const request = requestOf({
      extra_body: {
        google: {
          safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_NONE" }],
          cachedContent: "cachedContents/x",
          topK: 40,
          mediaResolution: "MEDIA_RESOLUTION_LOW",
          labels: { Team: "a" },
          retrievalConfig: { latLng: { latitude: 1, longitude: 2 }, languageCode: "fr" },
        },
      },
    });
    assert.deepEqual(
      request.safetySettings.map(({ category, threshold }) => [category, threshold]),
      [[1, 4]],
    );
    assert.deepEqual(
      [request.cachedContent, request.sampling?.topK, request.mediaResolution],
      ["cachedContents/x", 40, 1],
    );
    assert.deepEqual(request.labels, { Team: "a" });
    assert.deepEqual([request.retrieval?.latLng?.longitude, request.retrieval?.languageCode], [2, "fr"]);
  });
  it("may have its kinds of output in capitals", () => {
    assert.deepEqual(requestOf({ google: { responseModalities: ["TEXT", "IMAGE"] } }).modalities, [1, 2]);
  });
  it("may have its options at the top, as LiteLLM and OpenRouter write them", () => {
    const request = requestOf({
      top_k: 40,
      cached_content: "c",
      safety_settings: [{ category: "HARM_CATEGORY_JAILBREAK", threshold: "OFF" }],
    });
    assert.deepEqual([request.sampling?.topK, request.cachedContent, request.safetySettings.length], [40, "c", 1]);
  });
  it("may have all of them at the top, in either case of letters", () => {
    for (const body of [
      {
        top_k: 40,
        media_resolution: "low",
        speech_config: { language_code: "fr" },
        retrieval_config: { language_code: "fr" },
        labels: { team_name: "a" },
        image_config: { aspect_ratio: "1:1" },
      },
      {
        topK: 40,
        mediaResolution: "MEDIA_RESOLUTION_LOW",
        speechConfig: { languageCode: "fr" },
        retrievalConfig: { languageCode: "fr" },
        labels: { team_name: "a" },
        imageConfig: { aspectRatio: "1:1" },
      },
    ]) {
      const { request, warnings } = read(body);
      assert.deepEqual([request.sampling?.topK, request.mediaResolution, request.image?.aspectRatio], [40, 1, "1:1"]);
      assert.deepEqual([request.speech?.languageCode, request.retrieval?.languageCode], ["fr", "fr"]);
      assert.deepEqual([request.labels, warnings], [{ team_name: "a" }, []]);
    }
    const both = requestOf({ imageConfig: { imageSize: "2k", aspectRatio: "1:1" }, aspect_ratio: "16:9" }).image;
    assert.deepEqual([both?.size, both?.aspectRatio], ["2K", "1:1"]);
  });
  it("counts before the same options elsewhere", () => {
    assert.equal(requestOf({ top_k: 1, google: { top_k: 2 }, extra_body: { google: { top_k: 3 } } }).sampling?.topK, 3);
    assert.equal(requestOf({ top_k: 1, google: { top_k: 2 } }).sampling?.topK, 2);
  });
  it("has OpenRouter's top_k 0 for none", () => assert.equal(requestOf({ top_k: 0 }).sampling, undefined));
  it("lies in an extra_body whose other fields count as the body's own", () => {
    assert.equal(requestOf({ extra_body: { temperature: 0.5, thinking_budget: 7 } }).sampling?.temperature, 0.5);
    assert.equal(requestOf({ temperature: 1, extra_body: { temperature: 0.5 } }).sampling?.temperature, 1);
  });
  it("that is wrong is refused with its full name", () => {
    assert.equal(refusalOf({ extra_body: 5 }).field, "extra_body");
    assert.equal(refusalOf({ extra_body: { google: [] } }).field, "extra_body.google");
    assert.equal(refusalOf({ google: "x" }).field, "google");
    assert.equal(
      refusalOf({ google: { safety_settings: [{ category: "X", threshold: "OFF" }] } }).field,
      "google.safety_settings[0].category",
    );
  });
  it("of which another place counts before is told, unless it says the same", () => {
    const google = { top_k: 2, media_resolution: "low" };
    for (const [body, warnings] of [
      [{ temperature: 1, extra_body: { temperature: 0.5 } }, ["extra_body.temperature"]],
      [{ temperature: 1, extra_body: { temperature: 1 } }, []],
      [{ temperature: null, extra_body: { temperature: 1 } }, []],
      [{ top_k: 1, google }, ["top_k"]],
      [{ google, extra_body: { google: { topK: 3 } } }, ["google.top_k"]],
      [{ mediaResolution: "high", google }, ["mediaResolution"]],
      [
        { image_config: { image_size: "1K" }, google: { image_config: { image_size: "2K" } } },
        ["image_config.image_size"],
      ],
    ] as const) {
      assert.deepEqual(
        warningsOf(body),
        warnings.map((param) => `parameter_ignored:${param}`),
        JSON.stringify(body),
      );
    }
  });
  it("has unknown options told", () => {
    assert.deepEqual(warningsOf({ google: { personGeneration: "ALLOW_ALL" } }), [
      "parameter_unknown:google.personGeneration",
    ]);
  });
});

describe("guided text", () => {
  it("is a choice of words or a schema", () => {
    const choice = requestOf({ guided_choice: ["yes", "no"] }).outputFormat?.kind;
    assert(choice?.case === "enumChoice");
    assert.deepEqual(choice.value.values, ["yes", "no"]);
    const json = requestOf({ guided_json: { type: "object" } }).outputFormat?.kind;
    assert(json?.case === "jsonSchema");
    assert.equal(json.value.schema, '{"type":"object"}');
  });
  it("is a schema beside the word json_object too, as LiteLLM writes it", () => {
    const format = { type: "json_object", response_schema: { type: "object" } };
    const json = requestOf({ response_format: format }).outputFormat?.kind;
    assert(json?.case === "jsonSchema");
    assert.equal(json.value.schema, '{"type":"object"}');
    assert.equal(requestOf({ response_format: { type: "json_object" } }).outputFormat?.kind.case, "jsonObject");
  });
  it("by a regular expression cannot be had", () =>
    assert.deepEqual(warningsOf({ guided_regex: "a+" }), ["parameter_ignored:guided_regex"]));
});

describe("signatures of other gateways", () => {
  const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
  const second = { ...call, id: "c2" };
  const signaturesOf = (message: object): string[] => partsOf({ role: "assistant", ...message }).map(signatureText);
  for (const [title, message, expected] of [
    [
      "LiteLLM, on the call",
      { tool_calls: [{ ...call, provider_specific_fields: { thought_signature: SIGNATURE } }] },
      [SIGNATURE],
    ],
    [
      "LiteLLM, on the function",
      {
        tool_calls: [
          { ...call, function: { ...call.function, provider_specific_fields: { thought_signature: SIGNATURE } } },
        ],
      },
      [SIGNATURE],
    ],
    [
      "Portkey",
      { tool_calls: [{ ...call, function: { ...call.function, thought_signature: SIGNATURE } }] },
      [SIGNATURE],
    ],
    [
      "OpenRouter, for the second call",
      {
        tool_calls: [call, second],
        reasoning_details: [{ type: "reasoning.encrypted", data: SIGNATURE, id: "c2", format: "google-gemini-v1" }],
      },
      ["", SIGNATURE],
    ],
    [
      "Bifrost",
      {
        tool_calls: [call],
        reasoning_details: [{ id: "tool_call_c1", type: "reasoning.encrypted", signature: SIGNATURE }],
      },
      [SIGNATURE],
    ],
    [
      "OpenRouter, for text",
      { content: "a", reasoning_details: [{ type: "reasoning.text", text: "hm", signature: SIGNATURE }] },
      [SIGNATURE],
    ],
    [
      "LiteLLM, for text",
      { content: "a", provider_specific_fields: { thought_signatures: [SIGNATURE, "QUJD"] } },
      [SIGNATURE],
    ],
    [
      "thinking blocks, before calls",
      { tool_calls: [call, second], thinking_blocks: [{ type: "thinking", thinking: "hm", signature: SIGNATURE }] },
      [SIGNATURE, ""],
    ],
    [
      "thinking blocks, for text",
      { content: "a", thinking_blocks: [{ type: "thinking", signature: SIGNATURE }] },
      [SIGNATURE],
    ],
    [
      "Google's own place first",
      {
        tool_calls: [
          {
            ...call,
            extra_content: { google: { thought_signature: "QUJD" } },
            provider_specific_fields: { thought_signature: SIGNATURE },
          },
        ],
      },
      ["QUJD"],
    ],
    ["nonsense", { content: "a", reasoning_details: "x", thinking_blocks: [5], provider_specific_fields: [] }, [""]],
  ] as const) {
    it(title, () => assert.deepEqual(signaturesOf(message), expected));
  }
});

describe("pictures beside an answer", () => {
  const images = [{ type: "image_url", index: 0, image_url: { url: `data:image/png;base64,${PNG}` } }];
  it("stand after its text", () => {
    assert.deepEqual(outline(partsOf({ role: "assistant", content: "a", images })), [
      "text a",
      `media image/png ${PNG}`,
    ]);
    assert.deepEqual(outline(partsOf({ role: "assistant", content: null, images })), [`media image/png ${PNG}`]);
    assert.deepEqual(outline(partsOf({ role: "assistant", content: [{ type: "text", text: "a" }], images })), [
      "text a",
      `media image/png ${PNG}`,
    ]);
  });
  it("are not doubled when the answer was delivered both ways", () => {
    const content = `a![image](data:image/png;base64,${PNG})`;
    assert.deepEqual(outline(partsOf({ role: "assistant", content, images })), ["text a", `media image/png ${PNG}`]);
  });
  it("are refused under their own name", () => {
    assert.equal(
      refusalOf({ messages: [{ role: "assistant", content: "a", images: [{ url: "x" }] }] }).field,
      "messages[0].images[0].image_url",
    );
  });
});

describe("messages of 2023", () => {
  const ask = (name: string): object => ({
    role: "assistant",
    content: null,
    function_call: { name, arguments: '{"x":1}' },
  });
  const tell = (name: string, content: string): object => ({ role: "function", name, content });
  it("pair calls and results by name, in order", () => {
    const { messages } = requestOf({
      messages: [ask("f"), ask("g"), tell("g", "1"), tell("f", "2"), ask("f"), tell("f", "3")],
    });
    const lines = messages.flatMap(({ parts }) => outline(parts));
    assert.deepEqual(lines, [
      'call function_call_0 f {"x":1}',
      'call function_call_1 g {"x":1}',
      "result function_call_1 g 1",
      "result function_call_0 f 2",
      'call function_call_4 f {"x":1}',
      "result function_call_4 f 3",
    ]);
  });
  it("leave a result of nobody's call its name", () =>
    assert.deepEqual(outline(partsOf(tell("f", "1"))), ["result  f 1"]));
  it("are refused under their own name", () => {
    assert.equal(
      refusalOf({ messages: [{ role: "assistant", function_call: { arguments: "{}" } }] }).field,
      "messages[0].function_call.name",
    );
  });
});

describe("the table", () => {
  it("never changes the body it is given", () => {
    const freeze = (value: unknown): unknown => {
      if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
      return value;
    };
    fc.assert(
      fc.property(anyBody, (body) => {
        const frozen = freeze(JSON.parse(JSON.stringify(body))) as Record<string, unknown>;
        try {
          toPlainBody(
            frozen,
            () => {},
            () => {},
          );
        } catch (error) {
          assert.equal((error as Error).name, "Failure", String((error as Error).stack));
        }
      }),
      { numRuns: 1500 },
    );
  });
  it("hands a plain body on as it is, but for copies", () => {
    const body = {
      model: "m",
      messages: [{ role: "user", content: "a" }],
      temperature: 1,
      tool_choice: "auto",
      stream: true,
    };
    assert.deepEqual(
      toPlainBody(
        body,
        () => {},
        () => {},
      ),
      body,
    );
  });
  it("loses no name of the prototype and pollutes nothing", () => {
    const names = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
    for (const name of names) {
      const body = JSON.parse(
        `{"${name}":1,"extra_body":{"${name}":2,"google":{"${name}":3,"labels":{"${name}":"v"}}}}`,
      ) as object;
      const { request, warnings } = read(body);
      assert.deepEqual(Object.entries(request.labels), [[name, "v"]]);
      assert.deepEqual(
        warnings.slice(0, 2).map(({ param }) => param),
        [`extra_body.${name}`, name],
      );
      assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    }
  });
});
