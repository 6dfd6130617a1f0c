// A whole gateway in this process, on free ports, over any upstream: what most end-to-end tests talk to.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startApp, type App } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { createLogger } from "../../src/telemetry/log.ts";

/** The licence every test gateway accepts. */
export const LICENCE = "test-licence-0123456789";

export interface TestGateway extends AsyncDisposable {
  readonly app: App;
  /** Base URL for OpenAI SDKs. */
  readonly base: string;
  /** Everything the gateway logged, as it came. */
  readonly log: string[];
  /** Sends a JSON body to the chat completions route. */
  post(body: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

/** Starts one; `environment` goes on top of free ports, a scratch store, one licence and, without an upstream, the emulator. */
export async function startGateway(environment: Record<string, string> = {}): Promise<TestGateway> {
  const directory = mkdtempSync(join(tmpdir(), "gateway-test-"));
  const upstream = environment["GEMINI_BASE_URL"] ?? "emulator";
  const config = await loadConfig(
    {
      PORT: "0",
      GRPC_PORT: "0",
      LICENCES: LICENCE,
      ...(upstream === "emulator" || environment["CHAT_SERVICE_URL"] ? {} : { GEMINI_API_KEYS: "test-key-1" }),
      ...environment,
    },
    directory,
  );
  const log: string[] = [];
  const app = await startApp(
    config,
    createLogger({ level: config.logLevel, readable: false, destination: { write: (line) => void log.push(line) } }),
  );
  const base = `${app.http}/gemini/v1`;
  return {
    app,
    base,
    log,
    post: (body, headers = {}, signal) =>
      fetch(`${base}/chat/completions`, {
        method: "POST",
        headers: { authorization: LICENCE, "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...(signal && { signal }),
      }),
    get: (path, headers = {}) => fetch(`${app.http}${path}`, { headers: { authorization: LICENCE, ...headers } }),
    async [Symbol.asyncDispose]() {
      await app.drain();
      rmSync(directory, { recursive: true });
    },
  };
}
