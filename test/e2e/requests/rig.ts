// A gateway whose way to the emulator is tapped: the emulator judges every body as Google would, and the test sees what arrived.
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { startEmulator } from "../../../src/emulator/server.ts";
import { startGateway } from "../../support/gateway.ts";
import type { Json } from "../../openai/sse-fold.ts";

/** One call of a model as it came up. */
export interface Arrival {
  readonly model: string;
  readonly body: Json;
  /** What the emulator said of it. */
  readonly status: number;
}

/** What became of one request. */
export interface Outcome {
  readonly status: number;
  readonly text: string;
  /** Codes and parameters of the header x-gateway-warnings. */
  readonly warnings: readonly string[];
  readonly arrivals: readonly Arrival[];
}

export interface Rig extends AsyncDisposable {
  /** `query` with its question mark. */
  ask(body: object, headers?: Readonly<Record<string, string>>, query?: string): Promise<Outcome>;
}

const KEY = "tapped-emulator-key";
const GENERATE = /\/models\/([^/:]+):(?:streamGenerateContent|generateContent)/;

/** Starts one; `environment` holds settings of the gateway. */
export async function startRig(environment: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const emulator = await startEmulator({ host: "127.0.0.1", port: 0, keys: [KEY], seed: 1 });
  const arrivals: Arrival[] = [];
  const tap = createServer((incoming, outgoing) => {
    relay(emulator.origin, incoming, outgoing, arrivals).catch(() => outgoing.destroy());
  });
  tap.listen(0, "127.0.0.1");
  await once(tap, "listening");
  const { port } = tap.address() as AddressInfo;
  const gateway = await startGateway({
    GEMINI_BASE_URL: `http://127.0.0.1:${port}`,
    GEMINI_API_KEYS: KEY,
    ...environment,
  });
  await gateway.get("/gemini/v1/models");
  return {
    async ask(body, headers = {}, query = "") {
      const before = arrivals.length;
      const response = await fetch(`${gateway.base}/chat/completions${query}`, {
        method: "POST",
        headers: { authorization: "Bearer test-licence-0123456789", "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      const warnings = response.headers.get("x-gateway-warnings")?.split(", ") ?? [];
      return { status: response.status, text, warnings, arrivals: arrivals.slice(before) };
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await emulator.close();
      tap.closeAllConnections();
      tap.close();
      await once(tap, "close");
    },
  };
}

async function relay(
  origin: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  arrivals: Arrival[],
): Promise<void> {
  const sent = await buffer(incoming);
  const { method, url = "/", headers } = incoming;
  const onward = forward(new URL(url, origin), { method, headers });
  onward.end(sent);
  const [answer] = (await once(onward, "response")) as [IncomingMessage];
  const model = GENERATE.exec(url)?.[1];
  if (model !== undefined) {
    arrivals.push({ model, body: JSON.parse(sent.toString("utf8")), status: answer.statusCode ?? 0 });
  }
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  await pipeline(answer, outgoing);
}
