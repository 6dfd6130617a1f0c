// Goal: each request ends once, in its answer, its log line and its metric, whatever Gemini and the caller do; and the clock may be wrong.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  endlessEvents,
  errorAnswer,
  geminiErrors,
  jsonAnswer,
  pause,
  quotaExceeded,
  raw,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type Answer,
  type Call,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { seededRandom } from "../support/faulty-gemini/random.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { openAi } from "./requests.ts";

/** The promise is checked with 10 000. */
const REQUESTS = 100;
const AT_ONCE = 50;
const SEED = 20_261_101;

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  gemini = await startFaultyGemini();
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    GEMINI_API_KEYS: "one:key-one-1,two:key-two-2,three:key-three-3",
    STREAM_IDLE_TIMEOUT_MS: "400",
    FIRST_EVENT_TIMEOUT_MS: "400",
    UPSTREAM_BODY_MAX_BYTES: "100kB",
    LOG_LEVEL: "info",
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

const end = textChunk("end", { finishReason: "STOP" });
const faults: readonly ((call: Call) => Answer)[] = [
  ({ streaming }) => (streaming ? streamAnswer([textChunk("one "), end]) : jsonAnswer(end)),
  ({ streaming }) => (streaming ? streamAnswer([textChunk("one "), pause(60), end]) : jsonAnswer(end)),
  () => streamAnswer([textChunk("one "), "reset"]),
  () => streamAnswer([textChunk("one "), "fin"]),
  () => streamAnswer([textChunk("one "), "stall"]),
  () => streamAnswer([textChunk("one "), raw("data: {nonsense\r\n\r\n"), end]),
  () => streamAnswer([textChunk("one "), geminiErrors.overloaded.body, end]),
  () => streamAnswer([textChunk("no finish")]),
  () => streamAnswer(endlessEvents(textChunk("x".repeat(2_000)))),
  () => ["reset"],
  () => ["fin"],
  () => [raw("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>")],
  () => errorAnswer(quotaExceeded("0.05s")),
  () => errorAnswer(geminiErrors.overloaded),
  () => errorAnswer(geminiErrors.internal),
];

test("ST-8: every request has one answer, one line and one count, and the three agree", async () => {
  const random = seededRandom(SEED);
  const pick = (): number => Math.floor(random() * faults.length);
  gemini.script((call) => faults[pick()]?.(call));
  let answered = 0;
  let left = 0;
  const one = async (at: number): Promise<void> => {
    const stream = random() < 0.7;
    const leaves = random() < 0.2;
    const controller = new AbortController();
    if (leaves) setTimeout(() => controller.abort(), 20 + random() * 80);
    try {
      const response = await gateway.post(
        openAi(stream, leaves ? {} : { user: `u${at}` }),
        { "x-request-id": `request-${at}-00`, "x-request-timeout": "3" },
        controller.signal,
      );
      await response.text();
      answered++;
    } catch (error) {
      assert.equal((error as Error).name, "AbortError");
      left++;
    }
  };
  for (let at = 0; at < REQUESTS; at += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, offset) => one(at + offset)));
  }
  await untilIdle();
  const lines = gateway.log.map((line) => JSON.parse(line) as Record<string, string>);
  const ended = lines.filter(({ msg }) => msg === "call finished");
  const ids = ended.map(({ requestId }) => requestId);
  assert.equal(new Set(ids).size, ids.length, "a request is told twice");
  // Who leaves before the request has arrived was never there.
  assert.ok(ids.length >= answered && ids.length <= answered + left, `${ids.length} of ${answered} and ${left}`);
  const page = await (await gateway.get("/metrics")).text();
  const counts = [...page.matchAll(/requests_total\{[^}]*outcome="([^"]+)"[^}]*\} (\d+)/g)];
  const counted: Record<string, number> = {};
  for (const [, outcome = "", count] of counts) counted[outcome] = (counted[outcome] ?? 0) + Number(count);
  const logged = Object.fromEntries(
    Object.entries(Object.groupBy(ended, ({ outcome = "" }) => outcome)).map(([key, all]) => [key, all?.length ?? 0]),
  );
  assert.deepEqual(logged, counted);
  assert.equal(counted["INTERNAL_ERROR"], undefined, JSON.stringify(counted));
  assert.ok((counted["CANCELLED"] ?? 0) > 0 && (counted["OK"] ?? 0) > 0, JSON.stringify(counted));
});

test("TM-4: a clock that is set by an hour, forth and back, ends no stream, shortens no deadline and lengthens none", async (context) => {
  const { now } = Date;
  let shiftMs = 0;
  context.mock.method(Date, "now", () => now() + shiftMs);
  gemini.script(({ streaming }) =>
    streaming ? streamAnswer([textChunk("one "), pause(150), textChunk("two "), pause(150), end]) : ["stall"],
  );
  for (const step of [3_600_000, -3_600_000]) {
    shiftMs = 0;
    const stream = gateway.post(openAi(true)).then((response) => response.text());
    const startedMs = performance.now();
    const timed = gateway.post(openAi(false), { "x-request-timeout": "1" });
    await sleep(100);
    shiftMs = step;
    assert.match(await stream, /two [\s\S]*\[DONE\]/);
    assert.equal((await timed).status, 504);
    const ms = performance.now() - startedMs;
    assert.ok(ms >= 950 && ms < 10_000, `${ms} ms`);
  }
});

test("TM-4: the wait that Gemini named for a project is not over when the clock is set", async (context) => {
  const script = ({ key }: Call): Answer =>
    key === "key-one-1" ? errorAnswer(quotaExceeded("600s")) : jsonAnswer(end);
  const ask = async (): Promise<(string | undefined)[]> => {
    const calls = gemini.calls.length;
    gemini.script(script);
    for (let at = 0; at < 6; at++) assert.equal((await gateway.post(openAi(false))).status, 200);
    return gemini.calls.slice(calls).map(({ key }) => key);
  };
  assert.ok((await ask()).includes("key-one-1"));
  const { now } = Date;
  context.mock.method(Date, "now", () => now() + 7_200_000);
  assert.ok(!(await ask()).includes("key-one-1"));
});

async function untilIdle(): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const page = await (await gateway.get("/metrics")).text();
    if (![...page.matchAll(/requests_active\{[^}]*\} (\d+)/g)].some(([, count]) => Number(count) > 0)) return;
    await sleep(25);
  }
  assert.fail("calls are still counted as running");
}
