// What is measured: which load, which question, what a right answer holds, and on which targets.

import { BENCH_EVENT_CHARACTERS } from "../test/support/faulty-gemini.ts";

/** `openai` speaks to a gateway, `gemini` to the mock itself; `mapped` sends OpenAI's words and gets Gemini's back. */
export type Dialect = "openai" | "gemini" | "mapped" | "grpc";

export const targetNames = ["direct", "pass-through", "floor", "connect-bare", "connect-node", "gateway"] as const;

export type TargetName = (typeof targetNames)[number];

/**
 * `closed`: each connection asks again as soon as it is answered. `open`: asked at a fixed rate, whatever comes back. `slow`: each
 * connection asks once. `grpc-…`: calls of ChatService. `start`: no load but the start itself.
 */
export type Load = "closed" | "open" | "slow" | "grpc-streams" | "grpc-uploads" | "start";

export interface Scenario {
  readonly name: string;
  readonly load: Load;
  /** The mock chooses its answer by it. */
  readonly model: string;
  readonly streaming: boolean;
  readonly connections: number;
  /** Only of `open`. */
  readonly ratePerSecond: number;
  /** Upstream events of one answer; 1 when unary. */
  readonly events: number;
  /** Marks in the answer's text: each event has one, whatever chunks a gateway makes of it. */
  readonly marks: number;
  /** Before each mark stands when the mock sent it. */
  readonly stamped: boolean;
  readonly answerMinBytes: number;
  /** Base64 characters of the image in the request. */
  readonly imageCharacters: number;
  readonly targets: readonly TargetName[];
  /** Measured so many windows long: where requests are few, the edges count more. */
  readonly windows: number;
  /** Whether each measurement gets a process of its own; the others share one, in interleaved rounds. */
  readonly fresh: boolean;
  /** Over TLS to the upstream. */
  readonly tls: boolean;
}

export const ROUTE = "/gemini/v1/chat/completions";

const BYTES_PER_MB = 1_048_576;
const UNARY_CHARACTERS = 200;
/** Seconds that all slow streams run beside each other, after a ramp of 1,000 streams a second. */
export const SLOW_PLATEAU_S = 6;
export const SLOW_RAMP_PER_SECOND = 1_000;

const UNARY: Scenario = {
  name: "unary",
  load: "closed",
  model: `bench-unary-${UNARY_CHARACTERS}`,
  streaming: false,
  connections: 32,
  ratePerSecond: 0,
  events: 1,
  marks: UNARY_CHARACTERS / BENCH_EVENT_CHARACTERS,
  stamped: false,
  answerMinBytes: UNARY_CHARACTERS,
  imageCharacters: 0,
  targets: ["direct", "pass-through", "floor", "gateway"],
  windows: 1,
  fresh: false,
  tls: false,
};

const MEDIA_IN: Scenario = {
  ...UNARY,
  name: "media-in",
  model: "bench-media-in-5mb",
  connections: 4,
  imageCharacters: 5 * BYTES_PER_MB,
  targets: ["floor", "gateway"],
  windows: 2,
};

const MEDIA_OUT: Scenario = {
  ...MEDIA_IN,
  name: "media-out",
  model: "bench-media-out-2mb",
  imageCharacters: 0,
  marks: 0,
  answerMinBytes: 2 * BYTES_PER_MB,
};

export const scenarios: readonly Scenario[] = [
  UNARY,
  stream("s50", 50),
  { ...stream("s50e", 50), model: "bench-s50e" },
  stream("s200", 200),
  MEDIA_IN,
  MEDIA_OUT,
  { ...MEDIA_OUT, name: "media-out-sse", streaming: true },
  { ...UNARY, name: "latency", load: "open", connections: 8, ratePerSecond: 100, windows: 2.5 },
  {
    ...stream("latency-s50", 50),
    load: "open",
    connections: 8,
    ratePerSecond: 100,
    targets: ["direct", "pass-through", "gateway"],
    windows: 1.5,
  },
  { ...stream("transit", 20), model: "bench-stamped-20-20", connections: 20, stamped: true },
  grpcStream("grpc-s50", 50),
  grpcStream("grpc-s200", 200),
  { ...UNARY, name: "start", load: "start", targets: ["pass-through", "floor", "gateway"], fresh: true },
  slow(1_000),
  slow(5_000),
  { ...MEDIA_IN, name: "tls-uploads", connections: 8, targets: ["gateway"], fresh: true, tls: true },
  {
    ...MEDIA_IN,
    name: "grpc-uploads",
    load: "grpc-uploads",
    connections: 8,
    targets: ["gateway"],
    fresh: true,
    tls: true,
  },
];

function stream(name: string, events: number): Scenario {
  const answerMinBytes = events * BENCH_EVENT_CHARACTERS;
  return { ...UNARY, name, model: `bench-s${events}`, streaming: true, events, marks: events, answerMinBytes };
}

function grpcStream(name: string, events: number): Scenario {
  return { ...stream(name, events), load: "grpc-streams", targets: ["connect-bare", "connect-node", "gateway"] };
}

/** One event a second; the first streams still run when the last ones have begun. */
function slow(connections: number): Scenario {
  const events = connections / SLOW_RAMP_PER_SECOND + SLOW_PLATEAU_S;
  const answer = { ...stream(`slow-${connections}`, events), model: `bench-stamped-${events}-1000`, stamped: true };
  return { ...answer, load: "slow", connections, targets: ["floor", "gateway"], fresh: true };
}
