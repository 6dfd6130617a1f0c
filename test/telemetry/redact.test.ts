// Goal: no secret and no quoted input survives in a text that leaves us. Method: texts Google really sends, and noise around keys.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { redactErrorText, redactSecrets } from "../../src/telemetry/redact.ts";

const googleKey = `AIza${"Sy0_-Canary".repeat(4).slice(0, 35)}`;

const keyArbitrary = fc.oneof(
  fc.stringMatching(/^AIza[0-9A-Za-z_-]{35}$/),
  fc.stringMatching(/^AQ\.[0-9A-Za-z_-]{20,40}$/),
  fc.stringMatching(/^gg-[0-9A-Za-z]{40}$/),
);

describe("redactSecrets", () => {
  for (const [text, expected] of [
    [
      `Permission denied: Consumer 'api_key:${googleKey}' has been suspended.`,
      "Permission denied: Consumer 'api_key:[redacted]' has been suspended.",
    ],
    ["Consumer 'api_key:OddShape-1' is invalid", "Consumer 'api_key:[redacted]' is invalid"],
    [`/v1beta/models?key=${googleKey}&alt=sse`, "/v1beta/models?key=[redacted]&alt=sse"],
    ["?apiKey='hunter22'", "?apiKey='[redacted]'"],
    ["api_key = hunter22, retry", "api_key = [redacted], retry"],
    ['{"x-goog-api-key":"whatever"}', '{"x-goog-api-key":"[redacted]"}'],
    ["authorization: Bearer abc.def", "authorization: Bearer [redacted]"],
    [
      "Generative Language API has not been used in project 123456789012 before",
      "Generative Language API has not been used in project [redacted] before",
    ],
    ["consumer: projects/123456789012", "consumer: projects/[redacted]"],
    ["consumer 'project_number:123456789012'", "consumer 'project_number:[redacted]'"],
    [
      "https://console.developers.google.com/x?project=123456789012",
      "https://console.developers.google.com/x?project=[redacted]",
    ],
    ["projects/my-secret-project/locations/global", "projects/[redacted]/locations/global"],
  ] as const) {
    it(`hides what is secret in ${JSON.stringify(text.slice(0, 48))}`, () =>
      assert.equal(redactSecrets(text), expected));
  }

  for (const text of [
    "API key not valid. Please pass a valid API key.",
    "models/gemini-2.5-flash is not found for API version v1beta",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Quota exceeded for metric: generate_content_free_tier_requests, limit: 20, model: gemini-3-flash",
    "monkey=banana is fine, and so is project alpha",
  ]) {
    it(`leaves ${JSON.stringify(text.slice(0, 48))} as it is`, () => assert.equal(redactSecrets(text), text));
  }

  it("finds a key in any text", () => {
    fc.assert(
      fc.property(
        fc.string(),
        keyArbitrary,
        fc.constantFrom(" ", "'", '"', ":", "(", "/", "=", "\n"),
        (noise, key, gap) => {
          assert.ok(!redactSecrets(noise + gap + key + gap + noise).includes(key.slice(0, 16)));
        },
      ),
    );
  });

  it("hides secrets it is told, whatever they look like", () => {
    assert.equal(
      redactSecrets("key hunter22 was refused, hunter22!", ["hunter22"]),
      "key [redacted] was refused, [redacted]!",
    );
  });

  it("stays fast on hostile text", () => {
    const started = performance.now();
    for (const piece of ["projects/a-", "key = ", "api_key:", "AIza", '"key"', "bearer  "])
      redactSecrets(piece.repeat(20_000));
    assert.ok(performance.now() - started < 5_000);
  });
});

describe("redactErrorText", () => {
  it("takes out what JSON.parse quotes of its input, quotes in quotes included", () => {
    for (const input of ['canary "canary" canary', '{"a":"canary" canary}', "canary", '{"canary": x"', "[1, canary]"]) {
      assert.throws(
        () => JSON.parse(input),
        (error: Error) => !redactErrorText(error.message).includes("canary"),
        input,
      );
    }
  });

  it("keeps scheme and host of a link and nothing else", () => {
    assert.equal(
      redactErrorText("Failed to fetch https://user:canary@cdn.example.com:8443/canary?sig=canary#canary now"),
      "Failed to fetch https://cdn.example.com:8443 now",
    );
  });

  it("keeps what tells a bug", () => {
    const text = "Cannot read properties of undefined (reading 'parts')";
    assert.equal(redactErrorText(text), text);
    assert.equal(redactErrorText("connect ECONNREFUSED 127.0.0.1:443"), "connect ECONNREFUSED 127.0.0.1:443");
  });

  it("is short", () => assert.ok(redactErrorText("x".repeat(100_000)).length <= 300));
});
