// Goal: no request, and no reader, costs the process memory or time out of proportion. Method: a process of its own, and what it
// tells of itself.
import assert from "node:assert/strict";
import { connect as connectHttp2, type ClientHttp2Stream } from "node:http2";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { toBinary } from "@bufbuild/protobuf";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { MODEL, question } from "../faults/requests.ts";
import {
  jsonAnswer,
  raw,
  repeatable,
  sseEvent,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { worstBodies } from "../support/worst-bodies.ts";
import { Program, type Ready } from "./program.ts";

const LICENCE = "process-licence-0123456789";
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
  await post(JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "hi" }] }));
});
after(async () => {
  await program[Symbol.asyncDispose]();
  await gemini.close();
});

async function post(body: string | Buffer): Promise<number> {
  const response = await fetch(`${ready.http}/gemini/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: LICENCE, "content-type": "application/json" },
    body: body as BodyInit,
  });
  await response.text();
  return response.status;
}

interface Costs {
  readonly memoryMb: number;
  readonly cpuS: number;
}

async function costs(): Promise<Costs> {
  const page = await (await fetch(`${ready.http}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^gemini_gateway_${name} (\\S+)`, "m").exec(page)?.[1]);
  return { memoryMb: read("process_resident_memory_bytes") / MB, cpuS: read("process_cpu_seconds_total") };
}

/** The most memory while `work` runs, above that of before; the CPU it took; and the longest wait of somebody else. */
async function measure(work: () => Promise<unknown>): Promise<{ grownMb: number; cpuS: number; waitMs: number }> {
  const start = await costs();
  let most = start.memoryMb;
  let waitMs = 0;
  let runs = true;
  const watch = (async () => {
    while (runs) {
      const startedMs = performance.now();
      most = Math.max(most, (await costs()).memoryMb);
      waitMs = Math.max(waitMs, performance.now() - startedMs);
      await sleep(5);
    }
  })();
  await work();
  runs = false;
  await watch;
  return { grownMb: most - start.memoryMb, cpuS: (await costs()).cpuS - start.cpuS, waitMs };
}

const SIZE = 8_000_000;

describe("a body", () => {
  for (const [title, make] of worstBodies(SIZE)) {
    test(`BP-6, BP-7: of ${title} costs memory and time in proportion, and holds up nobody for long`, async () => {
      const body = make();
      let status = 0;
      const { grownMb, cpuS, waitMs } = await measure(async () => (status = await post(body)));
      assert.ok(status === 200 || (status >= 400 && status < 500), String(status));
      const what = `${title}: ${body.length / MB} MB, ${status}, +${grownMb.toFixed(0)} MB, ${cpuS} s, ${waitMs.toFixed(0)} ms`;
      // 4 × body + 8 MiB, 1 s of CPU for 20 MB and 200 ms are promised.
      assert.ok(grownMb < NOISE_MB + (10 * body.length) / MB, what);
      assert.ok(cpuS < 10, what);
      assert.ok(waitMs < 2_000, what);
    });
  }
});

function openStream(window: number): { stream: ClientHttp2Stream; close: () => void } {
  const session = connectHttp2(`http://${ready.grpc}`, { settings: { initialWindowSize: window } });
  session.on("error", () => undefined);
  const stream = session.request({
    ":method": "POST",
    ":path": "/gemini.chat.v1.ChatService/StreamChat",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: LICENCE,
  });
  stream.on("error", () => undefined).pause();
  return { stream, close: () => session.destroy() };
}

function framed(message: Uint8Array, compressed = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const event = raw(sseEvent(textChunk("x".repeat(65_536))));
const endless = streamAnswer(
  repeatable(function* () {
    for (;;) yield event;
  }),
);

describe("gRPC", () => {
  test("BP-2: 100 readers who open no window cost little memory", async () => {
    gemini.script(() => endless);
    const calls = gemini.calls.length;
    const readers = Array.from({ length: 100 }, () => openStream(0));
    const { grownMb } = await measure(async () => {
      for (const { stream } of readers) stream.end(framed(toBinary(ChatRequestSchema, question())));
      await gemini.waitForCalls(calls + 100, 20_000);
      await sleep(2_000);
    });
    for (const { close } of readers) close();
    // 250 MB are promised.
    assert.ok(grownMb < 400, `+${grownMb} MB`);
    for (const call of gemini.calls.slice(calls)) assert.equal(await call.whenEnded(20_000), "client-closed");
    gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  });

  test("HP-9: a small message that inflates to 500 MB is refused before it has", async () => {
    const bomb = gzipSync(Buffer.alloc(500_000_000));
    const session = connectHttp2(`http://${ready.grpc}`);
    const stream = session.request({
      ":method": "POST",
      ":path": "/gemini.chat.v1.ChatService/Chat",
      "content-type": "application/grpc",
      "grpc-encoding": "gzip",
      te: "trailers",
      authorization: LICENCE,
    });
    let status = "";
    stream.on("error", () => undefined).on("trailers", (fields) => (status = String(fields["grpc-status"])));
    stream.on("response", (fields) => (status ||= String(fields["grpc-status"] ?? ""))).resume();
    const { grownMb } = await measure(async () => {
      stream.end(framed(bomb, 1));
      await new Promise((resolve) => stream.once("close", resolve));
    });
    session.destroy();
    assert.equal(status, "8");
    assert.ok(grownMb < NOISE_MB + 2 * 34, `+${grownMb} MB`);
  });
});
