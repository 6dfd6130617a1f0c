// Goal: a facade alone outlives whatever stands where its service should be, and leaves nothing running in a service that it used.
import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { assertErrorOf } from "../facade/openai-error.ts";
import { openAi, readSse } from "../faults/requests.ts";
import { pause, repeatable, startFaultyGemini, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

const STREAMS = 50;

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const strangers: readonly (readonly [title: string, create: () => Server])[] = [
  ["an HTTP/1.1 server", () => createHttp((_request, response) => void response.writeHead(404).end("no"))],
  [
    "a server that says HTTP/1.1 before it is asked",
    () => createTcp((socket) => void socket.on("error", ignore).end("HTTP/1.1 400 Bad Request\r\n\r\n")),
  ],
  ["a server that hangs up", () => createTcp((socket) => void socket.on("error", ignore).destroy())],
  ["a server that resets", () => createTcp((socket) => void socket.on("error", ignore).resetAndDestroy())],
  [
    "a server that talks nonsense",
    () => createTcp((socket) => void socket.on("error", ignore).write(Buffer.alloc(500, 7))),
  ],
];

function ignore(): void {}

describe("in the place of the service", () => {
  for (const [title, create] of strangers) {
    test(`${title} is a 503 to callers, and the facade lives`, async (context) => {
      const server = create();
      const sockets = new Set<Socket>();
      server.on("connection", (socket: Socket) => sockets.add(socket));
      context.after(async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      });
      const url = await listening(server);
      await using facade = await startGateway({ CHAT_SERVICE_URL: url });
      const expected = {
        status: 503,
        code: "upstream_unavailable",
        message: /^The chat service cannot be reached\.$/,
      };
      for (const stream of [false, true, false]) {
        // Several at once: only then does Connect make a second connection while the first one is failing.
        const asked = Array.from({ length: 3 }, () => facade.post(openAi(stream), { "x-request-timeout": "5" }));
        for (const response of await Promise.all(asked)) await assertErrorOf(response, expected);
      }
      assert.equal((await facade.get("/healthz")).status, 200);
    });
  }
});

async function runningIn(service: TestGateway): Promise<number> {
  const page = await (await service.get("/metrics")).text();
  return [...page.matchAll(/requests_active\{[^}]*\} (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

test(`CX-2: ${STREAMS} streams that are left at the facade leave no handler in the service behind, and no call to Gemini`, async () => {
  await using gemini = await startFaultyGemini();
  await using service = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  await using facade = await startGateway({ CHAT_SERVICE_URL: `http://${service.app.grpc}` });
  gemini.script(() =>
    streamAnswer(
      repeatable(function* () {
        for (;;) {
          yield textChunk("tick ");
          yield pause(30);
        }
      }),
    ),
  );
  const controllers = Array.from({ length: STREAMS }, () => new AbortController());
  await Promise.all(
    controllers.map(async ({ signal }) => (await facade.post(openAi(true), {}, signal)).body?.getReader().read()),
  );
  assert.equal(await runningIn(service), STREAMS);
  for (const controller of controllers) controller.abort();
  for (let tries = 0; tries < 400 && (await runningIn(service)) > 0; tries++) await sleep(25);
  assert.equal(await runningIn(service), 0);
  for (const call of gemini.calls) assert.equal(await call.whenEnded(), "client-closed");
});

test("ST-4: a line to the service that breaks is an error event, and the next call goes over a new one", async () => {
  await using gemini = await startFaultyGemini();
  await using service = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  await using line = await startTcpProxy(service.app.grpc ?? "");
  await using facade = await startGateway({ CHAT_SERVICE_URL: `http://${line.host}` });
  gemini.script([
    streamAnswer([textChunk("one"), "stall"]),
    streamAnswer([textChunk("fine", { finishReason: "STOP" })]),
  ]);
  const response = await facade.post(openAi(true));
  setTimeout(() => line.drop(), 200);
  const cut = readSse(await response.text());
  assert.deepEqual([cut.content, cut.done, cut.finishReasons], ["one", false, []]);
  assert.ok(cut.error);
  const again = readSse(await (await facade.post(openAi(true))).text());
  assert.deepEqual([again.content, again.done], ["fine", true]);
});

test("OV-5: a service that is not there is our state and not the caller's limit", async () => {
  await using facade = await startGateway({ CHAT_SERVICE_URL: "http://127.0.0.1:9" });
  const response = await facade.post(openAi(false));
  const retryAfter = response.headers.get("retry-after");
  await assertErrorOf(response, { status: 503, code: "upstream_unavailable", type: "server_error" });
  assert.ok(Number(retryAfter) >= 1, String(retryAfter));
});
