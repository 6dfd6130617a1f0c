// Soak: how a gateway ends: told to, with hundreds of streams open; by a bug; and killed, again and again, on the same store.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { failpoint } from "../process/failpoint.ts";
import { Program } from "../process/program.ts";
import {
  pause,
  repeatable,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { seededRandom } from "../support/faulty-gemini/random.ts";
import { LICENCE } from "../process/rig.ts";
import { atMost, exactly, tried, type Figure } from "./figures.ts";
import { openSse, startRig, type Rig } from "./rig.ts";

const STREAMS = 200;
const PROMISED_KILLS = 200;

/** A word each half second: for so long, or for ever. */
const words = (forMs: number) =>
  streamAnswer(
    repeatable(function* () {
      for (let at = 0; at * 500 < forMs; at++) {
        yield textChunk(`${at} `);
        yield pause(500);
      }
      yield textChunk("end", { finishReason: "STOP" });
    }),
  );

/** Streams of which half may end in time, and a signal: what is told to whom, and when. `graceMs` undefined: the default of 25 s. */
export async function drain(graceMs?: number): Promise<Figure[]> {
  const limitMs = graceMs ?? 25_000;
  await using rig = await startRig({
    SHUTDOWN_DELAY_MS: "1000",
    ...(graceMs !== undefined && { SHUTDOWN_GRACE_MS: String(graceMs) }),
  });
  const { gemini, program, ready } = rig;
  let calls = 0;
  gemini.script(() => words(calls++ % 2 === 0 ? limitMs * 0.4 : Number.POSITIVE_INFINITY));
  const clients = Array.from({ length: STREAMS }, () => openSse(ready));
  await Promise.all(clients.map((client) => client.untilText("data: ")));
  const health = createClient(Health, createGrpcTransport({ baseUrl: `http://${ready.grpc}` }));
  // Who looks after a gateway has a connection to it.
  await health.check({});
  const signalledMs = performance.now();
  const after = async (isTold: () => Promise<boolean>): Promise<number> => {
    while (!(await isTold())) await sleep(2);
    return performance.now() - signalledMs;
  };
  program.signal("SIGTERM");
  const [readyzMs, healthMs] = await Promise.all([
    after(async () => (await fetch(`${ready.http}/readyz`)).status === 503),
    after(async () => (await health.check({})).status === Status.NOT_SERVING),
  ]);
  const { code } = await program.end(limitMs + 60_000);
  const endMs = performance.now() - signalledMs;
  await sleep(200);
  const texts = clients.map(({ bytes }) => bytes.toString());
  const whole = texts.filter((text) => text.includes("[DONE]") && text.includes("end")).length;
  const told = texts.filter(
    (text) => text.includes('"code":"server_shutting_down"') && !text.includes("[DONE]"),
  ).length;
  return [
    atMost("DR-1", "readiness says so after", readyzMs, 100, " ms"),
    atMost("DR-1", "gRPC health says so after", healthMs, 100, " ms"),
    atMost(
      "DR-3",
      `of ${STREAMS} streams neither whole (${whole}) nor told of the end (${told})`,
      STREAMS - whole - told,
      0,
    ),
    atMost("DR-3", `exit with ${code}, after the delay of 1 s`, endMs - 1_000, limitMs + 2_000, " ms"),
    exactly("DR-3", "exit code", code ?? Number.NaN, 0),
    await twice(rig),
  ];
}

async function twice({ gemini }: Rig): Promise<Figure> {
  await using program = startOn(gemini);
  const ready = await program.ready();
  gemini.script(() => words(Number.POSITIVE_INFINITY));
  const clients = Array.from({ length: 100 }, () => openSse(ready));
  await Promise.all(clients.map((client) => client.untilText("data: ")));
  program.signal("SIGTERM");
  await sleep(200);
  program.signal("SIGTERM");
  const { ms } = await program.end(60_000);
  return atMost("DR-9", "with 100 streams open a second signal ends it after", ms, 2_000, " ms");
}

/** A bug in the middle of streams that have no end. */
export async function crash(): Promise<Figure[]> {
  await using rig = await startRig({ NODE_OPTIONS: failpoint('throw new Error("a planted bug")') });
  const { gemini, program, ready } = rig;
  gemini.script(() => words(Number.POSITIVE_INFINITY));
  const clients = Array.from({ length: 20 }, () => openSse(ready));
  await Promise.all(clients.map((client) => client.untilText("data: ")));
  const startedMs = performance.now();
  program.signal("SIGUSR2");
  const { code } = await program.end(60_000);
  const goneMs = performance.now() - startedMs;
  return [
    atMost("NP-1", "with 20 endless streams open a bug ends it after", goneMs, 10_000, " ms"),
    exactly("NP-1", "exit code", code ?? Number.NaN, 1),
  ];
}

function startOn({ origin }: FaultyGemini, directory?: string): Program {
  const env = { LICENCES: LICENCE, GEMINI_API_KEYS: "soak-key-1111", GEMINI_BASE_URL: origin, LOG_LEVEL: "error" };
  return new Program({ env, ...(directory !== undefined && { directory }) });
}

/** `kill -9` at any moment of twenty streams, and a start on the same store. */
export async function kill(times: number, seed: number): Promise<Figure[]> {
  await using gemini = await startFaultyGemini({ keepCalls: 0 });
  gemini.script(() => words(10_000));
  const random = seededRandom(seed);
  await using first = startOn(gemini);
  let program = first;
  let longestMs = 0;
  let goodEnds = 0;
  let broken = 0;
  for (let at = 0; at < times; at++) {
    const startedMs = performance.now();
    const ready = await program.ready();
    if (at > 0) longestMs = Math.max(longestMs, performance.now() - startedMs);
    const clients = Array.from({ length: 20 }, () => openSse(ready));
    await sleep(random() * 300);
    program.signal("SIGKILL");
    await program.exited;
    await sleep(20);
    goodEnds += clients.filter(({ bytes }) => /\[DONE\]|"finish_reason":"/.test(bytes.toString())).length;
    for (const { socket } of clients) socket.destroy();
    const store = new DatabaseSync(join(program.directory, "data/gateway.sqlite"), { readOnly: true });
    if (store.prepare("pragma integrity_check").get()?.["integrity_check"] !== "ok") broken++;
    store.close();
    program = startOn(gemini, first.directory);
  }
  await program[Symbol.asyncDispose]();
  return [
    tried("DR-5", "kills of a gateway with 20 streams", times, PROMISED_KILLS),
    atMost("DR-5", "streams that were told a good end", goodEnds, 0),
    atMost("DR-5", "stores that were broken", broken, 0),
    atMost("DR-5", "longest start afterwards", longestMs, 2_000, " ms"),
  ];
}
