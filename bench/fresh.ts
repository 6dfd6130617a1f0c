// Measurements that each get a process of their own: the start, slow streams, large uploads.

import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import type { IncomingMessage } from "node:http";
import type { LoadClient } from "./load-client.ts";
import { rssBytesOf } from "./process-stats.ts";
import { toFigures, toSlowFigures, type Figures, type Sample } from "./samples.ts";
import { ROUTE, type Scenario } from "./scenarios.ts";
import { startTarget, type StartedName, type Target, type TargetSetting } from "./targets.ts";
import { BENCH_MARK } from "../test/support/faulty-gemini.ts";

/** Background work of the start is over by then. */
const SETTLE_MS = 1_000;
const FIRST_ANSWER_DEADLINE_MS = 10_000;
/** Uploads need some time to pile up beside each other. */
const UPLOAD_WINDOWS = 2;

/** One measurement on a new process. What fails under load counts as errors. */
export async function measureFresh(
  client: LoadClient,
  scenario: Scenario,
  name: StartedName,
  setting: TargetSetting,
  round: number,
  measureMs: number,
): Promise<Sample> {
  const { target, process } = await startTarget(name, setting);
  await using _ = process;
  const figures =
    scenario.load === "start"
      ? { startMs: process.startMs + (await firstAnswerMs(target, scenario)) }
      : await measureLoad(client, scenario, target, measureMs);
  return { scenario: scenario.name, target: name, round, figures };
}

async function measureLoad(
  client: LoadClient,
  scenario: Scenario,
  target: Target,
  measureMs: number,
): Promise<Figures> {
  await sleep(SETTLE_MS);
  const idleRssBytes = rssBytesOf(target.pid ?? 0);
  const result = await client.measure(scenario, target, 0, measureMs * scenario.windows * UPLOAD_WINDOWS);
  if (result.firstBad !== undefined) console.error(`${target.name}, ${scenario.name}: ${result.firstBad}`);
  if (scenario.load === "slow") return toSlowFigures(scenario, result, idleRssBytes);
  return { ...toFigures(scenario, result), errors: result.badAnswers };
}

/** How long a target that listens needs for its first answer, which must be right. */
async function firstAnswerMs({ address, licence, name }: Target, { model }: Scenario): Promise<number> {
  const askedAt = performance.now();
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Are you there?" }] });
  const asked = request(`http://${address}${ROUTE}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${licence}` },
    signal: AbortSignal.timeout(FIRST_ANSWER_DEADLINE_MS),
  }).end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const answer = await text(response);
  const tookMs = performance.now() - askedAt;
  if (response.statusCode === 200 && answer.includes(BENCH_MARK)) return tookMs;
  throw new Error(`void: the first answer of ${name} is wrong: ${answer}`);
}
