// When Google's quotas of a day begin anew, as callers are told of it.
import assert from "node:assert/strict";

/** Between the answer and the check of it. */
const TOLERANCE_SECONDS = 60;

/** That a wait, in seconds from now, ends at midnight in Los Angeles. */
export function assertUntilPacificMidnight(seconds: number): void {
  const end = Temporal.Now.zonedDateTimeISO("America/Los_Angeles").add({ seconds: Math.round(seconds) });
  const nearest = end.round({ smallestUnit: "day", roundingMode: "halfExpand" });
  const distance = Math.abs(end.since(nearest).total("seconds"));
  assert.ok(distance <= TOLERANCE_SECONDS && seconds <= 25 * 3600, `${seconds} s end at ${end.toString()}`);
}
