// google.protobuf.Duration ↔ milliseconds.
import type { Duration } from "@bufbuild/protobuf/wkt";

export function fromMillis(ms: number): Duration {
  const seconds = Math.floor(ms / 1000);
  const nanos = Math.round((ms - seconds * 1000) * 1e6);
  return { $typeName: "google.protobuf.Duration", seconds: BigInt(seconds), nanos };
}

export function toMillis(duration: Duration): number {
  return Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}
