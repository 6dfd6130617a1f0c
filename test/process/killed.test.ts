// Goal: whichever process is killed or stopped, at whatever moment, nobody is told a good end that was none; and what was kept is kept.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { chatRequest } from "../facade/raw.ts";
import { openAi, question, readSse, readStream } from "../faults/requests.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { seededRandom } from "../support/faulty-gemini/random.ts";
import {
  callChunk,
  jsonAnswer,
  pause,
  repeatable,
  startFaultyGemini,
  streamAnswer,
  textChunk,
} from "../support/faulty-gemini.ts";
import { Program } from "./program.ts";
import { LICENCE, post, startRig } from "./rig.ts";

/** What is promised is 100 ms, and 2 s for a start; a busy machine may take longer. */
const PROMPT_MS = 1_000;
const START_MS = 20_000;
/** A busy machine, too, tells of an event within it. */
const LIMIT_MS = 2_000;

const ticking = (events: number) =>
  streamAnswer(
    repeatable(function* () {
      for (let at = 0; at < events; at++) {
        yield textChunk(`${at} `);
        yield pause(50);
      }
      yield textChunk("end", { finishReason: "STOP" });
    }),
  );

/** All that a ticking answer says. */
const wholeText = (events: number): string => `${Array.from({ length: events }, (_, at) => `${at} `).join("")}end`;

