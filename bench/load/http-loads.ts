// Loads over HTTP/1.1: as fast as answers come, at a fixed rate, or one slow stream for each connection.

import { performance } from "node:perf_hooks";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { highestRssBytesOf } from "../process-stats.ts";
import type { LoadOrder } from "../load.ts";
import { toRequest } from "../requests.ts";
import { SLOW_PLATEAU_S, SLOW_RAMP_PER_SECOND, type Scenario } from "../scenarios.ts";
import { LoadConnection } from "./connection.ts";
import { observe, type LoadResult } from "./observe.ts";
import { Tally } from "./tally.ts";

/** Timers come up to a millisecond late; what is left before a request is due is waited for awake. */
const AWAKE_MS = 1.5;
/** Streams that have just begun are no plateau yet. */
const RAMP_ECHO_MS = 500;

/** Each connection asks again as soon as it is answered. */
export async function closedLoop(order: LoadOrder, scenario: Scenario): Promise<LoadResult> {
  const tally = new Tally();
  let ending = false;
  const open = connector(order, scenario, tally, (connection) => {
    if (ending) connection.close();
    else connection.send();
  });
  const connections = Array.from({ length: scenario.connections }, open);
  for (const connection of connections) connection.send();
  await sleep(order.warmUpMs);
  const seen = await observe(tally, order.pid, sleep(order.measureMs));
  ending = true;
  await Promise.all(connections.map(({ closed }) => closed));
  return withBad(seen, tally);
}

/** A request whenever one is due, on a free connection or a new one; times count from when it was due. Heated in a closed loop. */
export async function openLoop(order: LoadOrder, scenario: Scenario): Promise<LoadResult> {
  const heated = await closedLoop({ ...order, measureMs: 0 }, scenario);
  if (order.measureMs === 0) return heated;
  const tally = new Tally();
  const free: LoadConnection[] = [];
  const all: LoadConnection[] = [];
  let lost = 0;
  const connect = connector(order, scenario, tally, (connection) => free.push(connection));
  const open = (): LoadConnection => {
    const connection = connect();
    all.push(connection);
    void connection.closed.then(() => lost++);
    return connection;
  };
  while (all.length < scenario.connections) free.push(open());
  const askAtRate = async (): Promise<void> => {
    const startedAt = performance.now();
    const count = (order.measureMs * scenario.ratePerSecond) / 1_000;
    for (let at = 0; at < count; at++) {
      const dueAt = startedAt + (at * 1_000) / scenario.ratePerSecond;
      await untilDue(dueAt);
      (free.pop() ?? open()).send(dueAt);
    }
    while (free.length + lost < all.length) await sleep(1);
  };
  const seen = await observe(tally, order.pid, askAtRate());
  for (const connection of all) connection.close();
  return {
    ...seen,
    badAnswers: heated.badAnswers + tally.badAnswers,
    firstBad: heated.firstBad ?? tally.firstBad,
  };
}

/** Each connection asks once, at the ramp's rate; events count while all streams run beside each other. */
export async function slowStreams(order: LoadOrder, scenario: Scenario): Promise<LoadResult> {
  const tally = new Tally();
  const open = connector(order, scenario, tally, (connection) => connection.close());
  const connections: LoadConnection[] = [];
  const startedAt = performance.now();
  for (let at = 0; at < scenario.connections; at++) {
    await untilDue(startedAt + (at * 1_000) / SLOW_RAMP_PER_SECOND);
    const connection = open();
    connection.send();
    connections.push(connection);
  }
  await sleep(RAMP_ECHO_MS);
  const seen = await observe(tally, order.pid, sleep(SLOW_PLATEAU_S * 1_000 - 2 * RAMP_ECHO_MS));
  await Promise.all(connections.map(({ closed }) => closed));
  // The ramp may need more memory than the plateau.
  const peakRssBytes = order.pid === undefined ? undefined : highestRssBytesOf(order.pid);
  return { ...withBad(seen, tally), requests: tally.answers, peakRssBytes };
}

async function untilDue(dueAt: number): Promise<void> {
  const waitMs = dueAt - performance.now();
  if (waitMs > AWAKE_MS) await sleep(waitMs - AWAKE_MS);
  while (performance.now() < dueAt) await setImmediate();
}

function connector(
  { dialect, address, licence }: LoadOrder,
  scenario: Scenario,
  tally: Tally,
  onAnswer: (connection: LoadConnection) => void,
): () => LoadConnection {
  const request = toRequest(scenario, dialect, address, licence);
  const expectation = { ...scenario, done: scenario.streaming && dialect === "openai" };
  return () => new LoadConnection(address, request, expectation, tally, onAnswer);
}

/** What comes after the window counts too. */
function withBad(seen: LoadResult, { badAnswers, firstBad }: Tally): LoadResult {
  return { ...seen, badAnswers, firstBad };
}
