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

test("HP-12: a connection with too many waiting calls is closed", async () => {
  gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
  const client = new BareClient(gateway.app.http);
  client.socket.write(asked + head("GET /healthz").repeat(1_000));
  await client.untilEnd();
});
