// Goal: a bug that nobody caught is told once, hurts no running stream, and ends the process; nothing goes on in an unknown state.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openAi, readSse } from "../faults/requests.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { pause, startFaultyGemini, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { failpoint } from "./failpoint.ts";
import { Program, type Ready } from "./program.ts";
import { LICENCE, post } from "./rig.ts";

/** What is promised is 10 s. */
const EXIT_MAX_MS = 30_000;

async function isRefused({ http }: Ready): Promise<boolean> {
  const socket = connect(Number(new URL(http).port), "127.0.0.1");
  return await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(false)).once("error", () => resolve(true));
  }).finally(() => socket.destroy());
}

describe("a bug that nobody caught", { concurrency: 2 }, () => {
  for (const [title, statement] of [
    ["exception", 'throw new Error("a planted bug")'],
    ["rejection", 'Promise.reject(new Error("a planted bug"))'],
  ] as const) {
    test(`NP-1: an uncaught ${title} is logged once, nothing new is begun, running streams finish, and the exit code is 1`, async () => {
      await using gemini = await startFaultyGemini();
      await using program = new Program({
        env: {
          LICENCES: LICENCE,
          GEMINI_API_KEYS: "test-key-0123456789",
          GEMINI_BASE_URL: gemini.origin,
          NODE_OPTIONS: failpoint(statement),
        },
      });
      const ready = await program.ready();
      gemini.script([streamAnswer([textChunk("one "), pause(1_500), textChunk("end", { finishReason: "STOP" })])]);
      const response = await post(ready, openAi(true));
      program.signal("SIGUSR2");
      for (let tries = 0; tries < 100 && !(await isRefused(ready)); tries++) await sleep(10);
      assert.ok(await isRefused(ready));
      const answer = readSse(await response.text());
      assert.deepEqual([answer.content, answer.done], ["one end", true]);
      const { code } = await program.end(EXIT_MAX_MS);
      assert.equal(code, 1);
      const told = program.stdout.split("\n").filter((line) => line.includes('"level":"fatal"'));
      assert.equal(told.length, 1, program.stdout);
      assert.match(told[0] ?? "", /a planted bug/);
    });
  }
});

test("HP-3: Node's flag for a lenient parser changes nothing", async () => {
  await using program = new Program({ env: { LICENCES: LICENCE, NODE_OPTIONS: "--insecure-http-parser" } });
  const { http } = await program.ready();
  for (const header of ["content-length: 5\r\ntransfer-encoding: chunked", "transfer-encoding: chunked, identity"]) {
    const client = new BareClient(http);
    client.socket.write(`GET /healthz HTTP/1.1\r\nhost: g\r\n${header}\r\n\r\n0\r\n\r\n`);
    assert.match((await client.untilEnd()).text, /^HTTP\/1\.1 400 /);
  }
});
