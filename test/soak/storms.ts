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
import { percentile, post, vitalsOf, type Figure, type Rig } from "./rig.ts";

const end = textChunk("end", { finishReason: "STOP" });
const MODEL = "gemini-3.8-flash";

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
export async function storm({ gemini, ready }: Rig, atOnce: number, forMs: number, seed: number): Promise<Figure[]> {
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
  return [
    {
      id: "ST-8",
      what: `requests in ${forMs / 1000} s of faults: answered, left, counted`,
      value: `${answered}, ${left}, ${ended}`,
      held: ended >= answered && ended <= answered + left,
    },
    { id: "ST-8", what: "faults survived, of kinds", value: `${faultsSurvived} of ${survived.size}` },
    { id: "ST-4", what: "answers that were neither whole nor an error", value: `${wrong}`, held: wrong === 0 },
    {
      id: "ST-8",
      what: "unexpected failures",
      value: `${after.outcomes["INTERNAL_ERROR"] ?? 0}`,
      held: after.outcomes["INTERNAL_ERROR"] === undefined,
    },
    { id: "CX-3", what: "calls still running afterwards", value: `${after.active}`, held: after.active === 0 },
  ];
}

/** Either all of it, or a word that it is not. */
function isRight(status: number, text: string): boolean {
  if (status !== 200) return /"error":\{"message":/.test(text);
  return text.startsWith("{")
    ? /"finish_reason":"/.test(text)
    : text.endsWith("data: [DONE]\n\n") !== /"error":\{"message":/.test(text);
}

/** Callers who leave in the middle of a stream: how long Gemini's connection outlives them. */
export async function leave({ gemini, ready }: Rig, count: number): Promise<Figure[]> {
  const lives: number[] = [];
  let running: Call | undefined;
  gemini.script((call) => {
    running = call;
    return streamAnswer([textChunk("one"), "stall"]);
  });
  for (let at = 0; at < count; at++) {
    const controller = new AbortController();
    const response = await post(
      ready,
      { model: MODEL, stream: true, messages: [{ role: "user", content: "x" }] },
      { signal: controller.signal },
    );
    await response.body?.getReader().read();
    const leftMs = performance.now();
    controller.abort();
    await running?.whenEnded();
    lives.push((running?.closedAt ?? Number.POSITIVE_INFINITY) - leftMs);
  }
  const p99 = percentile(lives, 0.99);
  return [
    {
      id: "CX-1",
      what: `Gemini's connection after its caller left (${count} times), p50 and p99`,
      value: `${percentile(lives, 0.5).toFixed(1)} and ${p99.toFixed(1)} ms`,
      held: p99 <= 100,
    },
  ];
}

async function untilIdle(ready: Rig["ready"]): ReturnType<typeof vitalsOf> {
  let vitals = await vitalsOf(ready);
  for (let tries = 0; tries < 200 && vitals.active > 0; tries++) {
    await sleep(50);
    vitals = await vitalsOf(ready);
  }
  return vitals;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
