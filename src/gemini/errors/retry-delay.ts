// How long Google asks to wait, in all the ways it says so.
import type { GoogleError } from "./google-error.ts";

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
const DURATION = String.raw`(?:\d+(?:\.\d+)?(?:ms|s|m|h))+`;
const WHOLE = new RegExp(`^${DURATION}$`);
const IN_TEXT = new RegExp(`\\bretry in (${DURATION})`, "i");

/** Milliseconds from RetryInfo, the message ("Please retry in 44.09s.") or a `retry-after` header in seconds, in this order. */
export function retryDelayMs(error: GoogleError, retryAfter: string | undefined): number | undefined {
  const { retryDelay, message } = error;
  return (
    toMs(retryDelay) ??
    toMs(IN_TEXT.exec(message)?.[1]) ??
    toMs(retryAfter === undefined ? undefined : `${retryAfter}s`)
  );
}

/** "34.07s", "900ms", "1h2m3s"; undefined for anything else. */
function toMs(text: string | undefined): number | undefined {
  if (text === undefined || !WHOLE.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    sum += Number(number) * (UNIT_MS[unit] ?? 0);
  return Math.ceil(sum);
}
