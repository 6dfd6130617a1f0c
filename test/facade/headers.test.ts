// Goal: the headers around an answer: ids that meet in both logs, the model that was called, and what could not be honoured.
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
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { assertErrorOf } from "./openai-error.ts";

/** What Google, or whoever stands in its place, may say in a head. */
const GOOGLES = {
  "set-cookie": "a=b",
  "x-goog-secret": "1",
  server: "ESF",
  "alt-svc": "h3",
  "x-request-id": "googles-own-id",
  "x-gateway-model": "googles-own-model",
  "x-gateway-warnings": "googles:own",
  "x-should-retry": "true",
  "retry-after": "7",
  "retry-after-ms": "7000",
  "server-timing": "gfet4t7; dur=12",
  "x-xss-protection": "0",
  "x-frame-options": "SAMEORIGIN",
  "x-content-type-options": "nosniff",
  "strict-transport-security": "max-age=1",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "*",
  "content-disposition": "attachment",
  "content-security-policy": "default-src *",
  "content-location": "/elsewhere",
  "cache-control": "public, max-age=99",
  expires: "Thu, 01 Jan 2099 00:00:00 GMT",
  etag: '"x"',
  age: "1",
  via: "1.1 google",
  link: "<https://elsewhere.example>; rel=preload",
  location: "https://elsewhere.example",
  refresh: "0; url=https://elsewhere.example",
  warning: '199 - "x"',
  "proxy-authenticate": "Basic",
  "www-authenticate": "Bearer",
  "x-goog-api-key": "a-key-of-somebody",
  "x-googapps-metadata": "1",
};
/** All that an answer of ours may say in its head. */
const OURS = new Set([
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "transfer-encoding",
  "x-accel-buffering",
  "x-gateway-model",
  "x-request-id",
]);

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini({ models: ["gemini-3.8-flash", "gemini-2.5-flash-lite"] });
  const answer = textChunk("ok", { finishReason: "STOP" });
  gemini.script(({ streaming }) =>
    streaming ? streamAnswer([answer], { headers: GOOGLES }) : jsonAnswer(answer, { headers: GOOGLES }),
  );
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const MESSAGES = [{ role: "user", content: "hi" }];
const chat = (facts: object = {}) => ({ model: "gemini-3.8-flash", messages: MESSAGES, ...facts });
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("a caller's request id is kept on answers, streams, errors and everything else, and stands in the log", async () => {
  const id = "caller.id_0123-x";
  const headers = { "x-request-id": id };
  const answers = [
    gateway.post(chat(), headers),
    gateway.post(chat({ stream: true }), headers),
    gateway.post("{", headers),
    gateway.post(chat(), { ...headers, authorization: "nobody" }),
    gateway.get("/nope", headers),
    gateway.get("/healthz", headers),
    gateway.get("/gemini/v1/models", headers),
  ];
  for (const answer of await Promise.all(answers)) {
    assert.equal(answer.headers.get("x-request-id"), id);
    await answer.text();
  }
  const lines = gateway.log.filter((line) => line.includes(`"requestId":"${id}"`));
  assert.ok(lines.some((line) => line.includes("call finished")));
  assert.ok(lines.some((line) => line.includes("request refused")));
});

test("an id that is too short, too long or strange is replaced by one of ours", async () => {
  for (const id of ["short", "x".repeat(65), "with blank in it", "semi;colon12", 'quote"quote"', "ümlaut-in-it-1"]) {
    const response = await fetch(`${gateway.app.http}/healthz`, {
      headers: { "x-request-id": encodeURI(id) === id || id.length > 60 ? id : id.replace("ü", "\xfc") },
    });
    assert.match(response.headers.get("x-request-id") ?? "", UUID);
    await response.text();
  }
});

test("ids of ours differ from request to request", async () => {
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => (await gateway.get("/healthz")).headers.get("x-request-id")),
  );
  assert.equal(new Set(ids).size, 20);
});

test("x-gateway-model names the model that is called, on JSON and on streams", async () => {
  for (const stream of [false, true]) {
    const response = await gateway.post(chat({ model: "gemini-2.0-flash", stream }));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-gateway-model"), "gemini-2.5-flash-lite");
    assert.match(await response.text(), /"model":"gemini-2\.0-flash"/);
  }
  const plain = gemini.calls.at(-1);
  assert.equal(plain?.model, "gemini-2.5-flash-lite");
});

