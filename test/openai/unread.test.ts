// What a request says and Gemini has nothing for is told, or refused in strict mode.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { read, refusalOf, warningsOf } from "./reading.ts";

describe("what Gemini has nothing for", () => {
  for (const [field, value] of Object.entries({
    logit_bias: { 5: 1 },
    prediction: { type: "content", content: "x" },
    verbosity: "low",
    moderation: { model: "m" },
    metadata: { a: "b" },
    prompt_cache_options: { mode: "explicit" },
    prompt_cache_retention: "24h",
  })) {
    it(`${field} is told`, () => assert.deepEqual(warningsOf({ [field]: value }), [`parameter_ignored:${field}`]));
    it(`${field} null is not`, () => assert.deepEqual(warningsOf({ [field]: null }), []));
  }
  it("unknown fields are told too", () =>
    assert.deepEqual(warningsOf({ chat_template_kwargs: {} }), ["parameter_unknown:chat_template_kwargs"]));
  it("also below the options that are read", () => {
    assert.deepEqual(
      warningsOf({
        audio: { voice: "Kore", speed: 2 },
        reasoning: { effort: "low", foo: 1 },
        stream: true,
        stream_options: { include_usage: true, foo: null, bar: 1 },
        google: { thinkingConfig: { thinkingBudget: 1, fooBar: 2 } },
        "audio.voice": 1,
      }),
      [
        "parameter_unknown:audio.speed",
        "parameter_unknown:reasoning.foo",
        "parameter_unknown:stream_options.bar",
        "parameter_unknown:audio.voice",
        "parameter_unknown:google.thinkingConfig.fooBar",
        "parameter_ignored:reasoning.effort",
      ],
    );
  });
  it("but not in what is the caller's own, or an echo of an answer", () => {
    const schema = { type: "object", properties: {}, foo: 1 };
    assert.deepEqual(
      warningsOf({
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "a", provider: { x: 1 } },
        ],
        response_format: { type: "json_schema", json_schema: { name: "a", schema } },
        tools: [{ type: "function", function: { name: "f", parameters: schema } }],
        google: { labels: { foo: "bar" } },
      }),
      [],
    );
  });
  it("and not by the thousand", () => {
    const body = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, 1]));
    assert.equal(read(body).warnings.length, 17);
    assert.match(read(body).warnings[16]?.message ?? "", /^4984 more/);
  });
  it("and with nothing that could break a header", () => {
    const [warned] = read({ "a\r\nset-cookie: x": 1 }).warnings;
    assert.equal(warned?.param, "a\\u000d\\u000aset-cookie: x");
    assert(!/[\r\n]/.test(warned?.message ?? ""));
  });
});

describe("strict mode", () => {
  it("goes on to the service, and refuses here what would be a warning", () => {
    assert.equal(read({}, { strict: true }).request.strict, true);
    const refusals = [{ foo: 1 }, { verbosity: "low" }, { audio: { voice: "alloy" } }].map((body) =>
      refusalOf(body, { strict: true }),
    );
    assert.deepEqual(
      refusals.map(({ reason, field }) => [reason, field]),
      [
        ["UNKNOWN_PARAMETER", "foo"],
        ["UNSUPPORTED_PARAMETER", "verbosity"],
        ["UNSUPPORTED_VALUE", "audio.voice"],
      ],
    );
  });
});
