// Soak: two gateways behind a balancer that looks at /readyz, restarted in turn under load. No request may be lost.
import { setTimeout as sleep } from "node:timers/promises";
import { Program, type Ready } from "../process/program.ts";
import { jsonAnswer, startFaultyGemini, textChunk } from "../support/faulty-gemini.ts";
import { LICENCE, post } from "../process/rig.ts";
import { atMost, tried, type Figure } from "./figures.ts";

const PROMISED_ROUNDS = 20;
const POLL_MS = 50;
/** Twice what a balancer needs to see that one is not ready. */
const DELAY_MS = 500;

interface Instance {
  program: Program;
  ready: Ready;
  isReady: boolean;
}

/** `rounds` restarts at so many requests a second. */
export async function roll(rounds: number, perSecond: number): Promise<Figure[]> {
  await using gemini = await startFaultyGemini({ keepCalls: 0 });
  gemini.script(() => jsonAnswer(textChunk("fine", { finishReason: "STOP" })));
  const start = async (): Promise<Instance> => {
    const program = new Program({
      env: {
        LICENCES: LICENCE,
        GEMINI_API_KEYS: "roll-key-1111",
        GEMINI_BASE_URL: gemini.origin,
        SHUTDOWN_DELAY_MS: String(DELAY_MS),
        LOG_LEVEL: "error",
      },
    });
    return { program, ready: await program.ready(), isReady: true };
  };
  const instances = [await start(), await start()];
  let runs = true;
  const balancer = (async () => {
    while (runs) {
      for (const instance of instances) {
        instance.isReady = await fetch(`${instance.ready.http}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
      }
      await sleep(POLL_MS);
    }
  })();
  let answered = 0;
  const lost: string[] = [];
  const requests: Promise<void>[] = [];
  const load = (async () => {
    for (let at = 0; runs; at++) {
      const up = instances.filter(({ isReady }) => isReady);
      const chosen = up[at % up.length];
      if (chosen) {
        requests.push(
          post(chosen.ready, { model: "gemini-3.8-flash", messages: [{ role: "user", content: "x" }] }).then(
            async (response) => {
              if (response.status === 200) answered++;
              else lost.push(`${response.status} ${await response.text()}`);
            },
            (error: Error) => void lost.push(error.message),
          ),
        );
      }
      await sleep(1000 / perSecond);
    }
  })();
  const startMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const at = round % instances.length;
    const old = instances[at];
    old?.program.signal("SIGTERM");
    await old?.program.end();
    const startedMs = performance.now();
    instances[at] = await start();
    startMs.push(performance.now() - startedMs);
    await old?.program[Symbol.asyncDispose]();
    await sleep(2 * POLL_MS);
  }
  runs = false;
  await Promise.all([balancer, load]);
  await Promise.all(requests);
  for (const { program } of instances) await program[Symbol.asyncDispose]();
  const example = lost[0] === undefined ? "" : `, e.g. ${lost[0].slice(0, 80)}`;
  return [
    tried("DR-2", "restarts of two gateways, in turn", rounds, PROMISED_ROUNDS),
    atMost("DR-2", `lost of ${answered + lost.length} requests at ${perSecond} a second${example}`, lost.length, 0),
    { id: "DR-2", what: "longest start", value: `${Math.max(...startMs).toFixed(0)} ms` },
  ];
}
