// Soak: readers who never read. What they hold is little, and when they go it is nothing.
import { setTimeout as sleep } from "node:timers/promises";
import { raw, repeatable, sseEvent, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { atMost, openGrpc, openSse, tried, untilIdle, vitalsOf, type Figure, type Rig } from "./rig.ts";

const READERS = 100;
/** So long they are there before their memory is looked at. */
const HELD_MS = 3_000;
const PROMISED_ABANDONED = 1_000;

const event = raw(sseEvent(textChunk("x".repeat(65_536))));
const endless = streamAnswer(
  repeatable(function* () {
    for (;;) yield event;
  }),
);

/** Opens readers who take nothing; what each returns lets it go. */
type Open = (rig: Rig) => () => void;

const openings: Readonly<Record<string, Open>> = {
  "HTTP/1.1 sockets that are not read": ({ ready }) => {
    const { socket } = openSse(ready);
    socket.pause();
    return () => void socket.resetAndDestroy();
  },
  "HTTP/2 streams without a window": ({ ready }) => {
    const { session, stream } = openGrpc(ready, 0);
    stream.pause();
    return () => session.destroy();
  },
};

/** A hundred of each kind, and their memory. */
export async function hold(rig: Rig): Promise<Figure[]> {
  const figures: Figure[] = [];
  rig.gemini.script(() => endless);
  for (const [what, open] of Object.entries(openings)) {
    const { rssMb: before } = await untilIdle(rig.ready);
    const leave = Array.from({ length: READERS }, () => open(rig));
    await sleep(HELD_MS);
    const { rssMb, active } = await vitalsOf(rig.ready);
    figures.push(atMost("BP-2", `memory of ${active} ${what}`, rssMb - before, 250, " MB"));
    for (const go of leave) go();
  }
  return figures;
}

/** Many who go without having read: how long something of them is left. */
export async function abandon(rig: Rig, count: number): Promise<Figure[]> {
  rig.gemini.script(() => endless);
  let abandoned = 0;
  let longestMs = 0;
  let left = 0;
  for (let at = 0; at < count; at += READERS) {
    for (const open of Object.values(openings)) {
      const leave = Array.from({ length: READERS / 2 }, () => open(rig));
      for (let tries = 0; tries < 200 && (await vitalsOf(rig.ready)).active < leave.length; tries++) await sleep(20);
      const goneMs = performance.now();
      for (const go of leave) go();
      left += (await untilIdle(rig.ready)).active;
      longestMs = Math.max(longestMs, performance.now() - goneMs);
      abandoned += leave.length;
    }
  }
  return [
    tried("CX-3", "streams of readers who never read and then left", abandoned, PROMISED_ABANDONED),
    atMost("CX-3", "of these still running", left, 0),
    atMost("CX-3", "longest until nothing of them was left", longestMs, 5_000, " ms"),
  ];
}
