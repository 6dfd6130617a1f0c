// Soak: every fault of Gemini at random, and callers who leave at any moment. Each request ends once, and promptly.
import { constants } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import {
  endlessEvents,
  errorAnswer,
  geminiErrors,
  headNow,
  jsonAnswer,
  pause,
  quotaExceeded,
  raw,
  splitAtRandom,
  streamAnswer,
  textChunk,
  type Answer,
  type Call,
} from "../support/faulty-gemini.ts";
import { seededRandom } from "../support/faulty-gemini/random.ts";
import {
  atMost,
  openGrpc,
  openSse,
  percentile,
  post,
  tried,
  untilIdle,
  vitalsOf,
  type Figure,
  type Rig,
} from "./rig.ts";

const end = textChunk("end", { finishReason: "STOP" });
const MODEL = "gemini-3.8-flash";
/** The counts that the promises name. */
const PROMISED = { faults: 10_000, left: 1_000, late: 200 };

const faults: readonly (readonly [title: string, answer: (call: Call) => Answer])[] = [
  ["good", ({ streaming }) => (streaming ? streamAnswer([textChunk("one "), pause(20), end]) : jsonAnswer(end))],
  [
    "good in shreds",
    ({ streaming }) =>
      streaming ? streamAnswer([textChunk("ä世界 "), end], { split: splitAtRandom(7, 9) }) : jsonAnswer(end),
  ],
  ["reset in the middle", () => streamAnswer([textChunk("one "), "reset"])],
  ["cut in the middle", () => streamAnswer([textChunk("one "), "fin"])],
  ["silent in the middle", () => streamAnswer([textChunk("one "), "stall"])],
  ["nonsense in the middle", () => streamAnswer([textChunk("one "), raw("data: {no\r\n\r\n"), end])],
  ["an error in the middle", () => streamAnswer([textChunk("one "), geminiErrors.overloaded.body])],
  ["no finish", () => streamAnswer([textChunk("one")])],
  ["endless", () => streamAnswer(endlessEvents(textChunk("x".repeat(4_000))))],
  ["reset at once", () => ["reset"]],
  ["closed at once", () => ["fin"]],
  ["silent", () => ["stall"]],
  ["HTML", () => [raw("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>")]],
  ["429", () => errorAnswer(quotaExceeded("0.2s"))],
  ["503", () => errorAnswer(geminiErrors.overloaded)],
  ["500", () => errorAnswer(geminiErrors.internal)],
];

/** Random faults for so long; a fifth of the callers leaves early. */
export async function storm(
  { gemini, ready, program }: Rig,
  atOnce: number,
  forMs: number,
  seed: number,
): Promise<Figure[]> {
  const random = seededRandom(seed);
  const survived = new Map<string, number>();
  gemini.script((call) => {
    const [title, answer] = faults[Math.floor(random() * faults.length)] ?? ["good", () => jsonAnswer(end)];
    survived.set(title, (survived.get(title) ?? 0) + 1);
    return answer(call);
  });
  const before = await vitalsOf(ready);
  const untilMs = performance.now() + forMs;
  let answered = 0;
  let left = 0;
  let wrong = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const controller = new AbortController();
      const leaving = random() < 0.2 ? setTimeout(() => controller.abort(), random() * 300) : undefined;
      try {
        const stream = random() < 0.7;
        const response = await post(
          ready,
          { model: MODEL, stream, messages: [{ role: "user", content: "x" }] },
          { signal: controller.signal },
        );
        const text = await response.text();
        answered++;
        if (!isRight(response.status, text)) wrong++;
      } catch (error) {
        if ((error as Error).name !== "AbortError") throw error;
        left++;
      }
      clearTimeout(leaving);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  const after = await untilIdle(ready);
  const ended = sum(after.outcomes) - sum(before.outcomes);
  const faultsSurvived =
    [...survived.values()].reduce((total, count) => total + count, 0) - (survived.get("good") ?? 0);
  const { length: logged } = program.stdout.split("\n").filter((line) => /"level":"(?:error|fatal)"/.test(line));
  return [
    {
      id: "ST-8",
      what: `requests in ${forMs / 1000} s of faults: answered, left, counted`,
      value: `${answered}, ${left}, ${ended}`,
      promised: "each counted once",
      held: ended >= answered && ended <= answered + left,
    },
    tried("ST-8", `faults survived, of ${survived.size - 1} kinds`, faultsSurvived, PROMISED.faults),
    tried("CX-6", "callers who left", left, PROMISED.left),
    atMost("CX-6", "errors that were logged", logged, 0),
    atMost("ST-4", "answers that were neither whole nor an error", wrong, 0),
    atMost("ST-8", "unexpected failures", after.outcomes["INTERNAL_ERROR"] ?? 0, 0),
    atMost("CX-3", "calls still running afterwards", after.active, 0),
  ];
}

