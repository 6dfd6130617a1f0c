// Soak: every fault of Gemini at random, and callers who leave at any moment. Each request ends once, and promptly.
import { setTimeout as sleep } from "node:timers/promises";
import {
  endlessEvents,
  errorAnswer,
  geminiErrors,
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
import { post } from "../process/rig.ts";
import { untilIdle, vitalsOf } from "../process/vitals.ts";
import { atMost, tried, type Figure } from "./figures.ts";
import type { Rig } from "./rig.ts";

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

/** So many callers at once, until a soak's share of faults and leavers is reached, or the time is over. */
export interface Storm {
  readonly atOnce: number;
  readonly share: number;
  readonly limitMs: number;
  readonly seed: number;
}

/** Random faults. A third of the callers leaves early, if it is not answered before. */
export async function storm(
  { gemini, ready, program }: Rig,
  { atOnce, share, limitMs, seed }: Storm,
): Promise<Figure[]> {
  const random = seededRandom(seed);
  const kinds = new Set<string>();
  let survived = 0;
  gemini.script((call) => {
    const [title, answer] = faults[Math.floor(random() * faults.length)] ?? ["good", () => jsonAnswer(end)];
    if (!title.startsWith("good")) {
      survived++;
      kinds.add(title);
    }
    return answer(call);
  });
  const before = await vitalsOf(ready);
  const loggedBefore = linesOf(program);
  const startedMs = performance.now();
  let answered = 0;
  let left = 0;
  let wrong = 0;
  const goesOn = (): boolean =>
    performance.now() - startedMs < limitMs && (survived < share * PROMISED.faults || left < share * PROMISED.left);
  const caller = async (): Promise<void> => {
    while (goesOn()) {
      const controller = new AbortController();
      const leaving = random() < 0.35 ? setTimeout(() => controller.abort(), random() * 300) : undefined;
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
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  const after = await untilIdle(ready);
  // Lines of a log wait for each other for a moment.
  await sleep(500);
  const counted = sum(after.outcomes) - sum(before.outcomes);
  const logged = linesOf(program);
  const finished = logged.finished - loggedBefore.finished;
  return [
    {
      id: "ST-8",
      what: `requests in ${seconds} s of faults: answered, left, counted, logged`,
      value: `${answered}, ${left}, ${counted}, ${finished}`,
      promised: "each counted and logged once",
      held: counted === finished && counted >= answered && counted <= answered + left,
    },
    tried("ST-8", `faults survived, of ${kinds.size} kinds`, survived, PROMISED.faults),
    tried("CX-6", "callers who left", left, PROMISED.left),
    atMost("CX-6", "errors that were logged", logged.errors, 0),
    atMost("ST-4", "answers that were neither whole nor an error", wrong, 0),
    atMost("ST-8", "unexpected failures", after.outcomes["INTERNAL_ERROR"] ?? 0, 0),
    atMost("CX-3", "calls still running afterwards", after.active, 0),
  ];
}

/** How many lines of the log so far tell of a call that ended, and of an error. */
function linesOf({ stdout }: Rig["program"]): { finished: number; errors: number } {
  return {
    finished: [...stdout.matchAll(/"msg":"call finished"/g)].length,
    errors: [...stdout.matchAll(/"level":"(?:error|fatal)"/g)].length,
  };
}

/** Either all of it, or a word that it is not. */
function isRight(status: number, text: string): boolean {
  if (status !== 200) return /"error":\{"message":/.test(text);
  return text.startsWith("{")
    ? /"finish_reason":"/.test(text)
    : text.endsWith("data: [DONE]\n\n") !== /"error":\{"message":/.test(text);
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
