// Removes what has expired, and the oldest of what is too much.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database } from "./database.ts";
import { measureMemories, readOldestWrites, removeMemoriesUntil, type MemorySize } from "./memory-table.ts";

/** Of one statement, so that SQLite never holds the event loop for long. */
const STEP_MAX_BYTES = 16 * 1024 * 1024;
const STEP_MAX_WRITES = 50;

/** `now` in milliseconds since 1970. */
export async function sweepMemories(db: Database, max: MemorySize, now: number): Promise<void> {
  let { rows, bytes } = await measureMemories(db);
  for (;;) {
    let until: number | undefined;
    let stepBytes = 0;
    for (const write of await readOldestWrites(db, STEP_MAX_WRITES)) {
      if (write.expiresAt > now && rows <= max.rows && bytes <= max.bytes) break;
      until = write.expiresAt;
      rows -= write.rows;
      bytes -= write.bytes;
      stepBytes += write.bytes;
      if (stepBytes >= STEP_MAX_BYTES) break;
    }
    if (until === undefined) return;
    await removeMemoriesUntil(db, until);
    await nextTurn();
  }
}
