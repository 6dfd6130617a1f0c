// Soak: many slow streams at once. No event may be lost, each must pass at once, and all must be gone afterwards.
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pause, repeatable, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { post } from "../process/rig.ts";
import { vitalsOf, type Vitals } from "../process/vitals.ts";
import { atMost, exactly, percentile, tried, type Figure } from "./figures.ts";
import { type Rig } from "./rig.ts";

const EVENT_EVERY_MS = 1_000;
const STARTED_AT_ONCE = 50;
const PROMISED_STREAMS = 5_000;
const FEW_STREAMS = 50;
const FEW_EVERY_MS = 100;

/** What was seen of streams that were held for so long. */
interface Held {
  readonly transits: number[];
  readonly events: number;
  readonly lost: number;
  readonly whole: number;
  readonly before: Vitals;
  readonly during: Vitals;
  /** What the system itself tells of the process at that time; undefined where it does not. */
  readonly files: number | undefined;
}

async function run({ gemini, ready, program }: Rig, streams: number, holdMs: number, everyMs: number): Promise<Held> {
  const events = Math.ceil(holdMs / everyMs);
  // The time an event left the fake Gemini is its text.
  gemini.script(() =>
    streamAnswer(
      repeatable(function* () {
        for (let at = 0; at < events; at++) {
          yield textChunk(`<${performance.now().toFixed(1)}>`);
          yield pause(everyMs);
        }
        yield textChunk("end", { finishReason: "STOP" });
      }),
    ),
  );
  const transits: number[] = [];
  let lost = 0;
  let whole = 0;
  const read = async (): Promise<void> => {
    const response = await post(ready, {
      model: "gemini-3.8-flash",
      stream: true,
      messages: [{ role: "user", content: "x" }],
    });
    let seen = 0;
    let done = false;
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const now = performance.now();
      for (const [, sent] of piece.matchAll(/<([\d.]+)>/g)) {
        seen++;
        transits.push(now - Number(sent));
      }
      done ||= piece.includes("[DONE]");
    }
    lost += events - seen;
    if (done) whole++;
  };
  const before = await vitalsOf(ready);
  const readers: Promise<void>[] = [];
  for (let at = 0; at < streams; at += STARTED_AT_ONCE) {
    readers.push(...Array.from({ length: Math.min(STARTED_AT_ONCE, streams - at) }, read));
    await sleep(20);
  }
  // The delay of the event loop is told since the last look: that of the start is not asked for.
  await vitalsOf(ready);
  await sleep(holdMs / 2);
  const during = await vitalsOf(ready);
  const list = `/proc/${program.pid}/fd`;
  const files = existsSync(list) ? readdirSync(list).length : undefined;
  await Promise.all(readers);
  return { transits, events, lost, whole, before, during, files };
}

/** Holds `streams` streams of one event a second for so long. */
export async function hold(rig: Rig, streams: number, holdMs: number): Promise<Figure[]> {
  const { transits, events, lost, whole, before, during, files } = await run(rig, streams, holdMs, EVENT_EVERY_MS);
  const perStreamKb = ((during.rssMb - before.rssMb) * 1000) / streams;
  const kept = `${streams} streams of an event a second, held for ${holdMs / 1000} s`;
  return [
    tried("BP-4", kept, streams, PROMISED_STREAMS),
    atMost("BP-4", "of these not whole", streams - whole, 0),
    atMost("BP-4", `events lost of ${streams * events}`, lost, 0),
    atMost("BP-4", `memory of the gateway (${perStreamKb.toFixed(0)} KB a stream)`, during.rssMb, 768, " MB"),
    atMost("BP-4", "p99 of the gateway's event loop delay", during.loopMs, 150, " ms"),
    ...(files === undefined ? [] : [exactly("NP-5", "open files as the gateway measures them", during.files, files)]),
    {
      id: "ST-2",
      what: "time from Gemini to client, p50 and p99 (both ends are one process and share its core)",
      value: `${percentile(transits, 0.5).toFixed(1)} and ${percentile(transits, 0.99).toFixed(1)} ms`,
    },
  ];
}

/** The promise of ST-2: so many streams, and a machine that is not full. */
export async function pass(rig: Rig, holdMs: number): Promise<Figure[]> {
  // What code costs until it is compiled is told by the bench.
  await run(rig, FEW_STREAMS, holdMs, FEW_EVERY_MS);
  const { transits } = await run(rig, FEW_STREAMS, holdMs, FEW_EVERY_MS);
  return [
    atMost("ST-2", `p50 from Gemini to client at ${FEW_STREAMS} streams`, percentile(transits, 0.5), 5, " ms"),
    atMost("ST-2", `p99 from Gemini to client at ${FEW_STREAMS} streams`, percentile(transits, 0.99), 20, " ms"),
  ];
}
