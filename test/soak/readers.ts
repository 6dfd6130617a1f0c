// Soak: readers who never read. What they hold is little, and when they go it is nothing.
import { constants } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { firehose } from "../support/faulty-gemini.ts";
import { untilIdle, vitalsOf } from "../process/vitals.ts";
import { atMost, tried, type Figure } from "./figures.ts";
import { openGrpc, openSse, type Rig } from "./rig.ts";

const READERS = 100;
/** So long they are there before their memory is looked at. */
const HELD_MS = 3_000;
const PROMISED_ABANDONED = 1_000;

const endless = firehose();

/** Opens a reader who takes nothing; what it returns are the ways in which it may go. */
type Open = (rig: Rig) => readonly [reset: () => void, destroy: () => void];

const grpcReader = ({ ready }: Rig, window?: number): ReturnType<Open> => {
  const { session, stream } = openGrpc(ready.grpc, window);
  stream.pause();
  const reset = (): void => {
    stream.close(constants.NGHTTP2_CANCEL);
    stream.once("close", () => session.destroy());
  };
  return [reset, () => session.destroy()];
};

const openings: Readonly<Record<string, Open>> = {
  "HTTP/1.1 sockets that are not read": ({ ready }) => {
    const { socket } = openSse(ready);
    socket.pause();
    return [() => void socket.resetAndDestroy(), () => void socket.destroy()];
  },
  "HTTP/2 streams without a window": (rig) => grpcReader(rig, 0),
  "HTTP/2 streams that are not read": (rig) => grpcReader(rig),
};

/** A hundred of each kind, and their memory. */
export async function hold(rig: Rig): Promise<Figure[]> {
  const figures: Figure[] = [];
  rig.gemini.script(() => endless);
  for (const [what, open] of Object.entries(openings)) {
    const { rssMb: before } = await untilIdle(rig.ready);
    const readers = Array.from({ length: READERS }, () => open(rig));
    await sleep(HELD_MS);
    const { rssMb, active } = await vitalsOf(rig.ready);
    figures.push(atMost("BP-2", `memory of ${active} ${what}`, rssMb - before, 250, " MB"));
    for (const [, destroy] of readers) destroy();
  }
  return figures;
}

/** Many who go without having read, of each kind and in each way: how long something of them is left. */
export async function abandon(rig: Rig, count: number): Promise<Figure[]> {
  rig.gemini.script(() => endless);
  let abandoned = 0;
  let longestMs = 0;
  let left = 0;
  while (abandoned < count) {
    for (const open of Object.values(openings)) {
      const readers = Array.from({ length: READERS / 2 }, () => open(rig));
      for (let tries = 0; tries < 200 && (await vitalsOf(rig.ready)).active < readers.length; tries++) await sleep(20);
      const goneMs = performance.now();
      for (const [at, ways] of readers.entries()) ways[at % ways.length]?.();
      left += (await untilIdle(rig.ready)).active;
      longestMs = Math.max(longestMs, performance.now() - goneMs);
      abandoned += readers.length;
    }
  }
  return [
    tried("CX-3", "streams of readers who never read and then left", abandoned, PROMISED_ABANDONED),
    atMost("CX-3", "of these still running", left, 0),
    atMost("CX-3", "longest until nothing of them was left", longestMs, 5_000, " ms"),
  ];
}
