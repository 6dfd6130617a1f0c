// Goal: a gateway that is told to stop loses nobody: it says so first, lets what runs finish, tells the rest, and is gone in time.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { openAi, question, readSse, readStream, reasonOf } from "../faults/requests.ts";
import { pause, repeatable, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { Program, type Ready } from "./program.ts";
import { LICENCE, post, startRig } from "./rig.ts";

/** What a busy machine may add. */
const SLACK_MS = 3_000;

const chatOver = ({ grpc }: Ready) => createClient(ChatService, createGrpcTransport({ baseUrl: `http://${grpc}` }));
const licensed = { headers: { authorization: LICENCE } };

const last = textChunk("end", { finishReason: "STOP" });
const short = streamAnswer([textChunk("one "), pause(1_000), last]);
const endless = streamAnswer(
  repeatable(function* () {
    for (;;) {
      yield textChunk("tick ");
      yield pause(100);
    }
  }),
);

async function accepts({ http }: Ready): Promise<boolean> {
  const socket = connect(Number(new URL(http).port), "127.0.0.1");
  return (await new Promise((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy())) as boolean;
}

describe("SIGTERM", { concurrency: 3 }, () => {
  test("is told at once by readiness and health, and for a while everything is still served", async () => {
    await using rigged = await startRig({ SHUTDOWN_DELAY_MS: "1500" });
    const { gemini, program } = rigged;
    const ready = await program.ready();
    gemini.script(() => streamAnswer([last]));
    program.signal("SIGTERM");
    await sleep(100);
    const readiness = await fetch(`${ready.http}/readyz`);
    assert.deepEqual([readiness.status, await readiness.json()], [503, { status: "not ready", reason: "draining" }]);
    const health = createClient(Health, createGrpcTransport({ baseUrl: `http://${ready.grpc}` }));
    assert.equal((await health.check({ service: "" })).status, Status.NOT_SERVING);
    const rest = readSse(await (await post(ready, openAi(true))).text());
    assert.ok(rest.done);
    const rpc = await readStream(chatOver(ready).streamChat(question(), licensed));
    assert.ok(rpc.finished);
    const exit = await program.end();
    assert.equal(exit.code, 0);
    assert.ok(exit.ms < 1_500 + SLACK_MS, `${exit.ms} ms`);
  });

  test("lets running streams finish, takes no new connection meanwhile, and ends with 0 as soon as they have", async () => {
    await using rigged = await startRig({ SHUTDOWN_GRACE_MS: "20000" });
    const { gemini, program } = rigged;
    const ready = await program.ready();
    gemini.script(() => short);
    const rest = await post(ready, openAi(true));
    const rpc = chatOver(ready).streamChat(question(), licensed)[Symbol.asyncIterator]();
    await rpc.next();
    program.signal("SIGTERM");
    await sleep(300);
    assert.equal(await accepts(ready), false);
    const answer = readSse(await rest.text());
    assert.deepEqual([answer.content, answer.done], ["one end", true]);
    const streamed = await readStream({ [Symbol.asyncIterator]: () => rpc });
    assert.deepEqual([streamed.failure, streamed.finished], [undefined, true]);
    const exit = await program.end();
    assert.equal(exit.code, 0);
    assert.ok(exit.ms < SLACK_MS, `${exit.ms} ms`);
  });

  test("tells streams that do not finish in time, and still ends with 0", async () => {
    await using rigged = await startRig({ SHUTDOWN_GRACE_MS: "700" });
    const { gemini, program } = rigged;
    const ready = await program.ready();
    gemini.script(() => endless);
    const rest = await post(ready, openAi(true));
    const rpc = chatOver(ready).streamChat(question(), licensed)[Symbol.asyncIterator]();
    await rpc.next();
    program.signal("SIGTERM");
    const startedMs = performance.now();
    const [answer, streamed, exit] = await Promise.all([
      rest.text().then(readSse),
      readStream({ [Symbol.asyncIterator]: () => rpc }),
      program.end(),
    ]);
    assert.deepEqual([answer.error?.code, answer.done, answer.finishReasons], ["server_shutting_down", false, []]);
    assert.equal(reasonOf(streamed.failure), "SERVER_SHUTTING_DOWN");
    assert.equal(exit.code, 0);
    assert.ok(performance.now() - startedMs < 700 + 2_000 + SLACK_MS);
    for (const call of gemini.calls) assert.equal(await call.whenEnded(), "client-closed");
    assert.doesNotMatch(program.stdout, /"level":"(?:error|fatal)"/);
    assert.equal(program.stderr, "");
  });

  test("tells JSON calls that do not finish in time with a 503", async () => {
    await using rigged = await startRig({ SHUTDOWN_GRACE_MS: "500" });
    const { gemini, program } = rigged;
    const ready = await program.ready();
    gemini.script(() => ["stall"]);
    const asked = post(ready, openAi(false));
    await gemini.waitForCalls(1);
    program.signal("SIGTERM");
    const response = await asked;
    assert.equal(response.status, 503);
    assert.match(await response.text(), /server_shutting_down/);
    assert.equal((await program.end()).code, 0);
  });

  test("DR-9: twice ends at once, however many streams are open", async () => {
    await using rigged = await startRig();
    const { gemini, program } = rigged;
    const ready = await program.ready();
    gemini.script(() => endless);
    const streams = await Promise.all(Array.from({ length: 20 }, () => post(ready, openAi(true))));
    program.signal("SIGTERM");
    await sleep(200);
    program.signal("SIGTERM");
    const exit = await program.end();
    assert.equal(exit.code, 0);
    assert.ok(exit.ms < 2_000, `${exit.ms} ms`);
    for (const stream of streams) assert.doesNotMatch(await stream.text().catch(() => ""), /\[DONE\]/);
  });

  test("is taken from npm: no server is left behind when npm is told to stop", async () => {
    await using rigged = await startRig({}, true);
    const { program } = rigged;
    const ready = await program.ready();
    program.signal("SIGTERM");
    await program.end();
    for (let tries = 0; tries < 50 && (await accepts(ready)); tries++) await sleep(50);
    assert.equal(await accepts(ready), false);
  });

  test("holds for the facade alone too: streams finish, and the rest is told", async () => {
    await using service = await startRig();
    const { gemini } = service;
    const { grpc } = await service.program.ready();
    await using facade = new Program({ env: { CHAT_SERVICE_URL: `http://${grpc}`, SHUTDOWN_GRACE_MS: "1500" } });
    const ready = await facade.ready();
    gemini.script((call) =>
      (call.json() as { contents: { parts: { text: string }[] }[] }).contents[0]?.parts[0]?.text === "hi"
        ? endless
        : short,
    );
    const finishing = await post(ready, openAi(true, { messages: [{ role: "user", content: "short" }] }));
    const running = await post(ready, openAi(true));
    facade.signal("SIGTERM");
    assert.ok(readSse(await finishing.text()).done);
    assert.equal(readSse(await running.text()).error?.code, "server_shutting_down");
    assert.equal((await facade.end()).code, 0);
  });
});

test("SIGINT is a stop as well", async () => {
  await using rigged = await startRig();
  const { program } = rigged;
  await program.ready();
  program.signal("SIGINT");
  assert.equal((await program.end()).code, 0);
});
