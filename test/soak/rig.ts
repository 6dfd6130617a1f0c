// What a soak runs on: a gateway in a process of its own in front of a faulty Gemini, and figures of both.
import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { toBinary } from "@bufbuild/protobuf";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { chatRequest } from "../facade/raw.ts";
import { openAi, question } from "../faults/requests.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { startFaultyGemini, type FaultyGemini } from "../support/faulty-gemini.ts";
import { Program, type Ready } from "../process/program.ts";

export const LICENCE = "soak-licence-0123456789";

/** The first of a rig are looked at, thousands more are not. */
const KEPT_CALLS = 300;

/** One line of the report. `held` undefined: a figure without a promise. */
export interface Figure {
  readonly id: string;
  readonly what: string;
  readonly value: string;
  /** What was promised of it. */
  readonly promised?: string;
  readonly held?: boolean;
}

/** A figure that must not exceed what is promised; `unit` stands behind both. */
export function atMost(id: string, what: string, value: number, promised: number, unit = ""): Figure {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return {
    id,
    what,
    value: `${value.toFixed(digits)}${unit}`,
    promised: `≤ ${promised}${unit}`,
    held: value <= promised,
  };
}

/** How often something was tried, beside how often it was to be. A shorter soak tries less; that is no miss. */
export function tried(id: string, what: string, count: number, promised: number): Figure {
  return { id, what, value: String(count), promised: `${promised}${count < promised ? ": not reached" : ""}` };
}

export interface Rig extends AsyncDisposable {
  readonly gemini: FaultyGemini;
  readonly program: Program;
  readonly ready: Ready;
}

export async function startRig(env: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const gemini = await startFaultyGemini({ keepCalls: KEPT_CALLS });
  const program = new Program({
    env: {
      LICENCES: LICENCE,
      GEMINI_API_KEYS: "one:soak-key-1111,two:soak-key-2222,three:soak-key-3333",
      GEMINI_BASE_URL: gemini.origin,
      LOG_LEVEL: "error",
      UPSTREAM_BODY_MAX_BYTES: "10GiB",
      ...env,
    },
  });
  const ready = await program.ready();
  return {
    gemini,
    program,
    ready,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await gemini.close();
    },
  };
}

export async function post({ http }: Ready, body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(`${http}/gemini/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify(body),
    ...init,
    headers: { authorization: LICENCE, "content-type": "application/json", ...init.headers },
  });
}

/** What the gateway tells of itself. */
export interface Vitals {
  readonly rssMb: number;
  readonly heapMb: number;
  readonly cpuS: number;
  /** p99 of the event loop's delay since the last look, in milliseconds. */
  readonly loopMs: number;
  readonly handles: number;
  readonly files: number;
  readonly active: number;
  /** The most series that one metric has. */
  readonly series: number;
  /** Calls that ended, by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}

export async function vitalsOf({ http }: Ready): Promise<Vitals> {
  const page = await (await fetch(`${http}/metrics`)).text();
  const read = (name: string): number =>
    Number(new RegExp(`^gemini_gateway_${name} (\\S+)`, "m").exec(page)?.[1] ?? NaN);
  const outcomes: Record<string, number> = {};
  for (const [, outcome = "", count] of page.matchAll(/requests_total\{[^}]*outcome="([^"]+)"[^}]*\} (\d+)/g)) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + Number(count);
  }
  const names = [...page.matchAll(/^(\w+)\{/gm)].map(([, name = ""]) => name);
  const running = [...page.matchAll(/requests_active\{[^}]*\} (\d+)/g)];
  return {
    rssMb: read("process_resident_memory_bytes") / 1e6,
    heapMb: read("process_heap_used_bytes") / 1e6,
    loopMs: read("event_loop_delay_p99_seconds") * 1000,
    cpuS: read("process_cpu_seconds_total"),
    handles: read("process_active_resources"),
    files: read("process_open_fds"),
    active: running.reduce((sum, [, count]) => sum + Number(count), 0),
    series: Math.max(...Object.values(Object.groupBy(names, (name) => name)).map((all) => all?.length ?? 0)),
    outcomes,
  };
}

/** Waits until no call runs any more, at most ten seconds. */
export async function untilIdle(ready: Ready): Promise<Vitals> {
  let vitals = await vitalsOf(ready);
  for (let tries = 0; tries < 400 && vitals.active > 0; tries++) {
    await sleep(25);
    vitals = await vitalsOf(ready);
  }
  return vitals;
}

/** A gRPC stream of one question; with a window of 0 nothing of its answer can be sent. */
export function openGrpc(
  ready: Ready,
  initialWindowSize?: number,
): { session: ClientHttp2Session; stream: ClientHttp2Stream } {
  return openGrpcAt(`http://${ready.grpc}`, initialWindowSize);
}

export function openGrpcAt(origin: string, initialWindowSize?: number): ReturnType<typeof openGrpc> {
  const settings = initialWindowSize === undefined ? {} : { initialWindowSize };
  const session = connectHttp2(origin, { settings });
  session.on("error", () => undefined);
  return { session, stream: askGrpc(session) };
}

/** One more stream of the question on a connection. */
export function askGrpc(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": "/gemini.chat.v1.ChatService/StreamChat",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: LICENCE,
  });
  stream.on("error", () => undefined);
  const message = toBinary(ChatRequestSchema, question());
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return stream.end(Buffer.concat([head, message]));
}

/** An SSE stream of one question on a socket of its own. */
export function openSse(ready: Ready): BareClient {
  const client = new BareClient(ready.http);
  client.socket.write(chatRequest(JSON.stringify(openAi(true)), { authorization: LICENCE }));
  return client;
}

/** The value below which this share of the sorted values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
