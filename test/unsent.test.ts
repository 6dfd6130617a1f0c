// Goal: a client who does not read is given little that it has not taken; the system takes more only where it cannot be told.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { limitUnsent, UNSENT_MAX_BYTES } from "../src/unsent.ts";

const ONLY_LINUX = process.platform !== "linux" && "only Linux has this option";
const PIECE = Buffer.alloc(16_384, "x");
/** Nothing more is taken for so long: the buffers are full. */
const QUIET_MS = 300;

// Node warns once in a process, so these are all of this file's.
const warnings: Error[] = [];
process.on("warning", (warning) => void warnings.push(warning));

/** The system's side of a new connection, whose client never reads. */
async function acceptNonReader(server: Server): Promise<{ accepted: Socket; client: Socket }> {
  const { port } = server.address() as AddressInfo;
  const client = connect(port, "127.0.0.1").pause();
  const [accepted] = (await once(server, "connection")) as [Socket];
  return { accepted, client };
}

/** Bytes that the system takes of an endless answer before it takes no more. */
async function fill(socket: Socket): Promise<number> {
  let writtenMs = performance.now();
  const write = (): void => {
    writtenMs = performance.now();
    socket.write(PIECE, (error) => {
      if (!error) write();
    });
  };
  write();
  while (performance.now() - writtenMs < QUIET_MS) await sleep(20);
  return socket.bytesWritten - socket.writableLength;
}

async function bytesTakenFor(prepare: (server: Server) => void): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  prepare(server);
  const { accepted, client } = await acceptNonReader(server);
  const bytes = await fill(accepted);
  accepted.destroy();
  client.destroy();
  server.close();
  return bytes;
}

test(
  "a connection of a limited server takes megabytes less for a client who does not read",
  { skip: ONLY_LINUX },
  async () => {
    const unlimited = await bytesTakenFor(() => undefined);
    const limited = await bytesTakenFor(limitUnsent);
    assert.ok(unlimited > 2_000_000, `${unlimited} bytes without the limit`);
    // The client's own receive buffer takes as much again, or a little more.
    assert.ok(limited < 6 * UNSENT_MAX_BYTES, `${limited} bytes`);
  },
);

test("a client who reads gets everything", { skip: ONLY_LINUX }, async () => {
  const bytes = 20_000_000;
  const server = createServer((socket) => void socket.end(Buffer.alloc(bytes, "y"))).listen(0, "127.0.0.1");
  await once(server, "listening");
  limitUnsent(server);
  let received = 0;
  for await (const piece of connect((server.address() as AddressInfo).port, "127.0.0.1")) received += piece.length;
  assert.equal(received, bytes);
  server.close();
});

test("a server that does not listen cannot be limited, which is said", () => {
  assert.throws(() => limitUnsent(createServer()), /no file descriptor/);
});

test("Node's warning about the way it is done does not reach who reads stderr", { skip: ONLY_LINUX }, () => {
  assert.deepEqual(warnings, []);
});
