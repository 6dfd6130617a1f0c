// What a soak runs on: a gateway in a process of its own in front of a faulty Gemini, and figures of both.
import { startFaultyGemini, type FaultyGemini } from "../support/faulty-gemini.ts";
import { Program, type Ready } from "../process/program.ts";

export const LICENCE = "soak-licence-0123456789";

/** One line of the report. `held` undefined: a figure without a promise. */
export interface Figure {
  readonly id: string;
  readonly what: string;
  readonly value: string;
  readonly held?: boolean;
}

export interface Rig extends AsyncDisposable {
  readonly gemini: FaultyGemini;
  readonly program: Program;
  readonly ready: Ready;
}

export async function startRig(env: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const gemini = await startFaultyGemini({ keepCalls: 0 });
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
    headers: { authorization: LICENCE, "content-type": "application/json" },
    body: JSON.stringify(body),
    ...init,
  });
}

/** What the gateway tells of itself. */
export interface Vitals {
  readonly rssMb: number;
  readonly heapMb: number;
  readonly handles: number;
  readonly files: number;
  readonly active: number;
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
  const running = [...page.matchAll(/requests_active\{[^}]*\} (\d+)/g)];
  return {
    rssMb: read("process_resident_memory_bytes") / 1e6,
    heapMb: read("process_heap_used_bytes") / 1e6,
    handles: read("process_active_resources"),
    files: read("process_open_fds"),
    active: running.reduce((sum, [, count]) => sum + Number(count), 0),
    outcomes,
  };
}

/** The value below which this share of the sorted values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
