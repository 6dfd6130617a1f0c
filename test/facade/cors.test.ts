// Goal: browsers may call from the configured origins and from no other, on the facade and on Connect alike, never with credentials.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";

const ORIGIN = "https://app.example.com";
const CONNECT_PATH = "/gemini.chat.v1.ModelService/ListModels";
const PATHS = ["/gemini/v1/chat/completions", "/gemini/v1/models", CONNECT_PATH];

function preflight({ app }: TestGateway, path: string, origin: string): Promise<Response> {
  return fetch(app.http + path, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,x-stainless-lang,connect-protocol-version",
    },
  });
}

function actual({ app, base }: TestGateway, path: string, origin: string): Promise<Response> {
  if (path !== CONNECT_PATH) return fetch(`${base}/models`, { headers: { origin, authorization: LICENCE } });
  return fetch(app.http + path, {
    method: "POST",
    headers: { origin, authorization: LICENCE, "content-type": "application/json" },
    body: "{}",
  });
}

test("a configured origin may ask for leave without a licence, and then call", async () => {
  await using gateway = await startGateway({ CORS_ORIGINS: `${ORIGIN},https://other.example` });
  for (const path of PATHS) {
    const leave = await preflight(gateway, path, ORIGIN);
    assert.equal(leave.status, 204, path);
    assert.equal(leave.headers.get("access-control-allow-origin"), ORIGIN);
    assert.match(leave.headers.get("access-control-allow-methods") ?? "", /POST/);
    assert.match(leave.headers.get("access-control-allow-headers") ?? "", /authorization/);
    assert.match(leave.headers.get("access-control-allow-headers") ?? "", /x-stainless-lang/);
    assert.match(leave.headers.get("access-control-max-age") ?? "", /^\d+$/);
    assert.equal(leave.headers.get("access-control-allow-credentials"), null);
    const answer = await actual(gateway, path, ORIGIN);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("access-control-allow-origin"), ORIGIN);
    assert.match(answer.headers.get("vary") ?? "", /origin/i);
    for (const name of ["x-request-id", "x-gateway-warnings", "retry-after", "x-should-retry", "grpc-status"]) {
      assert.match(answer.headers.get("access-control-expose-headers") ?? "", new RegExp(name));
    }
    assert.equal(answer.headers.get("access-control-allow-credentials"), null);
    await answer.text();
  }
});

test("another origin gets no leave", async () => {
  await using gateway = await startGateway({ CORS_ORIGINS: ORIGIN });
  for (const origin of ["https://evil.example", `${ORIGIN}.evil.example`, "null", "http://app.example.com"]) {
    for (const path of PATHS) {
      assert.equal((await preflight(gateway, path, origin)).headers.get("access-control-allow-origin"), null);
      const answer = await actual(gateway, path, origin);
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
      await answer.text();
    }
  }
});

test("`*` allows every origin, and streams and errors can be read too", async () => {
  await using gateway = await startGateway({ CORS_ORIGINS: "*" });
  for (const path of PATHS) {
    const leave = await preflight(gateway, path, "https://anyone.example");
    assert.equal(leave.headers.get("access-control-allow-origin"), "*");
    assert.equal(leave.headers.get("access-control-allow-credentials"), null);
  }
  const body = { model: "gemini-3.8-flash", messages: [{ role: "user", content: "hi" }] };
  const headers = { origin: "https://anyone.example" };
  for (const answer of [
    gateway.post({ ...body, stream: true }, headers),
    gateway.post("{", headers),
    gateway.get("/nope", headers),
  ]) {
    const { headers: answered, ...rest } = await answer.then(async (one) => ({
      headers: one.headers,
      text: await one.text(),
    }));
    assert.equal(answered.get("access-control-allow-origin"), "*", rest.text);
  }
});

test("without origins no page may call, and OPTIONS still needs no licence", async () => {
  await using gateway = await startGateway();
  for (const path of PATHS) {
    const leave = await preflight(gateway, path, ORIGIN);
    assert.notEqual(leave.status, 401);
    assert.equal(leave.headers.get("access-control-allow-origin"), null);
    await leave.text();
  }
});

test("an OPTIONS request that is no preflight gets no error page of another shape", async () => {
  await using gateway = await startGateway({ CORS_ORIGINS: ORIGIN });
  const answer = await fetch(`${gateway.base}/models`, { method: "OPTIONS" });
  assert.equal(answer.status, 204);
  assert.equal(await answer.text(), "");
});
