// Goal: the seed's parameters reach the call from the URL as from the body, and a licence never comes in a URL.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  errorAnswer,
  geminiErrors,
  jsonAnswer,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import type { Json } from "../openai/sse-fold.ts";
import { assertErrorOf } from "./openai-error.ts";

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const BODY = { model: "gemini-2.5-flash", messages: [{ role: "user", content: "hi" }] };

function ask(query: string, body: object = {}, headers: Record<string, string> = { authorization: LICENCE }) {
  return fetch(`${gateway.base}/chat/completions${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ ...BODY, ...body }),
  });
}

/** The body that Gemini got last. */
function lastSent(): Json {
  return gemini.calls.at(-1)?.json();
}

function answerWell(): void {
  const ok = textChunk("ok", { finishReason: "STOP" });
  gemini.script(({ streaming }) => (streaming ? streamAnswer([ok]) : jsonAnswer(ok)));
}

test("the query says how the model thinks, in both modes, and the body counts before it", async () => {
  answerWell();
  for (const stream of [false, true]) {
    const response = await ask("?thinking_budget=1024&close_reasoning_content=true&unknown=1", { stream });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-gateway-warnings"), null);
    await response.text();
    const { thinkingBudget, includeThoughts } = lastSent().generationConfig.thinkingConfig;
    assert.deepEqual([thinkingBudget, includeThoughts ?? false], [1024, false]);
  }
  await (await ask("?thinking_budget=1024", { thinking_budget: 2048 })).text();
  assert.equal(lastSent().generationConfig.thinkingConfig.thinkingBudget, 2048);
});

test("a value in the query that cannot be read is a 400 that names it, before Gemini is called", async () => {
  const before = gemini.calls.length;
  for (const [query, param] of [
    ["?thinking_budget=many", "thinking_budget"],
    ["?retry_attempt=1&retry_attempt=2", "retry_attempt"],
    ["?close_reasoning_content=perhaps", "close_reasoning_content"],
    ["?resolution=9K", "resolution"],
  ] as const) {
    await assertErrorOf(await ask(query), { status: 400, code: "invalid_value", param });
  }
  assert.equal(gemini.calls.length, before);
});

test("retry_attempt is how often a failed call is made again, up to what is ever done", async () => {
  for (const [query, body, calls] of [
    ["", {}, 3],
    ["?retry_attempt=0", {}, 1],
    ["?retry_attempt=1", {}, 2],
    ["", { retry_attempt: 0 }, 1],
    ["?retry_attempt=2", { retry_attempt: 1 }, 2],
    ["?retry_attempt=5", {}, 3],
  ] as const) {
    gemini.script(() => errorAnswer(geminiErrors.overloaded));
    const before = gemini.calls.length;
    const response = await ask(query, body);
    assert.equal(response.status, 503);
    await response.text();
    assert.equal(gemini.calls.length - before, calls, `${query} ${JSON.stringify(body)}`);
  }
  answerWell();
  const response = await ask("?retry_attempt=5");
  assert.equal(response.headers.get("x-gateway-warnings"), "value_clamped:retry_attempt");
  await response.text();
});

test("retry_attempt does not raise what a client's own retry allows", async () => {
  gemini.script(() => errorAnswer(geminiErrors.overloaded));
  const before = gemini.calls.length;
  await (await ask("?retry_attempt=2", {}, { authorization: LICENCE, "X-Stainless-Retry-Count": "1" })).text();
  assert.equal(gemini.calls.length - before, 1);
});

test("a licence in the query is none, under any name, and is not logged", async () => {
  for (const name of ["key", "api_key", "licence", "authorization", "x-goog-api-key", "access_token"]) {
    for (const path of ["/gemini/v1/models", "/gemini/v1/chat/completions"]) {
      const response = await fetch(`${gateway.app.http}${path}?${name}=${LICENCE}`, {
        method: path.endsWith("models") ? "GET" : "POST",
        headers: { "content-type": "application/json" },
        ...(!path.endsWith("models") && { body: JSON.stringify(BODY) }),
      });
      await assertErrorOf(response, { status: 401, code: "invalid_api_key" });
    }
  }
  assert(!gateway.log.some((line) => line.includes(LICENCE)));
});

test("what Google is to tell an MCP server goes to Google and into no log", async () => {
  answerWell();
  const secret = "a-secret-of-the-caller";
  const tools = [
    { type: "mcp", server_label: "docs", server_url: "https://example.com/mcp", headers: { "X-Token": secret } },
  ];
  const response = await ask("", { model: "gemini-3.8-flash", tools });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.deepEqual(lastSent().tools, [
    {
      mcpServers: [
        {
          name: "docs",
          streamableHttpTransport: { url: "https://example.com/mcp", headers: { "X-Token": secret } },
        },
      ],
    },
  ]);
  const refused = await ask("", { tools: [{ ...tools[0], server_url: "no url" }] });
  assert.equal(refused.status, 400);
  assert(![text, await refused.text(), ...gateway.log].some((line) => line.includes(secret)));
});
