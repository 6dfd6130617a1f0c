// Goal: the load client sees when an answer is whole, however it is cut, and reads marks and time stamps out of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { canEndChunked, dechunk, marksIn, readHead, transitsOf } from "../../bench/load/answer-bytes.ts";

test("a head is read once it is whole", () => {
  const text = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n";
  assert.equal(readHead(Buffer.from(text.slice(0, -1))), undefined);
  assert.deepEqual(readHead(Buffer.from(`${text}body`)), { status: "200", bytes: text.length, bodyBytes: 12 });
});

test("a chunked body loses its framing only when its last chunk has come", () => {
  const body = Buffer.from("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  assert.equal(dechunk(body)?.toString(), "abcde");
  for (let end = 0; end < body.length; end++) assert.equal(dechunk(body.subarray(0, end)), undefined, String(end));
});

test("text that looks like the end is not taken for it", () => {
  const body = Buffer.from("7\r\n0\r\n\r\nab\r\n5\r\n0\r\n\r\n");
  assert.equal(canEndChunked(body), true);
  assert.equal(dechunk(body), undefined);
});

test("marks are counted wherever they stand", () => {
  assert.equal(marksIn(Buffer.from("~a~~b")), 3);
  assert.equal(marksIn(Buffer.from("")), 0);
});

test("a stamp tells how long its event was on the way; one that was cut tells nothing", () => {
  const sentAt = process.hrtime.bigint() - 5_000_000n;
  const [transit = Number.NaN, ...others] = transitsOf(Buffer.from(`{"text": " ${sentAt}~"}`));
  assert.ok(transit >= 5 && transit < 1_000, String(transit));
  assert.deepEqual(others, []);
  assert.deepEqual(transitsOf(Buffer.from("123456~")), []);
  assert.deepEqual(transitsOf(Buffer.from("abc~")), []);
});
