// The bad line is tested itself: what it does to bytes must be exactly what a test asked for.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startTcpProxy, type TcpProxyOptions } from "./tcp-proxy.ts";

const echo = createServer((socket) => void socket.on("error", () => undefined).pipe(socket));
let target = "";
before(async () => {
  echo.listen(0, "127.0.0.1");
  await once(echo, "listening");
  target = `127.0.0.1:${(echo.address() as AddressInfo).port}`;
});
after(() => echo.close());

interface Seen {
  text: string;
  end: "fin" | "reset" | undefined;
}

async function through(options: TcpProxyOptions) {
  const proxy = await startTcpProxy(target, options);
  const socket: Socket = connect(Number(proxy.host.split(":")[1]), "127.0.0.1");
  const seen: Seen = { text: "", end: undefined };
  socket
    .on("data", (piece) => (seen.text += piece.toString()))
    .on("end", () => (seen.end ??= "fin"))
    .on("error", () => (seen.end ??= "reset"));
  return {
    proxy,
    socket,
    seen,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !condition(); tries++) await sleep(10);
  assert.ok(condition());
}

test("bytes and ends pass both ways", async () => {
  await using line = await through({});
  line.socket.end("hello");
  await until(() => line.seen.end === "fin");
  assert.equal(line.seen.text, "hello");
});

test("a delay holds each way, and a bandwidth spreads what is sent", async () => {
  await using line = await through({ up: { delayMs: 60 }, down: { delayMs: 60, bytesPerSecond: 1_000 } });
  const startedMs = performance.now();
  line.socket.write("x".repeat(100));
  await until(() => line.seen.text.length === 100);
  assert.ok(performance.now() - startedMs >= 119);
  line.socket.write("y");
  await until(() => line.seen.text.endsWith("y"));
  assert.ok(performance.now() - startedMs >= 219);
});

for (const cut of ["fin", "reset"] as const) {
  test(`a line can be cut after so many bytes (${cut})`, async () => {
    await using line = await through({ down: { cutAfterBytes: 3, cut } });
    line.socket.write("hello");
    await until(() => line.seen.end !== undefined);
    assert.equal(line.seen.end, cut);
    // A reset may overtake what was sent before it.
    assert.ok("hel".startsWith(line.seen.text));
    if (cut === "fin") assert.equal(line.seen.text, "hel");
  });
}

test("a half-open line takes everything and tells nothing", async () => {
  await using line = await through({});
  line.socket.write("one");
  await until(() => line.seen.text === "one");
  line.proxy.swallow(true);
  line.socket.end("two");
  await sleep(100);
  assert.deepEqual(line.seen, { text: "one", end: undefined });
  assert.equal(line.proxy.openConnections, 1);
  line.proxy.drop();
  await until(() => line.seen.end === "reset");
});

for (const direction of ["up", "down"] as const) {
  test(`a line can stall one way (${direction}), and go on with all that was sent meanwhile`, async () => {
    await using line = await through({});
    line.socket.write("one");
    await until(() => line.seen.text === "one");
    line.proxy.stall(direction);
    line.socket.write("two");
    await sleep(100);
    assert.deepEqual(line.seen, { text: "one", end: undefined });
    line.proxy.stall(undefined);
    await until(() => line.seen.text === "onetwo");
  });
}

test("what is sent into a line that stalls stays with its sender, once the buffers are full", async () => {
  await using line = await through({});
  line.proxy.stall("up");
  line.socket.write(Buffer.alloc(64_000_000));
  await sleep(200);
  assert.ok(line.socket.writableLength > 0);
  line.socket.destroy();
});
