// Goal: nothing is reachable without a licence but what is meant to be, however a path is spelled; and what is not there says so.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createFacade, type FacadeOptions } from "../../src/facade/server.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { assertError, assertErrorOf } from "./openai-error.ts";
import { head, send } from "./raw.ts";

let gateway: TestGateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway[Symbol.asyncDispose]());

const OPEN = new Set(["/", "/gemini/v1", "/healthz", "/readyz", "/metrics", "/openapi.json"]);

const raw = (line: string, headers: Record<string, string> = {}, body = "") =>
  send(gateway, head(line, { connection: "close", ...headers }) + body);

/** Every route there is, as the server itself prints it: one line each, indented by four characters under its prefix. */
async function inventory(): Promise<[method: string, path: string][]> {
  // Only what is registered counts here; nothing is called.
  const options = {
    corsOrigins: [],
    trustedProxies: [],
    metrics: async () => ({ text: "", contentType: "text/plain" }),
    wire: () => undefined,
  } as unknown as FacadeOptions;
  const app = await createFacade(options);
  await app.ready();
  const found: [string, string][] = [];
  const prefixes: string[] = [];
  for (const line of app.printRoutes().split("\n")) {
    const [, indent = "", segment, methods = ""] = /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (segment === undefined) continue;
    const depth = indent.length / 4;
    const path = `${depth > 0 ? (prefixes[depth - 1] ?? "") : ""}${segment}`;
    prefixes[depth] = path;
    for (const method of methods.split(", ").filter(Boolean)) found.push([method, path]);
  }
  await app.close();
  return found;
}

test("every registered route asks for a licence, but for those that are open on purpose", async () => {
  const routes = await inventory();
  const paths = new Set(routes.map(([, path]) => path));
  for (const path of [...OPEN, "/gemini/v1/chat/completions", "/gemini/v1/models", "/gemini/v1/models/*"]) {
    assert.ok(paths.has(path), `${path} is not among ${[...paths].join(" ")}`);
  }
  for (const [method, pattern] of routes) {
    // "*" under OPTIONS is the CORS plugin's; QUERY has rules of its own for bodies.
    if (method === "OPTIONS" || method === "QUERY") continue;
    const wildcard = pattern.includes("ChatService") ? "Chat" : pattern.includes("ModelService") ? "ListModels" : "x";
    const path = pattern.replace(/\*$/, wildcard);
    const { status } = await raw(
      `${method} ${path}`,
      { "content-type": "application/json", "content-length": "2" },
      "{}",
    );
    if (OPEN.has(path)) assert.equal(status, 200, `${method} ${path}`);
    else assert.ok([401, 405].includes(status), `${method} ${path} gave ${status}`);
  }
});

const spellings = [
  "//gemini/v1/models",
  "/gemini//v1/models",
  "/gemini/v1//models",
  "/gemini/v1/models/",
  "/GEMINI/v1/models",
  "/gemini/v1/Models",
  "/%67emini/v1/models",
  "/gemini/v1/%6dodels",
  "/gemini/v1/x/%2e%2e/models",
  "/gemini/v1/x/../models",
  "/gemini/v1/./models",
  "/gemini/v1/models%00",
  "/gemini/v1/models;x",
  "/healthz/../gemini/v1/models",
  "/gemini/v1/models?key=x",
  "/gemini/v1/models#x",
  "/\\gemini/v1/models",
  "http://elsewhere.example/gemini/v1/models",
  "/gemini/v1/models/gemini-3.8-flash",
  "/gemini/v1/models/%2e%2e",
];

for (const path of spellings) {
  test(`GET and HEAD ${path} give nothing without a licence`, async () => {
    for (const method of ["GET", "HEAD"]) {
      const { status, body } = await raw(`${method} ${path}`);
      assert.ok([400, 401, 404].includes(status), `${method}: ${status}`);
      assert.doesNotMatch(body, /"object":\s*"(?:list|model)"/);
    }
  });
}

const unknown = [
  "/v1/chat/completions",
  "/gemini/v1/nope",
  "/gemini/v1/chat/completions/",
  "/admin",
  "/.env",
  "/gemini/v1/chat",
];

for (const path of unknown) {
  test(`the unknown path ${path} gets a 404 in OpenAI's shape`, async () => {
    const response = await gateway.get(path);
    await assertErrorOf(response, { status: 404, code: null, message: /Unknown path/ });
    assert.equal(response.headers.get("x-should-retry"), "false");
  });
}