/** Either all of it, or a word that it is not. */
function isRight(status: number, text: string): boolean {
  if (status !== 200) return /"error":\{"message":/.test(text);
  return text.startsWith("{")
    ? /"finish_reason":"/.test(text)
    : text.endsWith("data: [DONE]\n\n") !== /"error":\{"message":/.test(text);
}

/** Callers who leave, `count` times in each phase and by each wire: how long Gemini's connection outlives them. */
export async function leave({ gemini, ready }: Rig, count: number): Promise<Figure[]> {
  const phases: Readonly<Record<string, Answer>> = {
    "before an answer": ["stall"],
    "at its head": streamAnswer([headNow, "stall"]),
    "in its middle": streamAnswer([textChunk("one"), "stall"]),
  };
  const figures: Figure[] = [];
  for (const [phase, answer] of Object.entries(phases)) {
    const lives: number[] = [];
    for (let at = 0; at < 2 * count; at++) {
      const begun = Promise.withResolvers<Call>();
      gemini.script((call) => {
        begun.resolve(call);
        return answer;
      });
      const go = at % 2 === 0 ? leaveSse(ready) : leaveGrpc(ready);
      const call = await begun.promise;
      // What Gemini said first has to arrive.
      await sleep(5);
      const leftMs = performance.now();
      go();
      await call.whenEnded();
      lives.push((call.closedAt ?? Number.POSITIVE_INFINITY) - leftMs);
    }
    const [p50, p99] = [percentile(lives, 0.5), percentile(lives, 0.99)];
    const what = `p99 of Gemini's connection after its caller left ${phase} (${lives.length} times, p50 ${p50.toFixed(1)} ms)`;
    figures.push(atMost("CX-1", what, p99, 100, " ms"));
  }
  return figures;
}

function leaveSse(ready: Rig["ready"]): () => void {
  const { socket } = openSse(ready);
  return () => void socket.resetAndDestroy();
}

function leaveGrpc(ready: Rig["ready"]): () => void {
  const { session, stream } = openGrpc(ready);
  return () => {
    stream.close(constants.NGHTTP2_CANCEL);
    stream.once("close", () => session.destroy());
  };
}

/** Callers with a deadline that a Gemini which always fails late cannot keep: how late they are answered. */
export async function late({ gemini, ready }: Rig, count: number): Promise<Figure[]> {
  const DEADLINE_S = 2;
  gemini.script(() => [pause(0.75 * DEADLINE_S * 1000), ...errorAnswer(geminiErrors.overloaded)]);
  const times = await Promise.all(
    Array.from({ length: count }, async () => {
      const startedMs = performance.now();
      const body = { model: MODEL, messages: [{ role: "user", content: "x" }] };
      const response = await post(ready, body, { headers: { "x-request-timeout": String(DEADLINE_S) } });
      await response.text();
      return performance.now() - startedMs;
    }),
  );
  return [
    tried("RT-1", "callers with a deadline of 2 s, at once", count, PROMISED.late),
    atMost("RT-1", "latest answer after the deadline", Math.max(...times) - DEADLINE_S * 1000, 250, " ms"),
  ];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
