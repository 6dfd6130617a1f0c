// Goal: no request, and no reader, costs the process memory or time out of proportion. Method: a process of its own, and what it
// tells of itself.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { openAi, question } from "../faults/requests.ts";
import { firehose, jsonAnswer, startFaultyGemini, textChunk, type FaultyGemini } from "../support/faulty-gemini.ts";
import { askStream, framed, openSession, openStream } from "../support/raw-grpc.ts";
import { worstBodies } from "../support/worst-bodies.ts";
import { Program, type Ready } from "./program.ts";
import { LICENCE, post } from "./rig.ts";
import { costsOf } from "./vitals.ts";

const MB = 1e6;
/** What a process takes the first time it does a thing, and garbage that is not collected yet. */
const NOISE_MB = 150;

let gemini: FaultyGemini;
let program: Program;
let ready: Ready;
before(async () => {
  gemini = await startFaultyGemini();
  gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  program = new Program({
    env: {
      LICENCES: LICENCE,
      GEMINI_API_KEYS: "test-key-0123456789",
      GEMINI_BASE_URL: gemini.origin,
      REQUEST_BODY_MAX_BYTES: "32MiB",
      UPSTREAM_BODY_MAX_BYTES: "10GiB",
    },
  });
  ready = await program.ready();
  await (await post(ready, openAi(false))).text();
});
after(async () => {
  await program[Symbol.asyncDispose]();
  await gemini.close();
});

const SIZE = 8_000_000;

describe("a body", () => {
  for (const [title, make] of worstBodies(SIZE)) {
    test(`BP-6, BP-7: of ${title} costs memory and time in proportion, and holds up nobody for long`, async () => {
      const body = Buffer.from(make());
      let status = 0;
      const { grownMb, cpuS, waitMs } = await costsOf(ready, async () => {
        const response = await post(ready, body);
        ({ status } = response);
        await response.text();
      });
      assert.ok(status === 200 || (status >= 400 && status < 500), String(status));
      const what = `${title}: ${body.length / MB} MB, ${status}, +${grownMb.toFixed(0)} MB, ${cpuS} s, ${waitMs.toFixed(0)} ms`;
      // 4 × body + 8 MiB, 1 s of CPU for 20 MB and 200 ms are promised.
      assert.ok(grownMb < NOISE_MB + (10 * body.length) / MB, what);
      assert.ok(cpuS < 10, what);
      assert.ok(waitMs < 2_000, what);
    });
  }
});

const endless = firehose();

describe("gRPC", () => {
  test("BP-2: 100 readers who open no window cost little memory", async () => {
    gemini.script(() => endless);
    const calls = gemini.calls.length;
    const readers = Array.from({ length: 100 }, () => openSession(ready.grpc ?? "", 0));
    const { grownMb } = await costsOf(ready, async () => {
      for (const session of readers) askStream(session, LICENCE, question()).pause();
      await gemini.waitForCalls(calls + 100, 20_000);
      await sleep(2_000);
    });
    for (const session of readers) session.destroy();
    // 250 MB are promised.
    assert.ok(grownMb < 400, `+${grownMb} MB`);
    for (const call of gemini.calls.slice(calls)) assert.equal(await call.whenEnded(20_000), "client-closed");
    gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  });

  test("HP-9: a small message that inflates to 500 MB is refused before it has", async () => {
    const bomb = gzipSync(Buffer.alloc(500_000_000));
    const session = openSession(ready.grpc ?? "");
    const stream = openStream(session, LICENCE, {
      ":path": "/gemini.chat.v1.ChatService/Chat",
      "grpc-encoding": "gzip",
    });
    let status = "";
    stream.on("trailers", (fields) => (status = String(fields["grpc-status"])));
    stream.on("response", (fields) => (status ||= String(fields["grpc-status"] ?? ""))).resume();
    const { grownMb } = await costsOf(ready, async () => {
      stream.end(framed(bomb, true));
      await new Promise((resolve) => stream.once("close", resolve));
    });
    session.destroy();
    assert.equal(status, "8");
    assert.ok(grownMb < NOISE_MB + 2 * 34, `+${grownMb} MB`);
  });
});
