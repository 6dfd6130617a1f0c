// Goal: whatever a body holds, the answer is a 4xx in OpenAI's shape that names what is wrong, and the process lives.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startFaultyGemini, type FaultyGemini } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { assertError, assertErrorOf, type ExpectedError } from "./openai-error.ts";
import { chatRequest, head, send } from "./raw.ts";

const MAX_BYTES = 1_000_000;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, REQUEST_BODY_MAX_BYTES: String(MAX_BYTES) });
});
after(async () => {
  const { status } = await gateway.get("/healthz");
  assert.equal(status, 200);
  assert.equal(gemini.calls.length, 0, "nothing of this may reach Gemini");
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const MESSAGES = [{ role: "user", content: "hi" }];
const MODEL = "gemini-3.8-flash";
const LONG_NAME = "k".repeat(257);
/** So many schemas inside of one another. */
const nested = (levels: number): object => (levels === 1 ? {} : { items: nested(levels - 1) });
const wellFormed = { model: MODEL, messages: MESSAGES };
const withPart = (part: unknown) => ({ model: MODEL, messages: [{ role: "user", content: [part] }] });
const withTool = (parameters: object) => ({
  ...wellFormed,
  tools: [{ type: "function", function: { name: "f", parameters } }],
});
const withArguments = (text: string) => ({
  model: MODEL,
  messages: [
    ...MESSAGES,
    { role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: text } }] },
    { role: "tool", tool_call_id: "c", content: "done" },
  ],
});
const image = (url: string) => withPart({ type: "image_url", image_url: { url } });

const wrong: [string, unknown, Omit<ExpectedError, "status">][] = [
  ["no JSON object", "[]", { code: "invalid_type", message: /object/i }],
  ["a string", '"hi"', { code: "invalid_type" }],
  ["null", "null", { code: "invalid_type" }],
  ["nothing", "", { code: "invalid_json", message: /no body/ }],
  ["broken JSON", '{"model":', { code: "invalid_json" }],
  ["JSON and more", '{"model":"x"}}', { code: "invalid_json" }],
  ["no model", { messages: MESSAGES }, { code: "missing_required_parameter", param: "model" }],
  ["a model that is a number", { model: 7, messages: MESSAGES }, { code: "invalid_type", param: "model" }],
  ["no messages", { model: MODEL }, { code: "missing_required_parameter", param: "messages" }],
  ["messages that are a string", { model: MODEL, messages: "hi" }, { code: "invalid_type", param: "messages" }],
  ["a message that is a string", { model: MODEL, messages: ["hi"] }, { code: "invalid_type", param: "messages[0]" }],
  [
    "an unknown role",
    { model: MODEL, messages: [{ role: "boss", content: "hi" }] },
    { code: "invalid_value", param: "messages[0].role" },
  ],
  [
    "content that is a number",
    { model: MODEL, messages: [{ role: "user", content: 1 }] },
    { code: "invalid_type", param: "messages[0].content" },
  ],
  ["a temperature in words", { ...wellFormed, temperature: "hot" }, { code: "invalid_type", param: "temperature" }],
  ["stream as a word", { ...wellFormed, stream: "yes" }, { code: "invalid_type", param: "stream" }],
  ["tools that are an object", { ...wellFormed, tools: {} }, { code: "invalid_type", param: "tools" }],
  ["max_tokens of half a token", { ...wellFormed, max_tokens: 0.5 }, { code: "invalid_type", param: "max_tokens" }],
  ["n of zero", { ...wellFormed, n: 0 }, { code: "invalid_value", param: "n" }],
  [
    "PL-3: a name of 257 characters",
    { ...wellFormed, [LONG_NAME]: 1 },
    { code: "invalid_value", param: `${"k".repeat(64)}…`, message: /at most 256 characters, but got 257/ },
  ],
  [
    "PL-3: a property of 257 characters",
    withTool({ type: "object", properties: { [LONG_NAME]: {} } }),
    { code: "invalid_value", param: `tools[0].function.parameters.properties.${"k".repeat(64)}…` },
  ],
  [
    "PL-3: a schema of 33 levels",
    withTool(nested(33)),
    { code: "invalid_value", param: "tools[0].function.parameters", message: /32 levels/ },
  ],
  [
    "PL-3: a schema of 33 levels for the answer",
    { ...wellFormed, response_format: { type: "json_schema", json_schema: { name: "s", schema: nested(33) } } },
    { code: "invalid_value", param: "response_format.json_schema.schema", message: /32 levels/ },
  ],
  [
    "PL-3, BP-7: arguments of more than 100 000 values",
    withArguments(`{"a":[${"1,".repeat(100_000)}1]}`),
    { code: "invalid_value", param: "messages[1].tool_calls[0].function.arguments", message: /100000 values/ },
  ],
  [
    "PL-3: arguments of 65 levels",
    withArguments('{"a":'.repeat(65) + "1" + "}".repeat(65)),
    { code: "invalid_value", param: "messages[1].tool_calls[0].function.arguments", message: /64 levels/ },
  ],
  [
    "bad base64",
    image("data:image/png;base64,@@@@"),
    { code: "invalid_base64_image", param: "messages[0].content[0].image_url.url" },
  ],
  [
    "bytes that are no image",
    image(`data:image/png;base64,${btoa("just some words here")}`),
    { code: "unsupported_value", param: "messages[0].content[0].image_url.url" },
  ],
  [
    "a URL of another scheme",
    image("ftp://example.com/a.png"),
    { code: "invalid_image_url", param: "messages[0].content[0].image_url.url" },
  ],
  [
    "a URL inside our own network",
    image("http://127.0.0.1/a.png"),
    { code: "invalid_image_url", param: "messages[0].content[0].image_url.url" },
  ],
  [
    "a URL of the cloud's metadata",
    image("http://169.254.169.254/latest/meta-data"),
    { code: "invalid_image_url", param: "messages[0].content[0].image_url.url" },
  ],
  [
    "a URL that cannot be reached",
    image("http://does-not-exist.invalid/a.png"),
    { code: "invalid_image_url", param: "messages[0].content[0].image_url.url" },
  ],
];

