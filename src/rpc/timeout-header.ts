// Deadlines of callers that no timer can hold: `99999999H` is legal in gRPC, and a Node timer of that length fires at once.

/** Longest delay a timer takes (2^31 − 1 ms), in the units of both headers. Our own limits are shorter still. */
const MAX_MS = 2_147_483_647;
const MAX_GRPC = "2147483S";

const LARGE_UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000 };

/** Shortens `grpc-timeout` and `connect-timeout-ms` to what Connect can wait for. Malformed ones stay, to be refused. */
export function clampTimeouts(header: Headers): void {
  const [, count, unit = ""] = /^(\d{1,8})([HMS])$/.exec(header.get("grpc-timeout") ?? "") ?? [];
  if (Number(count) * (LARGE_UNITS_MS[unit] ?? Number.NaN) > MAX_MS) header.set("grpc-timeout", MAX_GRPC);
  if (/^\d{1,10}$/.test(header.get("connect-timeout-ms") ?? "") && Number(header.get("connect-timeout-ms")) > MAX_MS) {
    header.set("connect-timeout-ms", String(MAX_MS));
  }
}
