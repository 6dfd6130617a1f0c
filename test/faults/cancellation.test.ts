// Goal: when the caller leaves, whatever it came by and whatever was going on, Gemini's connection is closed at once.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, mock, test } from "node:test";
import { createClient, type Transport } from "@connectrpc/connect";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import {
  errorAnswer,
  geminiErrors,
  headNow,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type Answer,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { openAi, question } from "./requests.ts";

/** What is promised is 100 ms; a busy machine may take longer. */
const PROMPT_MS = 1_000;

let gemini: FaultyGemini;
let gateway: TestGateway;
/** Connect's own adapter prints a stack trace for each caller who leaves. */
const printed = mock.method(console, "error");
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, MEDIA_ALLOWED_NETWORKS: "127.0.0.0/8" });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

/** A call that is under way; `begun` resolves when the caller has its first word. */
interface Running {
  readonly begun: Promise<unknown>;
  readonly ended: Promise<unknown>;
}

type Face = (signal: AbortSignal) => Running;

const swallow = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);

function overRest(stream: boolean): Face {
  return (signal) => {
    const response = gateway.post(openAi(stream), {}, signal);
    const begun = response.then(({ body }) => body?.getReader().read());
    return { begun: swallow(begun), ended: swallow(begun) };
  };
}

function overTransport(name: string, rpc: "chat" | "streamChat"): Face {
  return (signal) => {
    const transport = transportsOf(gateway).find((candidate) => candidate.name === name)?.transport as Transport;
    const client = createClient(ChatService, transport);
    const ended = rpc === "chat" ? client.chat(question(), { signal }) : undefined;
    const begun = ended ?? client.streamChat(question(), { signal })[Symbol.asyncIterator]().next();
    return { begun: swallow(begun), ended: swallow(begun) };
  };
}

const WIRES = [
  "local",
  "gRPC over HTTP/2",
  "Connect over HTTP/2",
  "Connect over HTTP/1.1",
  "Connect with JSON",
  "gRPC-Web",
];
const faces: [string, boolean, () => Face][] = [
  ["REST as JSON", false, () => overRest(false)],
  ["REST as SSE", true, () => overRest(true)],
  ...WIRES.flatMap((name): [string, boolean, () => Face][] => [
    [`Chat over ${name}`, false, () => overTransport(name, "chat")],
    [`StreamChat over ${name}`, true, () => overTransport(name, "streamChat")],
  ]),
];

/** Starts a call, leaves when `when` has come, and checks that Gemini saw it. */
async function leave(face: Face, answer: Answer, when: (running: Running) => Promise<unknown>): Promise<void> {
  const calls = gemini.calls.length;
  gemini.script([answer]);
  const controller = new AbortController();
  const running = face(controller.signal);
  const call = (await gemini.waitForCalls(calls + 1)).at(-1);
  assert.ok(call);
  await when(running);
  const leftMs = performance.now();
  controller.abort();
  assert.equal(await call.whenEnded(), "client-closed");
  assert.ok((call.closedAt ?? Number.POSITIVE_INFINITY) - leftMs < PROMPT_MS);
  await running.ended;
  assert.equal(gemini.calls.length, calls + 1, "nobody is left to try again for");
}

for (const [name, streams, face] of faces) {
  describe(name, () => {
    test("leaving before Gemini says anything closes Gemini's connection", async () => {
      await leave(face(), ["stall"], async () => undefined);
    });

    test("leaving when only the head of the answer has come closes it too", async () => {
      await leave(face(), streamAnswer([headNow, "stall"]), async () => undefined);
    });

    if (streams) {
      test("leaving in the middle of a stream closes it too", async () => {
        await leave(face(), streamAnswer([textChunk("one"), "stall"]), ({ begun }) => begun);
      });
    }

    test("leaving during the wait before another attempt ends the call, and there is no other attempt", async () => {
      const calls = gemini.calls.length;
      gemini.script([errorAnswer(retryIn("3s")), streamAnswer([textChunk("never")])]);
      const controller = new AbortController();
      const { ended } = face()(controller.signal);
      const call = (await gemini.waitForCalls(calls + 1)).at(-1);
      await call?.whenEnded();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const leftMs = performance.now();
      controller.abort();
      await ended;
      assert.ok(performance.now() - leftMs < PROMPT_MS);
      await untilIdle();
      assert.equal(gemini.calls.length, calls + 1);
    });
  });
}

/** 503 with a pushback, which is waited for. */
function retryIn(retryDelay: string) {
  const { error } = geminiErrors.overloaded.body as { error: object };
  const details = [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }];
  return { httpStatus: 503, body: { error: { ...error, details } } };
}

/** Waits until the gateway counts no running call. */
async function untilIdle(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const text = await (await gateway.get("/metrics")).text();
    const running = [...text.matchAll(/requests_active\{[^}]*\} (\d+)/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
    if (running === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("calls are still counted as running");
}

for (const stream of [false, true]) {
  test(`leaving during the fetch of an image closes the connection to its host${stream ? ", also for a stream" : ""}`, async (context) => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const host = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "image/png", "content-length": "1000" });
      response.write("x");
      response.once("close", () => closed.resolve());
      asked.resolve();
    }).listen(0, "127.0.0.1");
    context.after(() => host.close());
    await new Promise((resolve) => host.once("listening", resolve));
    const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/a.png`;
    const content = [{ type: "image_url", image_url: { url } }];
    const calls = gemini.calls.length;
    const controller = new AbortController();
    const ended = swallow(
      gateway.post(openAi(stream, { messages: [{ role: "user", content }] }), {}, controller.signal),
    );
    await asked.promise;
    const leftMs = performance.now();
    controller.abort();
    await closed.promise;
    assert.ok(performance.now() - leftMs < PROMPT_MS);
    await ended;
    assert.equal(gemini.calls.length, calls, "Gemini is never asked");
  });
}

test("one of several answers does not outlive its caller, nor its siblings", async () => {
  const calls = gemini.calls.length;
  gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
  const controller = new AbortController();
  const response = await gateway.post(openAi(true, { n: 3 }), {}, controller.signal);
  await response.body?.getReader().read();
  controller.abort();
  for (const call of gemini.calls.slice(calls)) assert.equal(await call.whenEnded(), "client-closed");
  assert.equal(gemini.calls.length, calls + 3);
});

test("CX-6: a caller who leaves is no error: it is counted as cancelled, and nothing is logged above info, or printed", async () => {
  await untilIdle();
  const text = await (await gateway.get("/metrics")).text();
  assert.match(text, /requests_total\{[^}]*outcome="CANCELLED"[^}]*\} [1-9]/);
  assert.doesNotMatch(text, /outcome="INTERNAL_ERROR"/);
  const loud = gateway.log.filter((line) => /"level":"(?:error|fatal)"/.test(line));
  assert.deepEqual(loud, []);
  assert.equal(printed.mock.callCount(), 0);
});