for (const [title, body, expected] of wrong) {
  for (const stream of [false, true]) {
    test(`${title} is refused with its name${stream ? ", also for a stream" : ""}`, async () => {
      const sent =
        typeof body === "object" && stream ? { ...body, stream: "stream" in (body ?? {}) ? "yes" : true } : body;
      await assertErrorOf(await gateway.post(sent), { status: 400, ...expected });
    });
  }
}

test("a model that is no id is refused before it reaches a path", async () => {
  for (const model of ["../files/x", "a?key=", "a:generateContent#", "%2f", "x".repeat(10_000), "a\nb", ""]) {
    const response = await gateway.post({ model, messages: MESSAGES });
    assert.ok([400, 404].includes(response.status), `${model.slice(0, 20)}: ${response.status}`);
    const { error } = (await response.json()) as { error: { param: string } };
    assert.equal(error.param, "model");
  }
});

test("a body nested 5000 levels deep is refused, and so is one of a million brackets", async () => {
  for (const depth of [65, 5_000, 900_000]) {
    await assertErrorOf(await gateway.post(`{"model":${"[".repeat(depth)}`), {
      status: 400,
      code: "invalid_json",
      message: /64 levels/,
    });
  }
});

const malformed: readonly (readonly [title: string, bytes: readonly number[]])[] = [
  ["a byte that is never in UTF-8", [0xff]],
  ["a continuation without a beginning", [0x80]],
  ["a beginning without a continuation", [0xc3]],
  ["a slash in two bytes", [0xc0, 0xaf]],
  ["a quote in two bytes", [0xc0, 0xa2]],
  ["NUL in two bytes", [0xc0, 0x80]],
  ["a slash in three bytes", [0xe0, 0x80, 0xaf]],
  ["a slash in four bytes", [0xf0, 0x80, 0x80, 0xaf]],
  ["half a surrogate pair", [0xed, 0xa0, 0x80]],
  ["a surrogate pair in six bytes", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ["a character beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
  ["a character of five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ["a character that is cut short", [0xf0, 0x9f, 0x98]],
];

for (const [title, bytes] of malformed) {
  test(`HP-11: ${title} is refused as no UTF-8 instead of being replaced, in a value and in a name`, async () => {
    for (const [before, after] of [
      ['{"model":"', '"}'],
      ['{"', '":1}'],
    ] as const) {
      const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
      const request = chatRequest("", { "content-length": body.length, connection: "close" });
      const answer = await send(gateway, request, body);
      assertError(answer, answer.body, { status: 400, code: "invalid_json", message: /UTF-8/ });
    }
  });
}

test("a body over the limit is refused by its length alone, before it is sent", async () => {
  const answer = await send(gateway, chatRequest("", { "content-length": MAX_BYTES + 1, connection: "close" }));
  assertError(answer, answer.body, { status: 413, code: "payload_too_large", message: /1000000/ });
});

test("a body over the limit is refused when it comes in chunks of unknown number, and all of the answer arrives", async () => {
  const chunk = Buffer.alloc(100_000, " ");
  const chunks = Array.from({ length: 15 }, () =>
    Buffer.concat([Buffer.from("186a0\r\n"), chunk, Buffer.from("\r\n")]),
  );
  const headers = { "content-length": null, "transfer-encoding": "chunked", connection: "close" };
  const answer = await send(gateway, chatRequest("", headers), ...chunks, "0\r\n\r\n");
  assertError(answer, answer.body, { status: 413, code: "payload_too_large" });
});

test("a body of exactly the limit is read", async () => {
  const text = JSON.stringify({ ...wellFormed, temperature: "hot" });
  const answer = await send(gateway, chatRequest(text.padEnd(MAX_BYTES), { connection: "close" }));
  assertError(answer, answer.body, { status: 400, code: "invalid_type", param: "temperature" });
});

/** As they stand behind the colon: blanks and tabs around a value are none of it (RFC 9110, 5.5). */
const readTypes = [
  "application/json",
  "Application/JSON",
  "  application/json",
  "\tapplication/json",
  "application/json \t",
  "application/json;",
  "application/json;;",
  "application/json; charset=utf-8",
  "application/json;charset=utf-8;",
  "application/json ; charset=utf-8",
  "application/json; CHARSET=UTF8",
  'application/json; charset="utf-8"',
  "application/json; profile=x",
];
const refusedTypes = [
  "",
  "json",
  "text/json",
  "text/plain",
  "text/plain; application/json",
  "application/jsonx",
  "application/x-json",
  "application/vnd.api+json",
  "application/json+x",
  "application/json/",
  "application / json",
  "application\\json",
  "application/*",
  "*/*",
  '"application/json"',
  ";application/json",
  "application/json garbage",
  "application/json\ta",
  "application/json\u00a0",
  "application/json, application/json",
  "application/json,text/plain",
  "application/json:charset=utf-8",
  "application/json; charset=",
  "application/json; charset=latin1",
  "application/json; charset=utf-7",
  "application/json; charset=utf-16",
  "application/json; charset=utf-8,utf-16",
  "application/json; charset=utf-8; charset=latin1",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
];
const contentTypes = [
  ...readTypes.map((type) => [type, 400] as const),
  ...refusedTypes.map((type) => [type, 415] as const),
];

for (const [type, status] of contentTypes) {
  test(`HP-5: the content type ${JSON.stringify(type)} is ${status === 415 ? "refused" : "read"}`, async () => {
    const answer = await send(gateway, chatRequest("{}", { "content-type": type, connection: "close" }));
    assertError(answer, answer.body, {
      status,
      code: status === 415 ? "unsupported_media_type" : "missing_required_parameter",
      ...(status === 400 && { param: "model" }),
    });
  });
}

for (const [coding, isRead] of [
  ["gzip", false],
  ["br", false],
  ["deflate", false],
  ["gzip, identity", false],
  ["", false],
  ["identity", true],
  ["Identity", true],
] as const) {
  test(`a body of the content coding ${JSON.stringify(coding)} is ${isRead ? "read" : "refused"}`, async () => {
    const answer = await send(gateway, chatRequest("{}", { "content-encoding": coding, connection: "close" }));
    const read = { status: 400, code: "missing_required_parameter", param: "model" };
    const refused = { status: 415, code: "unsupported_media_type", message: /identity/ };
    assertError(answer, answer.body, isRead ? read : refused);
  });
}

test("a body without a content type is read as JSON, and without a body says what is missing", async () => {
  const read = await send(gateway, chatRequest("{}", { "content-type": null, connection: "close" }));
  assertError(read, read.body, { status: 400, code: "missing_required_parameter", param: "model" });
  const none = await send(
    gateway,
    head("POST /gemini/v1/chat/completions", { authorization: LICENCE, connection: "close" }),
  );
  assertError(none, none.body, { status: 400, code: "invalid_json", message: /no body/ });
});

test("an unknown path with any body is not read, but answered", async () => {
  const answer = await send(
    gateway,
    head("POST /nope", { "content-type": "text/xml", "content-length": 4, connection: "close" }),
    "<a/>",
  );
  assertError(answer, answer.body, { status: 404, code: null });
});

test("names that JavaScript objects are born with are data like any other", async () => {
  const text = '{"__proto__":{"model":"x"},"constructor":1,"toString":2,"messages":[{"role":"user","content":"hi"}]}';
  await assertErrorOf(await gateway.post(text), { status: 400, code: "missing_required_parameter", param: "model" });
});

test("numbers that are none, or too large, are refused or read, never a crash", async () => {
  for (const number of ["1e400", "-1", "1.5", "9007199254740993", "-0", "1e-400"]) {
    for (const name of ["temperature", "max_tokens", "n", "seed", "top_p", "top_logprobs", "presence_penalty"]) {
      const { status } = await gateway.post(`{"messages":[],"${name}":${number}}`);
      assert.equal(status, 400, `${name} ${number}`);
    }
  }
});

test("timeouts that are no number of seconds are refused with the header's name", async () => {
  for (const value of ["soon", "-1", "0", "1,5", "NaN"]) {
    const response = await gateway.post(wellFormed, { "x-request-timeout": value });
    await assertErrorOf(response, { status: 400, code: "invalid_value", param: "x-request-timeout" });
  }
});
