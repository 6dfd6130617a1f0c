// Goal: what a request adds to objects that live as long as the process it takes away again; a thousand leave what one leaves.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { jsonAnswer, startFaultyGemini, streamAnswer, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { openAi, question, readStream } from "./requests.ts";

/** The promise is checked with 100 000. */
const REQUESTS = 1_000;
const AT_ONCE = 25;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini({ keepCalls: 0 });
  const end = textChunk("fine", { finishReason: "STOP" });
  gemini.script(({ streaming }) => (streaming ? streamAnswer([textChunk("one "), end]) : jsonAnswer(end)));
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, LOG_LEVEL: "warn" });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

/** Listeners on the process by event, and what keeps the event loop alive by kind. */
function inventory(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of process.eventNames()) counts[`on ${String(event)}`] = process.listenerCount(event);
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

async function run(requests: number): Promise<void> {
  const wires = transportsOf(gateway).filter(({ name }) =>
    /^(?:local|gRPC over HTTP\/2|Connect with JSON)$/.test(name),
  );
  const clients = wires.map(({ transport }) => createClient(ChatService, transport));
  for (let at = 0; at < requests; at += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, offset) => {
        const client = clients[offset % 5];
        if (client) assert.ok((await readStream(client.streamChat(question()))).finished);
        else assert.match(await (await gateway.post(openAi(offset % 2 === 0))).text(), /fine/);
      }),
    );
  }
}

test("NP-7: no listener and no timer is left by a request, and Node warns of none", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  await run(100);
  await sleep(100);
  const before = inventory();
  await run(REQUESTS);
  await sleep(100);
  const after = inventory();
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
  for (const [kind, count] of Object.entries(after)) {
    // Kept-alive connections come and go; one for each of the thousand would be seen.
    assert.ok(count <= (before[kind] ?? 0) + 2 * AT_ONCE, `${kind}: ${before[kind] ?? 0}, then ${count}`);
    if (kind.startsWith("on ")) assert.equal(count, before[kind] ?? 0, kind);
  }
});
