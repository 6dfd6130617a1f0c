// How long a target takes from its spawning to listening, and what memory it holds before any request.

import { setTimeout as sleep } from "node:timers/promises";
import { median } from "./figures.ts";
import { rssBytesOf } from "./process-stats.ts";
import { startTarget, type TargetName, type TargetSetting } from "./targets.ts";

export interface StartFigures {
  readonly target: TargetName;
  readonly coldStartMs: number;
  readonly idleRssBytes: number;
}

/** Background work of the start is over by then. */
const SETTLE_MS = 1_000;

/** Medians of so many starts, one after the other. */
export async function measureStarts(
  name: Exclude<TargetName, "direct">,
  setting: TargetSetting,
  starts: number,
): Promise<StartFigures> {
  const times: number[] = [];
  const memories: number[] = [];
  for (let start = 0; start < starts; start++) {
    await using process = (await startTarget(name, setting)).process;
    times.push(process.startMs);
    await sleep(SETTLE_MS);
    memories.push(rssBytesOf(process.pid));
  }
  return { target: name, coldStartMs: median(times), idleRssBytes: median(memories) };
}
