// Goal: no text of a caller or of Gemini becomes anything but text: no header, no log line, no label, no member of an object's prototype.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { ChatService, Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import {
  callChunk,
  errorAnswer,
  geminiError,
  jsonAnswer,
  modelNotFound,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { assertErrorOf } from "./openai-error.ts";

const MODEL = "gemini-3.8-flash";
const MESSAGES = [{ role: "user", content: "hi" }];
const BODY = { model: MODEL, messages: MESSAGES };

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, LOG_LEVEL: "trace" });
});
beforeEach(() => answerWith(textChunk("fine", { finishReason: "STOP" })));
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

function answerWith(chunk: object): void {
  gemini.script(({ streaming }) =>
    streaming ? streamAnswer([chunk as { [key: string]: unknown }]) : jsonAnswer(chunk as { [key: string]: unknown }),
  );
}

const lastBody = (): string => JSON.stringify(gemini.calls.at(-1)?.json());

const INHERITED = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];

for (const name of INHERITED) {
  test(`PL-4: ${name} is a name like any other, of tools, properties, arguments and metadata, both ways`, async () => {
    const natives = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    const schema = `{"type":"object","properties":{"${name}":{"type":"string"}},"required":["${name}"]}`;
    const body =
      `{"model":"${MODEL}","messages":[{"role":"user","content":"hi"}],"metadata":{"${name}":"x"},` +
      `"tools":[{"type":"function","function":{"name":"${name}","parameters":${schema}}}],"${name}":{"polluted":true}}`;
    const args = JSON.parse(`{"${name}":{"polluted":true},"a":1}`) as Record<string, unknown>;
    for (const stream of [false, true]) {
      answerWith(callChunk(name, args, {}, { finishReason: "STOP" }));
      const response = await gateway.post(body.replace("{", `{"stream":${stream},`));
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.ok(text.includes(`"name":"${name}"`), text);
      assert.ok(text.includes(JSON.stringify(JSON.stringify(args)).slice(1, -1)), text);
      assert.ok(lastBody().includes(`"${name}":{"type":"string"`), lastBody());
    }
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    assert.equal(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), natives);
  });
}

const numbers = (
  "0 -0 1 2 -1 0.5 1.5 1e0 1e400 -1e400 1e-400 1e308 5e-324 2147483647 2147483648 -2147483648 -2147483649 4294967295 " +
  "4294967296 9007199254740991 9007199254740992 9007199254740993 -9007199254740993 18446744073709551616 0.1 " +
  '0.30000000000000004 1e21 1E+2 100 128 129 2.0000001 "1" "0.5" "" "NaN" true false [] [1] {} "Infinity" "0x10"'
).split(" ");
const INTEGER = /^-?\d+(?:e0)?$/i;

for (const [field, name] of [
  ["temperature", "temperature"],
  ["top_p", "topP"],
  ["max_tokens", "maxOutputTokens"],
  ["n", undefined],
  ["seed", "seed"],
] as const) {
  test(`PL-6: each of ${numbers.length} values of ${field} is refused by name, or arrives as it was or with a warning`, async () => {
    for (const number of numbers) {
      const calls = gemini.calls.length;
      const response = await gateway.post(
        `{"model":"${MODEL}","messages":[{"role":"user","content":"hi"}],"${field}":${number}}`,
      );
      const text = await response.text();
      if (response.status === 400) {
        assert.equal((JSON.parse(text) as { error: { param: string } }).error.param, field, `${number}: ${text}`);
        assert.equal(gemini.calls.length, calls, number);
        continue;
      }
      assert.equal(response.status, 200, `${number}: ${text}`);
      if (name === undefined) continue;
      const body = gemini.calls.at(-1)?.json() as { generationConfig?: Record<string, unknown> } | undefined;
      const sent = body?.generationConfig?.[name];
      const warned = (response.headers.get("x-gateway-warnings") ?? "").includes(field);
      const given: unknown = JSON.parse(number);
      if (sent !== Number(given)) assert.ok(warned, `${field} ${number} became ${String(sent)} without a word`);
      if (field === "max_tokens" && sent !== undefined) assert.match(JSON.stringify(sent), INTEGER);
    }
  });
}

