// Goal: a process that may open no more files or sockets says so to those it cannot serve, lives, and serves again.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openAi } from "../faults/requests.ts";
import { chatRequest } from "../facade/raw.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { startFaultyGemini, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { Program, type Ready } from "./program.ts";

const LICENCE = "process-licence-0123456789";
const CLIENTS = 60;

async function statusOf({ http }: Ready): Promise<number> {
  const response = await fetch(`${http}/gemini/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: LICENCE, "content-type": "application/json", connection: "close" },
    body: JSON.stringify(openAi(true)),
  });
  await response.text();
  return response.status;
}

// The list of open files is Linux's.
const skip = process.platform !== "linux";

test(
  "OV-8, NP-5: without free file descriptors calls are 503 or not taken, until there are some again",
  { skip },
  async () => {
    await using gemini = await startFaultyGemini();
    await using program = new Program({
      openFiles: 80,
      env: { LICENCES: LICENCE, GEMINI_API_KEYS: "test-key-0123456789", GEMINI_BASE_URL: gemini.origin },
    });
    const ready = await program.ready();
    gemini.script(() => streamAnswer([textChunk("fine", { finishReason: "STOP" })]));
    assert.equal(await statusOf(ready), 200);
    gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
    const clients = Array.from({ length: CLIENTS }, () => new BareClient(ready.http));
    for (const { socket } of clients) {
      socket.write(chatRequest(JSON.stringify(openAi(true)), { authorization: LICENCE }));
    }
    const statuses = (): string[] => clients.map(({ bytes }) => bytes.toString("latin1", 9, 12));
    for (let tries = 0; tries < 200 && !statuses().includes("503"); tries++) await sleep(50);
    assert.ok(statuses().includes("503"), statuses().join(" "));
    assert.ok(
      statuses().every((status) => ["200", "503", ""].includes(status)),
      statuses().join(" "),
    );
    for (const { socket } of clients) socket.destroy();
    gemini.script(() => streamAnswer([textChunk("fine", { finishReason: "STOP" })]));
    let last = 0;
    for (let tries = 0; tries < 100 && last !== 200; tries++) {
      last = await statusOf(ready).catch(() => 0);
      await sleep(50);
    }
    assert.equal(last, 200);
    const page = await (await fetch(`${ready.http}/metrics`)).text();
    const told = Number(/process_open_fds (\d+)/.exec(page)?.[1]);
    const open = readdirSync(`/proc/${program.pid}/fd`).length;
    assert.ok(Math.abs(told - open) <= 3, `told ${told}, open ${open}`);
    const toldMb = Number(/^gemini_gateway_process_resident_memory_bytes (\d+)/m.exec(page)?.[1]) / 1e6;
    const status = readFileSync(`/proc/${program.pid}/status`, "utf8");
    const residentMb = (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6;
    assert.ok(Math.abs(toldMb - residentMb) < 30, `told ${toldMb} MB, resident ${residentMb} MB`);
  },
);