const wrongMethods: [string, string, string][] = [
  ["GET", "/gemini/v1/chat/completions", "POST"],
  ["PUT", "/gemini/v1/chat/completions", "POST"],
  ["DELETE", "/gemini/v1/models", "GET"],
  ["POST", "/gemini/v1/models/gemini-3.8-flash", "GET"],
  ["POST", "/healthz", "GET"],
  ["TRACE", "/gemini/v1/models", "GET"],
  ["PROPFIND", "/gemini/v1/models", "GET"],
];

for (const [method, path, allowed] of wrongMethods) {
  test(`${method} ${path} gets a 405 that names ${allowed}`, async () => {
    const answer = await raw(`${method} ${path}`);
    assertError(answer, answer.body, { status: 405, code: "method_not_supported" });
    assert.ok((answer.headers["allow"] ?? "").split(", ").includes(allowed), answer.headers["allow"] ?? "none");
  });
}

test("a method that HTTP does not know gets a 405 in OpenAI's shape, also behind another request", async () => {
  for (const method of ["FETCH", "get", "GETT", "M-SOMETHING"]) {
    const answer = await raw(`${method} /gemini/v1/models`);
    assertError(answer, answer.body, { status: 405, code: "method_not_supported" });
    assert.equal(answer.headers["connection"], "close");
    const client = new BareClient(gateway.app.http);
    client.socket.write(head("GET /healthz"));
    await client.untilText('"ok"');
    client.socket.write(head("GET /healthz") + head(`${method} /`) + head("GET /healthz"));
    const { text } = await client.untilEnd();
    assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 405"]);
  }
});

test("a path that is no path gets an error in OpenAI's shape, not Fastify's", async () => {
  for (const path of ["/gemini/v1/models/%zz", "/%zz", `/gemini/v1/models/${"x".repeat(2_000)}`]) {
    const answer = await raw(`GET ${path}`, { "x-request-id": "my-own-id-1" });
    if (answer.status === 401) continue;
    assertError(answer, answer.body, { status: 404, code: null });
    assert.equal(answer.headers["x-request-id"], "my-own-id-1");
  }
});

test("a long path is not repeated as a whole to whoever sent it", async () => {
  const { body } = await raw(`GET /${"a".repeat(10_000)}`);
  assert.ok(body.length < 1_000);
});

test("OPTIONS, CONNECT and an upgrade give nothing away either", async () => {
  const { status } = await raw("OPTIONS /gemini/v1/models");
  assert.ok([204, 405].includes(status), String(status));
  const upgrade = await raw("GET /healthz", { connection: "close, upgrade", upgrade: "h2c" });
  assert.equal(upgrade.status, 200);
});

test("/ and /gemini/v1 tell a lost visitor where the API is", async () => {
  for (const path of ["/", "/gemini/v1"]) {
    const response = await gateway.get(path, { authorization: "" });
    assert.equal(response.status, 200);
    assert.match(await response.text(), /POST \/gemini\/v1\/chat\/completions/);
  }
});

interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<
    string,
    Record<string, { readonly responses: Record<string, unknown>; readonly security?: unknown[] }>
  >;
}

test("/openapi.json is an OpenAPI document of exactly the routes there are, and all its references lead somewhere", async () => {
  const response = await gateway.get("/openapi.json", { authorization: "" });
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  const document = (await response.json()) as OpenApi;
  assert.match(document.openapi, /^3\.1\.\d+$/);
  assert.ok(document.info.title && document.info.version);
  for (const reference of JSON.stringify(document).matchAll(/"\$ref":"(#[^"]+)"/g)) {
    let target: unknown = document;
    for (const step of (reference[1] ?? "").slice(2).split("/")) {
      target = (target as Record<string, unknown>)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    assert.notEqual(target, undefined, reference[1] ?? "");
  }
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      assert.ok(Object.keys(operation.responses).length > 0, `${method} ${path}`);
      return `${method.toUpperCase()} ${path}`;
    }),
  );
  for (const operation of [
    "POST /gemini/v1/chat/completions",
    "GET /gemini/v1/models",
    "GET /healthz",
    "GET /readyz",
  ]) {
    assert.ok(operations.includes(operation), `${operation} is missing in ${operations.join(", ")}`);
  }
  for (const operation of operations) {
    const [method = "", path = ""] = operation.split(" ");
    const { status } = await raw(`${method} ${path.replace(/\{[^}]+\}/g, "gemini-3.8-flash")}`, {
      "content-length": "0",
    });
    assert.ok(![404, 405, 500].includes(status), `${operation} gave ${status}`);
  }
});
