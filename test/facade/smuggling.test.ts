// Goal: a request that two readers could read in two ways is refused, and its connection closed, so that nothing of it is taken for another.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { jsonAnswer, startFaultyGemini, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { assertError } from "./openai-error.ts";
import { send, toAnswer } from "./raw.ts";

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

const BODY = '{"model":"gemini-3.8-flash","messages":[{"role":"user","content":"hi"}]}';
const LENGTH = `content-length: ${BODY.length}`;
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
const LINE = "POST /gemini/v1/chat/completions HTTP/1.1";
const HEADERS = ["host: g", `authorization: ${LICENCE}`, "content-type: application/json"];

/** A whole request that would be answered, but for the headers and the body it is given. */
const post = (headers: readonly string[], body: string, line = LINE): string =>
  `${[line, ...HEADERS, ...headers].join("\r\n")}\r\n\r\n${body}`;
const chunked = (body: string, ...headers: string[]): string => post(["transfer-encoding: chunked", ...headers], body);
const coded = (...codings: string[]): string =>
  post(
    codings.map((coding) => `transfer-encoding: ${coding}`),
    CHUNKS,
  );
const sized = (...headers: string[]): string => post(headers, BODY);

const ambiguous: readonly (readonly [title: string, request: string])[] = [
  ["a length and chunks", chunked("0\r\n\r\n", "content-length: 5")],
  ["chunks and a length", post(["content-length: 5", "transfer-encoding: chunked"], "0\r\n\r\n")],
  ["two lengths", sized(LENGTH, "content-length: 2")],
  ["the same length twice", sized(LENGTH, LENGTH)],
  ["two lengths in one header", sized("content-length: 1, 2")],
  ["the same length twice in one header", sized(`${LENGTH}, ${BODY.length}`)],
  ["a negative length", sized("content-length: -1")],
  ["a length with a sign", sized(`content-length: +${BODY.length}`)],
  ["a length in hexadecimal", sized("content-length: 0x48")],
  ["a length with a fraction", sized(`${LENGTH}.0`)],
  ["a length that overflows", sized("content-length: 18446744073709551617")],
  ["an empty length", sized("content-length:")],
  ["a length of two words", sized(`content-length: ${BODY.length} 1`)],
  ["a blank before the colon", sized(`content-length : ${BODY.length}`)],
  ["a blank before the colon of the coding", post(["transfer-encoding : chunked"], CHUNKS)],
  ["an unknown coding", coded("xchunked")],
  ["identity and chunked", coded("identity, chunked")],
  ["identity and chunked in two headers", coded("identity", "chunked")],
  ["chunked and identity in two headers", coded("chunked", "identity")],
  ["identity alone", coded("identity")],
  ["identity and a length", sized("transfer-encoding: identity", LENGTH)],
  ["gzip and chunked", coded("gzip, chunked")],
  ["chunked that is not last", coded("chunked, gzip")],
  ["chunked twice", coded("chunked, chunked")],
  ["chunked in two headers", coded("chunked", "chunked")],
  ["chunked with a parameter", coded("chunked;q=1")],
  ["chunked in quotes", coded('"chunked"')],
  ["chunked and a comma", coded("chunked,")],
  ["a comma and chunked", coded(",chunked")],
  ["chunked behind a vertical tab", coded("\vchunked")],
  ["an empty coding", coded("")],
  ["a coding in HTTP/1.0", post(["transfer-encoding: chunked"], CHUNKS, LINE.replace("1.1", "1.0"))],
  ["lines that end with LF alone", sized(LENGTH).replaceAll("\r\n", "\n")],
  ["one line that ends with LF alone", sized(LENGTH).replace("host: g\r\n", "host: g\n")],
  ["a CR alone", sized(`x: a\ry: b`, LENGTH)],
  ["a folded header", sized("x: a\r\n b", LENGTH)],
  ["a folded coding", post(["transfer-encoding:\r\n chunked"], CHUNKS)],
  ["a NUL in a header", sized("x: a\0b", LENGTH)],
  ["a NUL in a name", sized("x\0: a", LENGTH)],
  ["a header without a name", sized(": x", LENGTH)],
  ["a header without a colon", sized("x", LENGTH)],
  ["a name with a blank", sized("a b: x", LENGTH)],
  ["a name with a tab", sized("a\tb: x", LENGTH)],
  ["a first header that begins with a blank", `${LINE}\r\n x: y\r\nhost: g\r\n\r\n`],
  ["a chunk size that is none", chunked("zz\r\nx\r\n0\r\n\r\n")],
  ["an empty chunk size", chunked("\r\nx\r\n0\r\n\r\n")],
  ["a negative chunk size", chunked("-1\r\nx\r\n0\r\n\r\n")],
  ["a chunk size with a sign", chunked(`+${CHUNKS}`)],
  ["a chunk size with 0x", chunked(`0x${CHUNKS}`)],
  ["a chunk size with an underscore", chunked(`0_${CHUNKS}`)],
  ["a chunk size that overflows", chunked("fffffffffffffffff\r\nx\r\n0\r\n\r\n")],
  ["a chunk size and a blank", chunked(CHUNKS.replace("\r\n", " \r\n"))],
  ["a chunk size that ends with LF alone", chunked(CHUNKS.replace("\r\n", "\n"))],
  ["a chunk that ends with LF alone", chunked(CHUNKS.replace("}\r\n", "}\n"))],
  ["a chunk longer than it says", chunked(`1\r\n${BODY}\r\n0\r\n\r\n`)],
  ["a length among the trailers", chunked(CHUNKS.replace(/\r\n$/, "content-length: 3\r\n\r\n"))],
  ["two types of content", sized("content-type: text/plain", LENGTH)],
  ["two hosts", sized("host: elsewhere", LENGTH)],
  ["a host with credentials", sized(LENGTH).replace("host: g", "host: a@b")],
  ["a host with a path", sized(LENGTH).replace("host: g", "host: a/b")],
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["HTTP/2 on this port", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a version that is none", sized(LENGTH).replace("1.1", "9.9")],
  ["the version of another protocol", sized(LENGTH).replace("1.1", "2.0")],
  ["a version of two digits", sized(LENGTH).replace("1.1", "1.10")],
  ["no version", "GET /gemini/v1/models\r\nhost: g\r\n\r\n"],
  ["a method with a bracket", sized(LENGTH).replace("POST", "PO(ST")],
  ["a tab in its first line", sized(LENGTH).replace(" HTTP", "\tHTTP")],
];

for (const [title, request] of ambiguous) {
  test(`HP-3: a request with ${title} is refused, and its connection closed`, async () => {
    const calls = gemini.calls.length;
    // Whoever took the end of the bytes for another request would answer it.
    const client = new BareClient(gateway.app.http);
    client.socket.write(`${request}GET /healthz HTTP/1.1\r\nhost: g\r\n\r\n`);
    const { text } = await client.untilEnd();
    assert.equal(text.match(/HTTP\/1\.1 \d/g)?.length, 1, text);
    const answer = toAnswer(text);
    const { error } = JSON.parse(answer.body) as { error: { code: string; param: string | null } };
    assert.ok(["invalid_value", "invalid_json"].includes(error.code), answer.body);
    assertError(answer, answer.body, { status: 400, code: error.code, param: error.param });
    assert.equal(gemini.calls.length, calls);
  });
}

test("HP-3: what only looks strange is read as HTTP says", async () => {
  const fine = [
    coded("Chunked"),
    coded("\tchunked"),
    chunked(CHUNKS.replace("\r\n", ";a=b\r\n")),
    chunked(`000${CHUNKS}`),
    sized(`content-length: 00${BODY.length}`),
    `\r\n${sized(LENGTH)}`,
    sized("content-type: application/json", LENGTH),
    sized(LENGTH).replace("host: g", "host: [::1]:8080"),
  ];
  for (const request of fine) {
    gemini.script([jsonAnswer(textChunk("fine", { finishReason: "STOP" }))]);
    const answer = await send(gateway, request.replace("host:", "connection: close\r\nhost:"));
    assert.equal(answer.status, 200, request);
  }
});
