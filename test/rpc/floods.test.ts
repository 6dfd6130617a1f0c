// Goal: peers that flood the gRPC port with frames, or vanish without a word, are sent away, and all others are served as before.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect as connectHttp2 } from "node:http2";
import { after, before, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { question } from "../faults/requests.ts";
import { jsonAnswer, startFaultyGemini, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { within } from "../support/faulty-gemini/deadline.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { flood, FLOODS, ping } from "../support/h2-floods.ts";
import { frame, openRawH2 } from "../support/h2-frames.ts";

const ENHANCE_YOUR_CALM = 11;
/** A peer that is to be cut is cut within so long, on a busy machine. */
const CUT_MS = 10_000;

let gemini: FaultyGemini;
let gateway: TestGateway;
let host: string;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  assert.ok(gateway.app.grpc);
  host = gateway.app.grpc;
  gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

/** What another client waits for its answer, in milliseconds. */
async function waitOfAnother(): Promise<number> {
  const client = createClient(ChatService, createGrpcTransport({ baseUrl: `http://${host}` }));
  const startedMs = performance.now();
  await client.chat(question(), { headers: { authorization: LICENCE } });
  return performance.now() - startedMs;
}

test("HP-10: a peer that pings without end gets a GOAWAY, also one that does not read, and others are served", async () => {
  for (const reads of [true, false]) {
    const peer = openRawH2(host);
    if (!reads) peer.socket.pause();
    await flood(peer, 5_000, ping);
    if (!reads) peer.socket.resume();
    await within(peer.closed, CUT_MS, "the end of the connection");
    if (reads) assert.equal(peer.goneAway(), ENHANCE_YOUR_CALM);
    assert.ok((await waitOfAnother()) < 2_000);
  }
});

test("HP-10: a peer that pings now and then is left alone", async () => {
  const session = connectHttp2(`http://${host}`);
  session.on("error", () => undefined);
  await new Promise((resolve) => session.once("connect", resolve));
  for (let at = 0; at < 60; at++) await new Promise((resolve) => session.ping(resolve));
  assert.equal(session.destroyed, false);
  session.destroy();
});

for (const [title, times, bytes] of FLOODS) {
  test(`HP-8: a flood of ${title} keeps nobody from being served`, async () => {
    const calls = gemini.calls.length;
    const alone = await waitOfAnother();
    const peer = openRawH2(host);
    const flooding = flood(peer, times, bytes);
    const beside = await waitOfAnother();
    await flooding;
    const afterwards = await waitOfAnother();
    peer.socket.destroy();
    // What is promised is twice the wait; loopback's milliseconds are too few to be doubled in a test.
    assert.ok(Math.max(beside, afterwards) < 2_000, `${alone}, ${beside}, ${afterwards} ms`);
    assert.equal(gemini.calls.length, calls + 3, "without a licence nothing reaches Gemini");
  });
}

test("HP-8, FZ-6: random frames of many peers hurt nobody", async () => {
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      const peer = openRawH2(host);
      await flood(peer, 20, (at) => {
        const random = randomBytes(30);
        return frame((random[0] ?? 0) % 11, random[1] ?? 0, (random[2] ?? 0) % 8, random.subarray(3, 3 + (at % 27)));
      });
      peer.socket.destroy();
    }),
  );
  assert.ok((await waitOfAnother()) < 2_000);
});
