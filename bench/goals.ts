// The goals, and whether they are met. One is missed only when the median over the rounds and the best rounds both exceed it.

import { divide, pairOf, roundsOf, type Pair } from "./figures.ts";
import type { Metric, Sample } from "./samples.ts";
import type { TargetName } from "./scenarios.ts";

export interface Goal {
  readonly what: string;
  readonly scenario: string;
  readonly metric: Metric;
  readonly reference?: TargetName;
  /**
   * `ratio`: ours is at most so many times the reference's. `added`: ours exceeds it by at most `limit`, or by `share` of it, whichever
   * allows more. `absolute`: ours is at most `limit`, whatever the reference is.
   */
  readonly kind: "ratio" | "added" | "absolute";
  readonly limit: number;
  readonly share?: number;
  /** What would be better still. */
  readonly stretch?: number;
  /** By how much it may worsen against a baseline; a tenth where nothing else is said. */
  readonly tolerance?: number;
}

/** A goal, our figures and the verdict. */
export interface Outcome extends Goal {
  readonly rounds: number;
  readonly ours: Pair;
  /** The limit for either figure: with `share` it depends on the reference. */
  readonly allowed: Pair;
  readonly met: boolean;
  /** What runs are compared by: the ratio to the reference where there is one, since the machine's pace cancels out in it. */
  readonly compared: Pair;
}

const FLOOR = { reference: "floor", kind: "ratio" } as const;
const PASS_THROUGH = { reference: "pass-through", kind: "added", share: 0.1, limit: 0.1 } as const;
const CPU = { ...FLOOR, metric: "cpuUs" } as const;
const GRPC = { metric: "cpuUs", reference: "connect-node", kind: "ratio", limit: 0.6 } as const;
/** Of a tail, two runs of the same code differ by more than a tenth. */
const TAIL = { tolerance: 1 } as const;
const MEASURED = { reference: "floor", kind: "absolute" } as const;
const NO_ERROR = { metric: "errors", kind: "absolute", limit: 0 } as const;

export const goals: readonly Goal[] = [
  { ...CPU, what: "CPU, unary, 200 characters", scenario: "unary", limit: 1.25 },
  { ...CPU, what: "CPU, 50 events in one upstream write", scenario: "s50", limit: 1.15 },
  { ...CPU, what: "CPU, 50 events in 50 writes", scenario: "s50e", limit: 1.15 },
  { ...CPU, what: "CPU, 200 events", scenario: "s200", limit: 1 },
  { ...CPU, what: "CPU, 5 MB image in", scenario: "media-in", limit: 0.6 },
  { ...FLOOR, what: "5 MB image in: highest RSS", scenario: "media-in", metric: "peakRssMb", limit: 1 },
  { ...CPU, what: "CPU, 2 MB image out, JSON", scenario: "media-out", limit: 0.5 },
  { ...CPU, what: "CPU, 2 MB image out, SSE", scenario: "media-out-sse", limit: 0.5 },
  { ...PASS_THROUGH, what: "unary at 100/s: added p50, ms", scenario: "latency", metric: "p50Ms" },
  {
    ...PASS_THROUGH,
    what: "50 events at 100/s: added p50 to first byte, ms",
    scenario: "latency-s50",
    metric: "firstByteMs",
  },
  {
    ...TAIL,
    what: "unary at 100/s: added p99, ms",
    scenario: "latency",
    metric: "p99Ms",
    reference: "floor",
    kind: "added",
    share: 0.25,
    limit: 0.5,
  },
  { ...MEASURED, what: "5,000 slow streams: KB each", scenario: "slow-5000", metric: "kbPerStream", limit: 60 },
  {
    ...MEASURED,
    ...TAIL,
    what: "5,000 slow streams: event transit p99, ms",
    scenario: "slow-5000",
    metric: "transitP99Ms",
    limit: 50,
  },
  { ...NO_ERROR, what: "5,000 slow streams: errors", scenario: "slow-5000" },
  { ...NO_ERROR, what: "8 concurrent 5 MB uploads, TLS upstream: errors", scenario: "tls-uploads" },
  { ...NO_ERROR, what: "8 concurrent 5 MB uploads over gRPC: errors", scenario: "grpc-uploads" },
  { ...GRPC, what: "CPU, gRPC stream, 50 events in one upstream write", scenario: "grpc-s50" },
  { ...GRPC, what: "CPU, gRPC stream, 200 events", scenario: "grpc-s200" },
  {
    ...MEASURED,
    what: "start to first right answer, ms",
    scenario: "start",
    metric: "startMs",
    limit: 500,
    stretch: 350,
  },
  { ...MEASURED, what: "idle RSS, MB", scenario: "slow-1000", metric: "idleRssMb", limit: 120, stretch: 95 },
  { ...MEASURED, what: "1,000 slow streams: RSS, MB", scenario: "slow-1000", metric: "peakRssMb", limit: 200 },
];

/** Those goals whose scenarios were run on all they need. */
export function judge(samples: readonly Sample[]): Outcome[] {
  return goals.flatMap((goal) => {
    const ours = roundsOf(samples, goal.scenario, "gateway", goal.metric);
    const theirs = goal.reference && roundsOf(samples, goal.scenario, goal.reference, goal.metric);
    // What is absolute can be judged without the reference.
    const reference = theirs?.size === 0 && goal.kind === "absolute" ? undefined : theirs;
    const figures = pairOf(ours, reference ?? ours, figureOf(goal));
    const allowed = pairOf(reference ?? ours, reference ?? ours, (_, other) => limitOf(goal, other));
    const compared = pairOf(ours, reference ?? ours, reference ? divide : (figure) => figure);
    if (!figures || !allowed || !compared) return [];
    const met = figures.median <= allowed.median || figures.best <= allowed.best;
    return [{ ...goal, rounds: ours.size, ours: figures, allowed, met, compared }];
  });
}

function figureOf({ kind }: Goal): (ours: number, reference: number) => number {
  if (kind === "ratio") return divide;
  return kind === "added" ? (ours, reference) => ours - reference : (ours) => ours;
}

function limitOf({ kind, limit, share = 0 }: Goal, reference: number): number {
  return kind === "added" ? Math.max(limit, share * reference) : limit;
}