test("SC-5: no header of Google's reaches a caller, and none of ours takes its value from there", async () => {
  for (const stream of [false, true]) {
    const response = await gateway.post(chat({ stream }));
    await response.text();
    for (const [name, value] of response.headers) {
      assert.ok(OURS.has(name), `${name}: ${value}`);
      assert.notEqual(value, (GOOGLES as Readonly<Record<string, string>>)[name], name);
    }
  }
});

test("headers that are ours alone do nothing when a caller sends them, and none goes on to Google", async () => {
  const sent = {
    "x-licence-id": "other",
    "x-forwarded-for": "1.2.3.4",
    "x-goog-user-project": "p",
    "x-server-timeout": "1",
    cookie: "a=b",
  };
  await (await gateway.post(chat(), sent)).text();
  const { headers } = gemini.calls.at(-1) ?? { headers: {} };
  for (const name of [
    "x-licence-id",
    "x-forwarded-for",
    "x-goog-user-project",
    "cookie",
    "authorization",
    "x-request-id",
  ]) {
    assert.equal((headers as Record<string, string>)[name], undefined, name);
  }
  assert.notEqual((headers as Record<string, string>)["x-server-timeout"], "1");
});

const unheard = {
  logit_bias: { "50256": -100 },
  store: true,
  verbosity: "low",
  prediction: { type: "content", content: "x" },
};

test("what cannot be honoured stands in the header and, with its reason, in the body and in the first chunk", async () => {
  const json = await gateway.post(chat(unheard));
  const header = json.headers.get("x-gateway-warnings") ?? "";
  assert.match(header, /parameter_ignored:logit_bias/);
  const { warnings } = (await json.json()) as { warnings: { code: string; param: string; message: string }[] };
  assert.deepEqual(
    header.split(", "),
    warnings.map(({ code, param }) => `${code}:${param}`),
  );
  assert.ok(warnings.every(({ message }) => message.length > 10));
  const stream = await gateway.post(chat({ ...unheard, stream: true }));
  assert.equal(stream.headers.get("x-gateway-warnings"), header);
  const [first = ""] = (await stream.text()).split("\n\n");
  assert.deepEqual((JSON.parse(first.slice("data: ".length)) as { warnings: unknown }).warnings, warnings);
});

test("a request that is honoured whole has neither", async () => {
  const response = await gateway.post(chat());
  assert.equal(response.headers.get("x-gateway-warnings"), null);
  assert.equal(((await response.json()) as { warnings?: unknown }).warnings, undefined);
});

test("a caller's own words cannot break the header of warnings", async () => {
  const strange = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`x${at}\r\nset-cookie: a=b, ünï:`.padEnd(250, "y"), 1]),
  );
  const response = await gateway.post(chat(strange));
  const header = response.headers.get("x-gateway-warnings") ?? "";
  assert.equal(response.headers.get("set-cookie"), null);
  assert.match(header, /^[\x20-\x7e]+$/);
  const { warnings } = (await response.json()) as { warnings: unknown[] };
  assert.equal(header.split(", ").length, Math.min(20, warnings.length));
});

test("a warning about a part of a message names the part as OpenAI does", async () => {
  const content = [
    { type: "text", text: "look" },
    { type: "image_url", image_url: { url: `data:image/jpeg;base64,${PNG}` } },
  ];
  const response = await gateway.post(chat({ messages: [{ role: "user", content }] }));
  assert.equal(response.headers.get("x-gateway-warnings"), "media_type_corrected:messages[0].content[1].image_url.url");
  await response.text();
});

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

test("strict mode refuses what would be a warning, before Gemini is called, and names it", async () => {
  const calls = gemini.calls.length;
  const strict = { "x-gateway-strict": "true" };
  for (const stream of [false, true]) {
    await assertErrorOf(await gateway.post(chat({ logit_bias: { "1": 1 }, stream }), strict), {
      status: 400,
      code: "unsupported_parameter",
      param: "logit_bias",
    });
    await assertErrorOf(await gateway.post(chat({ model: "gemini-2.0-flash", stream }), strict), {
      status: 400,
      code: "unsupported_value",
      param: "model",
    });
  }
  assert.equal(gemini.calls.length, calls);
  const fine = await gateway.post(chat(), strict);
  assert.equal(fine.status, 200);
  await fine.text();
});

test("an upstream error keeps the model header and names the parameter of OpenAI that Google means", async () => {
  gemini.script([errorAnswer(geminiErrors.unknownField)]);
  const response = await gateway.post(chat());
  assert.equal(response.headers.get("x-gateway-model"), "gemini-3.8-flash");
  assert.equal(response.status, 400);
  await response.text();
});
