// When Google's quotas of a day begin anew.

/** Requests per day are counted anew at midnight Pacific time, says Google's page on rate limits. */
const ZONE = "America/Los_Angeles";

/** Milliseconds from `nowMs` (since the epoch) until then; the days on which the clocks change are 23 and 25 hours long. */
export function untilQuotaReset(nowMs: number): number {
  const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(ZONE);
  return now.startOfDay().add({ days: 1 }).epochMilliseconds - nowMs;
}
