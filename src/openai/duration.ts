// Spans of time, as requests write them, as the contract's.
import type { Duration } from "@bufbuild/protobuf/wkt";

/** "90.5s", "90.5" or 90.5 seconds. The shape has already admitted only such. */
export function toDuration(span: string | number): Duration {
  const seconds = typeof span === "number" ? span : Number(span.replace(/s$/, ""));
  const whole = Math.floor(seconds);
  const nanos = Math.min(999_999_999, Math.round((seconds - whole) * 1e9));
  return { $typeName: "google.protobuf.Duration", seconds: BigInt(whole), nanos };
}
