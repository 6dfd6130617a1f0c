// Soak: callers who leave, in each phase of a call, by each wire and in each manner: for how long what they began outlives them.
import { constants } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { startRawHost } from "../media/raw-host.ts";
import { Program, type Ready } from "../process/program.ts";
import { untilIdle, vitalsOf } from "../process/vitals.ts";
import {
  errorAnswer,
  geminiError,
  headNow,
  pause,
  repeatable,
  streamAnswer,
  textChunk,
  type Answer,
  type Call,
} from "../support/faulty-gemini.ts";
import { MEDIA_FAULTS } from "../support/media-hosts.ts";
import { atMost, percentile, type Figure } from "./figures.ts";
import { openGrpc, openSse, type Rig } from "./rig.ts";

/** Asks; what is returned leaves. */
type Ask = (ready: Ready, facts?: object) => () => void;

const askSse: Ask = (ready, facts) => {
  const { socket } = openSse(ready, facts);
  return () => void socket.resetAndDestroy();
};
const manners: readonly Ask[] = [
  askSse,
  (ready) => {
    const { socket } = openSse(ready);
    return () => void socket.end();
  },
  ({ grpc }) => {
    const { session, stream } = openGrpc(grpc);
    return () => {
      stream.close(constants.NGHTTP2_CANCEL);
      stream.once("close", () => session.destroy());
    };
  },
  ({ grpc }) => {
    const { session } = openGrpc(grpc);
    return () => session.destroy();
  },
];

const phases: Readonly<Record<string, Answer>> = {
  "before an answer": ["stall"],
  "at its head": streamAnswer([headNow, "stall"]),
  "in its middle": streamAnswer([textChunk("one"), "stall"]),
};

/** One by one, `count` times in each phase and manner. */
export async function leave({ gemini, ready }: Rig, count: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [phase, answer] of Object.entries(phases)) {
    const lives: number[] = [];
    for (let at = 0; at < count * manners.length; at++) {
      const begun = Promise.withResolvers<Call>();
      gemini.script((call) => {
        begun.resolve(call);
        return answer;
      });
      const go = manners[at % manners.length]?.(ready);
      const call = await begun.promise;
      // What Gemini said first has to arrive.
      await sleep(5);
      const leftMs = performance.now();
      go?.();
      await call.whenEnded();
      lives.push((call.closedAt ?? Number.POSITIVE_INFINITY) - leftMs);
    }
    const [p50, p99] = [percentile(lives, 0.5), percentile(lives, 0.99)];
    const what = `p99 of Gemini's connection after its caller left ${phase} (${lives.length} times, p50 ${p50.toFixed(1)} ms)`;
    figures.push(atMost("CX-1", what, p99, 100, " ms"));
  }
  return [...figures, ...(await leaveWaits(ready, gemini, count)), ...(await leaveFetches(ready, count))];
}

/** All at once, while Gemini is given time before it is asked again. */
async function leaveWaits(ready: Ready, gemini: Rig["gemini"], count: number): Promise<Figure[]> {
  const wait = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "4s" };
  const busy = errorAnswer(geminiError(503, "UNAVAILABLE", "The model is overloaded.", [wait]));
  let calls = 0;
  gemini.script(() => {
    calls++;
    return busy;
  });
  const leaves = Array.from({ length: count }, () => askSse(ready));
  while (calls < count) await sleep(10);
  await sleep(200);
  const goneMs = await untilGone(ready, leaves);
  return [
    atMost("CX-1", `until nothing was left of ${count} who left between two attempts`, goneMs, 100, " ms"),
    atMost("CX-1", "attempts after they left", calls - count, 0),
  ];
}

/** All at once, while their images are fetched or wait for it: four at a time. */
async function leaveFetches(ready: Ready, count: number): Promise<Figure[]> {
  await using host = await startRawHost(MEDIA_FAULTS["silence in its body"] ?? (() => undefined));
  const content = [{ type: "image_url", image_url: { url: `${host.url}/a.png` } }];
  const leaves = Array.from({ length: count }, () => askSse(ready, { messages: [{ role: "user", content }] }));
  while (host.connections.size === 0 || (await vitalsOf(ready)).active < count) await sleep(10);
  const fetching = host.connections.size;
  const goneMs = await untilGone(ready, leaves);
  return [
    atMost(
      "MF-11",
      `until nothing was left of ${count} who left when ${fetching} of their images were fetched`,
      goneMs,
      100,
      " ms",
    ),
    atMost("MF-11", "connections to the host of their images", host.connections.size, 0),
  ];
}

/** Lets all leave; how long the gateway counts one of them. */
async function untilGone(ready: Ready, leaves: readonly (() => void)[]): Promise<number> {
  const leftMs = performance.now();
  for (const go of leaves) go();
  await untilIdle(ready, 1);
  return performance.now() - leftMs;
}

/** Callers of a facade whose service is another process, who all leave at once. */
export async function leaveFar({ gemini, ready: service }: Rig, count: number): Promise<Figure[]> {
  await using program = new Program({ env: { CHAT_SERVICE_URL: `http://${service.grpc}`, LOG_LEVEL: "error" } });
  const facade = await program.ready();
  gemini.script(() =>
    streamAnswer(
      repeatable(function* () {
        for (;;) yield* [textChunk("tick "), pause(30)];
      }),
    ),
  );
  const clients = Array.from({ length: count }, () => openSse(facade));
  await Promise.all(clients.map((client) => client.untilText("tick")));
  const goneMs = await untilGone(
    service,
    clients.map(
      ({ socket }) =>
        () =>
          void socket.resetAndDestroy(),
    ),
  );
  return [
    atMost("CX-2", `until a service had no handler left of ${count} callers of its facade`, goneMs, 1_000, " ms"),
  ];
}
