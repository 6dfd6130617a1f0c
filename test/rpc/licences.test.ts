// Goal: there is one way to be let in, whatever the transport and the form of the licence, and one way to be refused.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { failureOf, openAi, question, reasonOf } from "../faults/requests.ts";
import { jsonAnswer, startFaultyGemini, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

/** The test transports add a licence where none is given: an empty one is none. */
const NONE = { authorization: "" };

const forms: readonly (readonly [title: string, headers: Record<string, string>])[] = [
  ["raw", { authorization: LICENCE }],
  ["Bearer", { authorization: `Bearer ${LICENCE}` }],
  ["bearer in small letters", { authorization: `bearer ${LICENCE}` }],
  ["x-goog-api-key", { ...NONE, "x-goog-api-key": LICENCE }],
  ["x-api-key", { ...NONE, "x-api-key": LICENCE }],
];
const refused: readonly (readonly [title: string, headers: Record<string, string>])[] = [
  ["none", NONE],
  ["an unknown one", { authorization: "unknown-licence-000000" }],
  ["a scheme alone", { authorization: "Bearer" }],
  ["another scheme", { authorization: `Basic ${LICENCE}` }],
  ["the beginning of one", { authorization: LICENCE.slice(0, -1) }],
  ["one and more", { authorization: `${LICENCE}x` }],
  ["a wrong one before a right one", { authorization: "unknown-licence-000000", "x-api-key": LICENCE }],
];

const WIRES = ["gRPC over HTTP/2", "Connect over HTTP/2", "Connect over HTTP/1.1", "Connect with JSON", "gRPC-Web"];

for (const name of WIRES) {
  const transport = (): Transport => {
    const found = transportsOf(gateway).find((candidate) => candidate.name === name);
    assert.ok(found);
    return found.transport;
  };
  describe(`over ${name}`, () => {
    test("AU-5: a licence is good in every form that REST knows", async () => {
      for (const [title, headers] of forms) {
        const answer = await createClient(ChatService, transport()).chat(question(), { headers });
        assert.equal(answer.candidates.length, 1, title);
        assert.equal((await gateway.post(openAi(false), headers)).status, 200, title);
      }
    });

    test("AU-5, AU-1: what REST refuses is refused with the same words, and reaches no Gemini", async () => {
      const calls = gemini.calls.length;
      const words = new Set<string>();
      for (const [title, headers] of refused) {
        const failure = await failureOf(createClient(ChatService, transport()).chat(question(), { headers }));
        assert.equal(failure.code, Code.Unauthenticated, title);
        assert.equal(reasonOf(failure), "INVALID_API_KEY", title);
        words.add(failure.rawMessage);
        const rest = await gateway.post(openAi(false), headers);
        assert.equal(rest.status, 401, title);
        words.add(((await rest.json()) as { error: { message: string } }).error.message);
      }
      assert.equal(words.size, 1, [...words].join(" | "));
      assert.equal(gemini.calls.length, calls);
    });

    test("AU-6: headers of ours that a client sends go no further, and change nobody's identity", async () => {
      const headers = {
        authorization: LICENCE,
        "x-licence-id": "other",
        "x-forwarded-for": "10.0.0.1",
        "x-forwarded-host": "elsewhere",
        "x-gateway-model": "other",
        "x-goog-user-project": "other",
        "x-gateway-key": "other",
        cookie: "a=b",
      };
      await createClient(ChatService, transport()).chat(question(), { headers });
      const sent = JSON.stringify(gemini.calls.at(-1)?.headers);
      assert.doesNotMatch(sent, /other|elsewhere|10\.0\.0\.1|cookie|x-forwarded|x-licence/);
      assert.doesNotMatch(sent, new RegExp(LICENCE));
    });

    test("AU-7: a second licence beside the first is refused", async () => {
      const headers = new Headers({ authorization: LICENCE });
      headers.append("authorization", "another-licence-0000000");
      const failure = await failureOf(createClient(ChatService, transport()).chat(question(), { headers }));
      assert.ok(ConnectError.from(failure).code === Code.Unauthenticated || failure.code === Code.InvalidArgument);
    });
  });
}

/** Sends bytes on a socket of their own and reads the first line of what comes back. */
async function firstLine(bytes: Buffer): Promise<string> {
  const socket = connect(Number(new URL(gateway.app.http).port), "127.0.0.1");
  const pieces: Buffer[] = [];
  socket.on("error", () => undefined).on("data", (piece: Buffer) => pieces.push(piece));
  socket.end(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(pieces).toString("latin1").split("\r\n", 1)[0] ?? "";
}

test("FZ-7: whatever bytes stand for a licence, the answer is a refusal", async () => {
  const calls = gemini.calls.length;
  const values = [
    ...Array.from({ length: 256 }, (_, byte) => Buffer.from([byte, 0x78, byte])),
    Buffer.from("' OR 1=1 --"),
    Buffer.from(`${LICENCE}' --`),
    Buffer.from('"; DROP TABLE licences; --'),
    Buffer.from(`${LICENCE}\0`),
    Buffer.from(`${LICENCE}\r\nx: y`).subarray(0, -6),
    Buffer.alloc(15_000, "x"),
    Buffer.alloc(40_000, "x"),
    Buffer.from("%00%0a"),
    Buffer.from("${jndi:ldap://x}"),
  ].filter((value) => value.toString("latin1").trim() !== LICENCE);
  for (const value of values) {
    const line = await firstLine(
      Buffer.concat([
        Buffer.from("GET /gemini/v1/models HTTP/1.1\r\nhost: g\r\nconnection: close\r\nauthorization: "),
        value,
        Buffer.from("\r\n\r\n"),
      ]),
    );
    assert.match(line, /^HTTP\/1\.1 (?:400|401|431) /, value.subarray(0, 40).toString("hex"));
  }
  assert.equal(gemini.calls.length, calls);
});
