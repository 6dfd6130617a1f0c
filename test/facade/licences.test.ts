// Goal: one rule for licences, whatever header brings them; whoever has none learns nothing and costs nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { jsonAnswer, startFaultyGemini, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { assertError } from "./openai-error.ts";
import { chatRequest, head, send, toAnswer } from "./raw.ts";

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gemini.script(() => jsonAnswer(textChunk("ok", { finishReason: "STOP" })));
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const BODY = JSON.stringify({ model: "gemini-3.8-flash", messages: [{ role: "user", content: "hi" }] });
const WRONG = "wrong-licence-0123456789";

async function statusWith(headers: Record<string, string>): Promise<number> {
  const { status } = await send(gateway, chatRequest(BODY, { authorization: null, connection: "close", ...headers }));
  return status;
}

const accepted: [string, Record<string, string>][] = [
  ["raw in Authorization", { authorization: LICENCE }],
  ["after Bearer", { authorization: `Bearer ${LICENCE}` }],
  ["after bearer in any case, with more blanks", { authorization: `bEARER   ${LICENCE}  ` }],
  ["in x-goog-api-key", { "x-goog-api-key": LICENCE }],
  ["in x-api-key", { "x-api-key": LICENCE }],
  [
    "in Authorization beside wrong other headers",
    { authorization: LICENCE, "x-goog-api-key": WRONG, "x-api-key": WRONG },
  ],
  ["in x-goog-api-key beside a wrong x-api-key", { "x-goog-api-key": LICENCE, "x-api-key": WRONG }],
];

for (const [title, headers] of accepted) {
  test(`a licence is accepted ${title}`, async () => {
    assert.equal(await statusWith(headers), 200);
  });
}

test("a wrong Authorization is not saved by a right licence in a header of lower rank", async () => {
  assert.equal(await statusWith({ authorization: WRONG, "x-api-key": LICENCE }), 401);
  assert.equal(await statusWith({ "x-goog-api-key": WRONG, "x-api-key": LICENCE }), 401);
});

test("two differing Authorization headers are refused, the same one twice is not", async () => {
  const two = (first: string, second: string) =>
    chatRequest(BODY, { authorization: first, connection: "close" }).replace(
      "connection: close",
      `Authorization: ${second}\r\nconnection: close`,
    );
  const differing = await send(gateway, two(LICENCE, `Bearer ${LICENCE}`));
  assertError(differing, differing.body, { status: 400, code: "ambiguous_authorization", message: /Authorization/ });
  assert.equal((await send(gateway, two(LICENCE, LICENCE))).status, 200);
});

test("all who are not let in get the same answer, byte for byte but for the request id, and Gemini is not called", async () => {
  const calls = gemini.calls.length;
  const refused = [
    {},
    { authorization: "" },
    { authorization: "Bearer" },
    { authorization: "Bearer  x" },
    { authorization: WRONG },
    { authorization: `Basic ${LICENCE}` },
    { authorization: `${LICENCE}0` },
    { authorization: LICENCE.slice(0, -1) },
    { authorization: "y".repeat(8_000) },
    { "x-api-key": WRONG },
    { authorization: "licence\u00e9\u00ff with spaces" },
  ];
  const answers = new Set<string>();
  for (const headers of refused) {
    const answer = await send(gateway, chatRequest(BODY, { authorization: null, connection: "close", ...headers }));
    assertError(answer, answer.body, { status: 401, code: "invalid_api_key" });
    const { "x-request-id": _id, date: _date, ...others } = answer.headers;
    answers.add(JSON.stringify([others, answer.body]));
  }
  assert.equal(answers.size, 1);
  assert.equal(gemini.calls.length, calls);
});

test("without a licence a body is not waited for", async () => {
  const client = new BareClient(gateway.app.http);
  const headers = { "content-type": "application/json", "content-length": 30_000_000 };
  client.socket.write(head("POST /gemini/v1/chat/completions", headers));
  const answer = toAnswer(await client.untilText("}}"));
  assert.equal(answer.status, 401);
  assert.equal(answer.headers["connection"], "close");
  client.socket.destroy();
});

test("a client that is still sending a short body can read its 401 and use the connection again", async () => {
  const client = new BareClient(gateway.app.http);
  client.socket.write(chatRequest(BODY, { authorization: WRONG }));
  await client.untilText("}}");
  client.socket.write(chatRequest(BODY, { connection: "close" }));
  const { text } = await client.untilEnd();
  assert.match(text, /HTTP\/1\.1 401 [\s\S]*HTTP\/1\.1 200 /);
});