test("PL-8: of a key that stands twice the last counts, for everybody", async () => {
  const response = await gateway.post(
    `{"model":"gemini-3.1-pro-preview","messages":[{"role":"user","content":"first"}],"messages":[{"role":"user","content":"second"}],"model":"${MODEL}"}`,
  );
  assert.equal(response.headers.get("x-gateway-model"), MODEL);
  assert.equal(((await response.json()) as { model: string }).model, MODEL);
  assert.equal(gemini.calls.at(-1)?.model, MODEL);
  assert.match(lastBody(), /second/);
  assert.doesNotMatch(lastBody(), /first/);
  assert.match(
    gateway.log.findLast((line) => line.includes('"call finished"')) ?? "",
    new RegExp(`"model":"${MODEL}"`),
  );
});

/** JSON texts, each with an escape of half a surrogate pair in a value and in a name. */
const halves = ["\\ud800", "\\uDFFF", "\\udc00\\ud800"].map((half) => ({
  half,
  json: `{"x":"a${half}","y${half}":1}`,
}));

/** What was sent holds no half, raw or escaped, but as many U+FFFD as there were texts with one at least. */
function assertReplaced(texts: number): void {
  const sent = gemini.calls.at(-1)?.body.toString("utf8") ?? "";
  assert.doesNotMatch(sent, /\\u[dD][89a-fA-F]/);
  assert.ok(sent.split(/\ufffd|\\ufffd/).length > texts, sent);
}

test("HP-11: a lone surrogate is replaced wherever it stands in a request of OpenAI, also inside the JSON of arguments and results", async () => {
  for (const { half, json } of halves) {
    const inner = JSON.stringify(json);
    const called = `{"role":"assistant","tool_calls":[{"id":"c${half}","type":"function","function":{"name":"f","arguments":${inner}}}]}`;
    const schema = `{"type":"object","description":"${half}","properties":{"p${half}":{"type":"string","enum":["${half}"]}}}`;
    for (const [texts, members] of [
      [1, `"messages":[{"role":"user","content":"a${half}b"}]`],
      [
        2,
        `"messages":[{"role":"system","content":"${half}"},{"role":"user","content":[{"type":"text","text":"${half}"}]}]`,
      ],
      [
        4,
        `"messages":[{"role":"user","content":"a"},${called},{"role":"tool","tool_call_id":"c${half}","content":${inner}}]`,
      ],
      [
        2,
        `"messages":[{"role":"user","content":"a"},${called.replaceAll("c" + half, "c")},{"role":"tool","tool_call_id":"c","content":"${half}"}]`,
      ],
      [
        3,
        `"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f","description":"${half}","parameters":${schema}}}]`,
      ],
      [
        2,
        `"messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":${schema}}}`,
      ],
      [1, `"messages":[{"role":"user","content":"a"}],"extra_body":{"google":{"labels":{"k${half}":"v${half}"}}}`],
      [0, `"messages":[{"role":"user","content":"a"}],"metadata":{"k${half}":"v${half}"},"user":"${half}"`],
    ] as const) {
      const response = await gateway.post(`{"model":"${MODEL}",${members}}`);
      assert.equal(response.status, 200, await response.text());
      assertReplaced(texts);
    }
  }
});