describe("a gateway that is killed", { concurrency: 2 }, () => {
  test("DR-5, ST-4: is a broken answer to each of its callers, and frees Gemini", async () => {
    await using rigged = await startRig();
    const { gemini, program } = rigged;
    const ready = await program.ready();
    gemini.script(({ streaming }) => (streaming ? ticking(1_000) : ["stall"]));
    const sse = new BareClient(ready.http);
    sse.socket.write(chatRequest(JSON.stringify(openAi(true)), { authorization: LICENCE }));
    await sse.untilText('"content":"2 "');
    const json = assert.rejects(post(ready, openAi(false)));
    const fetched = assert.rejects((await post(ready, openAi(true))).text());
    const headers = { authorization: LICENCE };
    const rpcs = [
      createGrpcTransport({ baseUrl: `http://${ready.grpc}` }),
      createConnectTransport({ baseUrl: ready.http, httpVersion: "1.1" }),
    ].map((transport) => readStream(createClient(ChatService, transport).streamChat(question(), { headers })));
    await gemini.waitForCalls(5);
    await sleep(200);
    const killedMs = performance.now();
    program.signal("SIGKILL");
    const { text } = await sse.untilEnd();
    assert.match(text, /"content":"2 "/);
    assert.doesNotMatch(text, /\[DONE\]|"finish_reason":"|\r\n0\r\n\r\n$/);
    await Promise.all([json, fetched]);
    for (const { text: told, finished, failure } of await Promise.all(rpcs)) {
      assert.ok(wholeText(1_000).startsWith(told), told);
      assert.equal(finished, false);
      assert.ok(failure);
    }
    for (const call of gemini.calls) {
      assert.equal(await call.whenEnded(), "client-closed");
      assert.ok((call.closedAt ?? Number.POSITIVE_INFINITY) - killedMs < PROMPT_MS);
    }
  });

  test("DR-5: finds its store whole again, with the licence and the memory of all before it", async () => {
    await using gemini = await startFaultyGemini();
    const random = seededRandom(5);
    let signature = "";
    gemini.script(({ streaming }) => {
      const id = `id-${signature}`;
      const answer = callChunk("f", { a: 1 }, { id, signature: btoa(signature) }, { finishReason: "STOP" });
      return streaming ? streamAnswer([answer]) : jsonAnswer(answer);
    });
    const env = { GEMINI_API_KEYS: "test-key-0123456789", GEMINI_BASE_URL: gemini.origin };
    const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
    const model = "gemini-3.8-flash";
    const asked = { role: "user", content: "hi" };
    const kept: { signature: string; call: object; id: string }[] = [];
    let licence = "";
    const first = new Program({ env });
    let program = first;
    for (let round = 0; round < 3; round++) {
      const startedMs = performance.now();
      const ready = await program.ready();
      assert.ok(performance.now() - startedMs < START_MS);
      licence ||= /^ {4}(\S{16,256})$/m.exec(program.stdout)?.[1] ?? "";
      const licensed = { headers: { authorization: licence } };
      signature = `signature-of-round-${round}`;
      const response = await post(ready, { model, messages: [asked], tools }, licensed);
      assert.equal(response.status, 200, "the licence that was minted before the kill is still one");
      const { choices } = (await response.json()) as {
        choices: { message: { tool_calls: { id: string; extra_content?: object }[] } }[];
      };
      const [made] = choices[0]?.message.tool_calls ?? [];
      assert.ok(made);
      const { extra_content: _, ...call } = made;
      kept.push({ signature: btoa(signature), call, id: call.id });
      for (const one of kept) {
        const turn = { role: "assistant", content: null, tool_calls: [one.call] };
        const result = { role: "tool", tool_call_id: one.id, content: "{}" };
        const again = await post(ready, { model, messages: [asked, turn, result], tools }, licensed);
        assert.equal(again.headers.get("x-gateway-warnings"), null);
        await again.text();
        assert.ok(gemini.calls.at(-1)?.body.includes(one.signature), `${one.id} is forgotten in round ${round}`);
      }
      // What was told half a second ago is written; what is asked now may be lost, and must not hurt the rest.
      await sleep(500);
      const last = Array.from({ length: 10 }, () => post(ready, { model, messages: [asked], tools }, licensed));
      await sleep(random() * 40);
      program.signal("SIGKILL");
      await Promise.allSettled(last);
      await program.exited;
      const store = new DatabaseSync(join(program.directory, "data/gateway.sqlite"), { readOnly: true });
      assert.deepEqual({ ...store.prepare("pragma integrity_check").get() }, { integrity_check: "ok" });
      store.close();
      program = new Program({ env, directory: first.directory });
    }
    await program[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  });
});

describe("a process that is stopped and goes on", { concurrency: 3 }, () => {
  for (const [what, stoppedMs] of [
    ["shorter", LIMIT_MS / 2],
    ["longer", 2 * LIMIT_MS],
  ] as const) {
    test(`TM-3: a gateway that stands still for ${what} than a silence of Gemini may be ends no stream and loses nothing`, async () => {
      await using rigged = await startRig({
        STREAM_IDLE_TIMEOUT_MS: String(LIMIT_MS),
        FIRST_EVENT_TIMEOUT_MS: String(LIMIT_MS),
        KEEP_ALIVE_INTERVAL_MS: "200",
      });
      const { gemini, program } = rigged;
      const ready = await program.ready();
      gemini.script(() => ticking(40));
      const sse = post(ready, openAi(true)).then((response) => response.text());
      const transport = createGrpcTransport({ baseUrl: `http://${ready.grpc}` });
      const headers = { authorization: LICENCE };
      const rpc = readStream(createClient(ChatService, transport).streamChat(question(), { headers }));
      await gemini.waitForCalls(2);
      await sleep(200);
      program.signal("SIGSTOP");
      await sleep(stoppedMs);
      program.signal("SIGCONT");
      const answer = readSse(await sse);
      assert.deepEqual([answer.content, answer.error, answer.done], [wholeText(40), undefined, true]);
      const told = await rpc;
      assert.deepEqual([told.text, told.finished, told.failure], [wholeText(40), true, undefined]);
    });
  }

  test("HP-1: a gateway that stands still for longer than a request may take to arrive refuses none that came meanwhile", async () => {
    await using rigged = await startRig({ HEADERS_TIMEOUT_MS: "1000", REQUEST_BODY_TIMEOUT_MS: "1000" });
    const { gemini, program } = rigged;
    const ready = await program.ready();
    gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
    const body = JSON.stringify(openAi(false)).padEnd(1_000_000);
    const request = chatRequest(body, { authorization: LICENCE, connection: "close" });
    // Nothing, half a head, and a head with half a body.
    const cuts = [0, 40, request.length / 2];
    const clients = cuts.map((cut) => {
      const client = new BareClient(ready.http);
      client.socket.write(request.slice(0, cut));
      return client;
    });
    await sleep(200);
    program.signal("SIGSTOP");
    for (const [at, { socket }] of clients.entries()) socket.write(request.slice(cuts[at]));
    await sleep(2 * LIMIT_MS);
    program.signal("SIGCONT");
    for (const client of clients) assert.match((await client.untilEnd()).text, /^HTTP\/1\.1 200 [^]*"fine"/);
    assert.equal(gemini.calls.length, clients.length);
  });

  test("TM-3: a Gemini that stands still ends the stream with its limit, and is used again when it goes on", async (context) => {
    const emulator = spawn(process.execPath, [join(import.meta.dirname, "../../src/emulator/main.ts")], {
      env: { EMULATOR_PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    context.after(() => emulator.kill("SIGKILL"));
    const [line] = (await once(emulator.stdout, "data")) as [Buffer];
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line.toString())?.[0] ?? "";
    const key = /x-goog-api-key: ([^']+)/.exec(line.toString())?.[1] ?? "";
    await using gateway = new Program({
      env: {
        LICENCES: LICENCE,
        GEMINI_API_KEYS: key,
        GEMINI_BASE_URL: origin,
        FIRST_EVENT_TIMEOUT_MS: String(LIMIT_MS),
      },
    });
    const ready = await gateway.ready();
    assert.equal((await post(ready, openAi(false))).status, 200);
    emulator.kill("SIGSTOP");
    const startedMs = performance.now();
    const response = await post(ready, openAi(true));
    assert.equal(response.status, 504);
    assert.match(await response.text(), /"code":"first_event_timeout"/);
    assert.ok(performance.now() - startedMs < 10 * LIMIT_MS);
    emulator.kill("SIGCONT");
    assert.ok(readSse(await (await post(ready, openAi(true))).text()).done);
  });
});

test("CX-1: a client that is killed closes Gemini's connection", async () => {
  await using rigged = await startRig();
  const { gemini, program } = rigged;
  const ready = await program.ready();
  gemini.script(() => streamAnswer([textChunk("one"), "stall"]));
  const request = chatRequest(JSON.stringify(openAi(true)), { authorization: LICENCE });
  const code = `require("net").connect(${new URL(ready.http).port}, "127.0.0.1").on("data", () => console.log("told")).write(${JSON.stringify(request)})`;
  const client = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await once(client.stdout, "data");
  const [call] = await gemini.waitForCalls(1);
  const killedMs = performance.now();
  client.kill("SIGKILL");
  assert.equal(await call?.whenEnded(), "client-closed");
  assert.ok((call?.closedAt ?? Number.POSITIVE_INFINITY) - killedMs < PROMPT_MS);
});
