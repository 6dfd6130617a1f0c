// Soak: many slow streams at once. No event may be lost, each must pass at once, and all must be gone afterwards.
import { setTimeout as sleep } from "node:timers/promises";
import { pause, repeatable, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { percentile, post, vitalsOf, type Figure, type Rig } from "./rig.ts";

const EVENT_EVERY_MS = 1_000;
const STARTED_AT_ONCE = 50;

/** Holds `streams` streams of one event a second for so long. */
export async function hold({ gemini, ready }: Rig, streams: number, holdMs: number): Promise<Figure[]> {
  const events = Math.ceil(holdMs / EVENT_EVERY_MS);
  // The time an event left the fake Gemini is its text.
  gemini.script(() =>
    streamAnswer(
      repeatable(function* () {
        for (let at = 0; at < events; at++) {
          yield textChunk(`<${performance.now().toFixed(1)}>`);
          yield pause(EVENT_EVERY_MS);
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
  await sleep(holdMs / 2);
  const during = await vitalsOf(ready);
  await Promise.all(readers);
  const p99 = percentile(transits, 0.99);
  const perStreamKb = ((during.rssMb - before.rssMb) * 1000) / streams;
  return [
    {
      id: "BP-4",
      what: `${streams} streams of an event a second held for ${holdMs / 1000} s: whole`,
      value: `${whole}`,
      held: whole === streams,
    },
    { id: "BP-4", what: "events lost", value: `${lost} of ${streams * events}`, held: lost === 0 },
    {
      id: "ST-2",
      what: "time from Gemini to client, p50 and p99 (reader and fake Gemini are one process)",
      value: `${percentile(transits, 0.5).toFixed(1)} and ${p99.toFixed(1)} ms`,
      held: p99 <= 150,
    },
    {
      id: "BP-4",
      what: "memory of a stream",
      value: `${perStreamKb.toFixed(0)} KB (RSS ${during.rssMb.toFixed(0)} MB)`,
      held: during.rssMb <= 768,
    },
  ];
}