test("HP-11: the same by every RPC transport; a message that is JSON is refused", async () => {
  for (const { transport } of transportsOf(gateway)) {
    const chat = createClient(ChatService, transport);
    for (const { json } of halves) {
      await chat.chat({
        model: MODEL,
        messages: [
          { role: Role.USER, parts: [{ kind: { case: "text", value: "a" } }] },
          {
            role: Role.ASSISTANT,
            parts: [{ kind: { case: "toolCall", value: { id: "c", name: "f", arguments: json } } }],
          },
          {
            role: Role.TOOL,
            parts: [{ kind: { case: "toolResult", value: { toolCallId: "c", name: "f", content: json } } }],
          },
        ],
        tools: [
          {
            kind: {
              case: "function",
              value: { name: "f", parametersJsonSchema: `{"type":"object","properties":{"p":{"default":${json}}}}` },
            },
          },
        ],
      });
      assertReplaced(4);
    }
  }
  const text = '{"model":"gemini-3.8-flash","messages":[{"role":"ROLE_USER","parts":[{"text":"a\\ud800"}]}]}';
  const response = await fetch(`${gateway.app.http}/gemini.chat.v1.ChatService/Chat`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: LICENCE },
    body: text,
  });
  // Protobuf's own reader refuses it.
  assert.equal(response.status, 400, await response.text());
});

/** Line ends, an escape of a terminal, NUL and the separators that are line ends to JavaScript. */
const CONTROLS = "a\r\nx-injected: 1\r\n\r\n\u001b[31m\u0000\u2028\u0085z";

async function assertClean(response: Response, body: string): Promise<void> {
  assert.equal(response.headers.get("x-injected"), null, body);
  for (const [name, value] of response.headers) assert.match(value, /^[\x20-\x7e]*$/, `${name}: ${value}`);
}

test("PL-9, SC-8: line ends and other controls of a caller or of Gemini reach no header and no log line raw", async () => {
  const before = gateway.log.length;
  const send = async (body: object, headers: Record<string, string> = {}): Promise<void> => {
    const response = await gateway.post(body, headers);
    await assertClean(response, await response.text());
  };
  await send({ ...BODY, model: CONTROLS });
  await send({ ...BODY, [CONTROLS]: 1, user: CONTROLS });
  await send({ ...BODY, tools: [{ type: "function", function: { name: CONTROLS } }] });
  await send({ ...BODY, tools: [{ type: "function", function: { name: "f" } }], tool_choice: CONTROLS });
  await send({ ...BODY, messages: [{ role: CONTROLS, content: "x" }] });
  await send({ ...BODY, messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: CONTROLS } }] }] });
  await send(BODY, { authorization: "\u00ff\u0080 bad" });
  await send(BODY, { "x-request-id": "bad id; \u00ff" });
  for (const stream of [false, true]) {
    answerWith(callChunk(CONTROLS, { [CONTROLS]: CONTROLS }, {}, { finishReason: "STOP" }));
    await send({ ...BODY, stream });
    answerWith({ ...textChunk(CONTROLS, { finishReason: CONTROLS }), modelVersion: CONTROLS, responseId: CONTROLS });
    await send({ ...BODY, stream });
    gemini.script(() => errorAnswer(geminiError(400, "INVALID_ARGUMENT", CONTROLS)));
    await send({ ...BODY, stream });
    gemini.script(() => errorAnswer(geminiError(404, CONTROLS, `models/${CONTROLS} is not found`)));
    await send({ ...BODY, stream });
  }
  for (const line of gateway.log.slice(before)) {
    assert.match(line, /^[^\p{Cc}\u2028\u2029]*\n$/u);
    assert.ok(Buffer.byteLength(line) <= 16_384);
    JSON.parse(line);
  }
});

test("SC-10: names of models that callers invent make no series of metrics", async () => {
  const series = async (): Promise<number> =>
    (await (await gateway.get("/metrics")).text()).split("\n").filter((line) => line && !line.startsWith("#")).length;
  gemini.script(({ model = "" }) => errorAnswer(modelNotFound(model)));
  await (await gateway.post({ ...BODY, model: "warm-up" })).text();
  const before = await series();
  for (let at = 0; at < 1_000; at += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, offset) => {
        const model = `model-${at + offset}-of-mine`;
        await assertErrorOf(await gateway.post({ ...BODY, model }), {
          status: 404,
          code: "model_not_found",
          param: "model",
        });
      }),
    );
  }
  assert.ok((await series()) <= before + 5, `${before} and then ${await series()}`);
});
