// Goal: nothing a host sends breaks the process; it gives bytes, a redirect or an error. Method: any bytes as an answer.
// What well-formed answers do is tested with the whole fetch.
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { exchange } from "../../src/media/exchange.ts";
import { startRawHost } from "./raw-host.ts";

const MAX_BYTES = 100;

test("any bytes a host sends give an answer within the limits or an error", async () => {
  let answer: readonly Uint8Array[] = [];
  await using host = await startRawHost((socket) => {
    for (const piece of answer) socket.write(piece);
    socket.end();
  });
  const line = fc.constantFrom(
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.0 200\r\n",
    "HTTP/1.1 302 Found\r\nlocation: /x\r\n",
    "content-length: 5\r\n",
    "content-length: -1\r\n",
    "content-length: 99999999999999999999\r\n",
    "transfer-encoding: chunked\r\n",
    "content-encoding: gzip\r\n",
    "location: \u0000\r\n",
    `x: ${"a".repeat(20_000)}\r\n`,
    "\r\n",
    "5\r\nhello\r\n",
    "fffffffff\r\n",
    "0\r\n\r\n",
    "a".repeat(200),
  );
  const piece = fc.oneof(
    { weight: 4, arbitrary: line.map((text) => Buffer.from(text, "latin1")) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  );
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
      answer = [Buffer.from("HTTP/1.1 200 OK\r\n"), ...pieces];
      const socket = net.connect(host.port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      let told = 0;
      const options = {
        signal: AbortSignal.timeout(5000),
        maxBytes: MAX_BYTES,
        onBytes: (count: number) => (told += count),
      };
      const read = async () => {
        const got = await exchange(new URL(host.url), socket, options);
        return "pieces" in got ? Buffer.concat(await Array.fromAsync(got.pieces)) : got;
      };
      const got = await read().catch((error: unknown) => {
        assert.ok(error instanceof Error);
        return undefined;
      });
      assert.ok(socket.destroyed);
      assert.ok(told <= MAX_BYTES);
      if (got === undefined) return;
      answers += 1;
      if (got instanceof Buffer) assert.equal(got.length, told);
    }),
    { numRuns: 300 },
  );
  assert.ok(answers > 0, "every answer was an error, so nothing was shown");
});
