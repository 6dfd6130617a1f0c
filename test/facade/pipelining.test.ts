// Goal: requests that are sent before the answer to the one before are taken up one after the other, and end with their connection.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openAi } from "../faults/requests.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { pause, startFaultyGemini, streamAnswer, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { chatRequest, head } from "./raw.ts";

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

const asked = chatRequest(JSON.stringify(openAi(true)));
const last = chatRequest(JSON.stringify(openAi(true)), { connection: "close" });

test("HP-12: of pipelined calls one is in service, and all are answered in order", async () => {
  const calls = gemini.calls.length;
  let running = 0;
  let most = 0;
  gemini.script((call) => {
    most = Math.max(most, ++running);
    void call.whenEnded().then(() => running--);
    return streamAnswer([textChunk("one "), pause(50), textChunk("end", { finishReason: "STOP" })]);
  });
  const client = new BareClient(gateway.app.http);
  client.socket.write(asked + asked + asked + last);
  const { text } = await client.untilEnd();
  assert.equal(text.match(/\[DONE\]/g)?.length, 4, text);
  assert.equal(gemini.calls.length, calls + 4);
  assert.equal(most, 1);
});

test("HP-12, CX-1: who leaves takes along the calls that waited", async () => {
  const calls = gemini.calls.length;
  gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
  const client = new BareClient(gateway.app.http);
  client.socket.write(asked + asked + asked);
  await client.untilText('"content":"one"');
  client.socket.destroy();
  const [call] = (await gemini.waitForCalls(calls + 1)).slice(-1);
  assert.equal(await call?.whenEnded(), "client-closed");
  await sleep(200);
  assert.equal(gemini.calls.length, calls + 1);
});

const PLAIN = head("GET /healthz");

for (const many of [20, 500, 5_000]) {
  test(`HP-12: ${many} requests sent at once are all answered`, async () => {
    const client = new BareClient(gateway.app.http);
    client.socket.write(PLAIN.repeat(many - 1) + head("GET /healthz", { connection: "close" }));
    const { text } = await client.untilEnd();
    assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, many);
  });
}

test("HP-12: while many requests wait no more are read", async () => {
  gemini.script([streamAnswer([textChunk("one"), pause(1_500), textChunk("end", { finishReason: "STOP" })])]);
  const client = new BareClient(gateway.app.http);
  const many = 300_000;
  client.socket.write(asked);
  await client.untilText('"content":"one"');
  const before = process.memoryUsage().heapUsed;
  client.socket.write(PLAIN.repeat(many) + last);
  await sleep(700);
  assert.ok(client.socket.writableLength > 0, "all was read");
  assert.ok(process.memoryUsage().heapUsed - before < 100_000_000);
  client.socket.destroy();
});

test("HP-12: a head whose end waits because we do not read on is not late", async () => {
  await using hasty = await startGateway({ GEMINI_BASE_URL: gemini.origin, HEADERS_TIMEOUT_MS: "500" });
  gemini.script([streamAnswer([textChunk("one"), pause(1_500), textChunk("end", { finishReason: "STOP" })])]);
  const client = new BareClient(hasty.app.http);
  // More than one read of Node's takes.
  client.socket.write(asked + PLAIN.repeat(4_000) + head("GET /healthz", { connection: "close" }));
  const { text } = await client.untilEnd();
  assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 4_002);
});

test("HP-12: whoever lets many requests wait and leaves takes them along", async () => {
  gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
  // Together more than may wait in the whole process.
  for (let round = 0; round < 700; round++) {
    const client = new BareClient(gateway.app.http);
    client.socket.write(asked + PLAIN.repeat(15));
    await client.untilText('"content":"one"');
    client.socket.destroy();
  }
  await sleep(100);
  const client = new BareClient(gateway.app.http);
  client.socket.write(PLAIN.repeat(19) + head("GET /healthz", { connection: "close" }));
  const { text } = await client.untilEnd();
  assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 20);
});
