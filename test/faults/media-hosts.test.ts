// Goal: whatever the host of a caller's media does, the caller gets a clear refusal in time that tells nothing of our network.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startRawHost } from "../media/raw-host.ts";
import { jsonAnswer, startFaultyGemini, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { goodHost, MEDIA_FAULTS } from "../support/media-hosts.ts";
import { openAi } from "./requests.ts";

/** The longest limit of a fetch is set to 2 s below. */
const ANSWERED_MS = 20_000;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    MEDIA_ALLOWED_NETWORKS: "127.0.0.1/32",
    MEDIA_FETCH_TIMEOUT_MS: "2000",
    MEDIA_ITEM_MAX_BYTES: "1MiB",
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const picture = (url: string): object =>
  openAi(false, { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }] });

test("the good host is read: what follows is not refused for its place", async () => {
  await using host = await startRawHost(goodHost);
  const response = await gateway.post(picture(`${host.url}/a.png`));
  assert.equal(response.status, 200, await response.text());
});

const words = new Map<string, string>();

describe("a host", { concurrency: true }, () => {
  for (const [fault, behaviour] of Object.entries(MEDIA_FAULTS)) {
    test(`MF-4, MF-5, MF-6, MF-7: with ${fault} is a 4xx in time`, async () => {
      await using host = await startRawHost(behaviour);
      const startedMs = performance.now();
      const response = await gateway.post(picture(`${host.url}/a.png`));
      const text = await response.text();
      assert.equal(response.status, fault.endsWith("every limit") ? 413 : 400, text);
      assert.ok(performance.now() - startedMs < ANSWERED_MS);
      const { error } = JSON.parse(text) as { error: { message: string; param: string } };
      assert.equal(error.param, "messages[0].content[0].image_url.url");
      assert.doesNotMatch(error.message, /127\.0|169\.254|ECONN|ENOTFOUND|\b(?:302|500)\b|html|SSH/i);
      words.set(fault, error.message);
      for (const head of host.requests) assert.doesNotMatch(head, /authorization|cookie|licence|forwarded/i);
    });
  }
});

test("MF-7: none of it reached Gemini", () => assert.equal(gemini.calls.length, 1));

test("MF-8: the words do not tell a closed port from a forbidden one, nor silence from an error", () => {
  const same = ["a redirect to the cloud's metadata", "silence", "an error", "a reset", "no HTTP", "a body that drips"];
  assert.equal(new Set(same.map((fault) => words.get(fault))).size, 1, [...words].join("\n"));
});

for (const body of [
  { api_base: "http://127.0.0.1:9" },
  { base_url: "http://127.0.0.1:9" },
  { extra_headers: { "x-goog-api-key": "mine" } },
  { extra_query: { key: "mine" } },
  { extra_body: { base_url: "http://127.0.0.1:9" } },
]) {
  test(`MF-9: ${JSON.stringify(body)} changes neither where Gemini is nor with whose key`, async () => {
    const calls = gemini.calls.length;
    const headers = {
      "x-portkey-custom-host": "http://127.0.0.1:9",
      "x-upstream-host": "127.0.0.1:9",
      host: "elsewhere",
    };
    const response = await gateway.post(openAi(false, body), headers);
    await response.text();
    assert.ok([200, 400].includes(response.status), String(response.status));
    for (const call of gemini.calls.slice(calls)) {
      assert.equal(call.key, "test-key-1");
      assert.doesNotMatch(JSON.stringify(call.headers) + call.target, /mine|:9\b/);
    }
    assert.equal(gemini.calls.length, calls + (response.status === 200 ? 1 : 0));
  });
}
