// The faulty Gemini: a fake upstream on raw sockets that misbehaves exactly as a test scripts it; also the bench's mock.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { errorAnswer, jsonAnswer } from "./faulty-gemini/answers.ts";
import { benchAnswer } from "./faulty-gemini/bench-models.ts";
import { Call, type RawRequest } from "./faulty-gemini/call.ts";
import { serveConnection } from "./faulty-gemini/connection.ts";
import { WAIT_MS, within } from "./faulty-gemini/deadline.ts";
import { geminiError } from "./faulty-gemini/errors.ts";
import { inOrder, type Script } from "./faulty-gemini/scripts.ts";
import { precomputed, type Answer } from "./faulty-gemini/steps.ts";

export * from "./faulty-gemini/answers.ts";
export * from "./faulty-gemini/bench-models.ts";
export * from "./faulty-gemini/chunks.ts";
export * from "./faulty-gemini/errors.ts";
export * from "./faulty-gemini/http.ts";
export * from "./faulty-gemini/scripts.ts";
export * from "./faulty-gemini/splits.ts";
export * from "./faulty-gemini/sse.ts";
export * from "./faulty-gemini/steps.ts";
export { Call };
export type { CallOutcome } from "./faulty-gemini/call.ts";

export interface FaultyGeminiOptions {
  /** How many calls the log keeps; a bench keeps none. */
  readonly keepCalls?: number;
  /** Model ids that GET /models lists. */
  readonly models?: readonly string[];
}

/** Listens on a free port of 127.0.0.1. Close it (or `await using`) at the end of the test. */
export async function startFaultyGemini(options: FaultyGeminiOptions = {}): Promise<FaultyGemini> {
  const server = createServer({ noDelay: true });
  const gemini = new FaultyGemini(server, options);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return gemini;
}

/** An origin of 127.0.0.1 that refuses connections (F01). */
export async function refusingOrigin(): Promise<string> {
  const gemini = await startFaultyGemini();
  const { origin } = gemini;
  await gemini.close();
  return origin;
}

const DEFAULT_MODELS = ["gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-2.5-flash", "gemini-nano-banana-2.1"];

/** `key=` and the like in a query, or the shape of Google's classic keys anywhere. */
const KEY_IN_URL = /[?&](?:key|api_?key|access_token)=|AIza[\w-]{35}/i;

/** A shorter key of a test could be part of a path by chance. */
const KEY_MIN_CHARACTERS = 8;

export class FaultyGemini implements AsyncDisposable {
  /** All POST calls in the order they arrived, at most `keepCalls`. */
  readonly calls: Call[] = [];
  /** All other calls: GETs of the model list, which a gateway may make in the background. They consume no script. */
  readonly sideCalls: Call[] = [];
  readonly #server: Server;
  readonly #keepCalls: number;
  readonly #modelList: Answer;
  readonly #sockets = new Set<Socket>();
  readonly #keys = new Set<string>();
  readonly #violations: string[] = [];
  readonly #waiters = new Set<() => void>();
  #script: Script = () => undefined;
  #connectionsToReset = 0;
  #closed = false;

  constructor(server: Server, { keepCalls = Number.POSITIVE_INFINITY, models = DEFAULT_MODELS }: FaultyGeminiOptions) {
    this.#server = server;
    this.#keepCalls = keepCalls;
    this.#modelList = precomputed(jsonAnswer({ models: models.map(toListedModel) }));
    server.on("connection", (socket) => this.#accept(socket));
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many connections are open now. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /**
   * Sets what POST calls get: answers in order, or a function of the call. Where the script has nothing, a `bench-…` model
   * gets its bench answer and everything else 501.
   */
  script(script: readonly Answer[] | Script): void {
    this.#script = typeof script === "function" ? script : inOrder(script);
  }

  /** So many of the next connections are reset before a byte of their requests is read. */
  resetNextConnections(count: number): void {
    this.#connectionsToReset = count;
  }

  /** Ends all connections, as a server does with idle ones (FIN) or when it dies (RST). Running answers are cut. */
  dropConnections(how: "fin" | "reset"): void {
    for (const socket of this.#sockets) {
      if (how === "fin") socket.end();
      else socket.resetAndDestroy();
    }
  }

  /** The first `count` POST calls, as soon as so many have arrived; rejects after `timeoutMs`. */
  async waitForCalls(count: number, timeoutMs: number = WAIT_MS): Promise<readonly Call[]> {
    await within(this.#untilCalls(count), timeoutMs, `call ${count} to the faulty Gemini`);
    return this.calls.slice(0, count);
  }

  /** Ends everything. Rejects with an AssertionError if a key was seen in a URL, a request was no HTTP/1.1 or the script threw. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
    assert.deepEqual(this.#violations, [], "what the faulty Gemini must never see");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #untilCalls(count: number): Promise<void> {
    while (this.calls.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
    }
  }

  #accept(socket: Socket): void {
    if (this.#connectionsToReset > 0) {
      this.#connectionsToReset--;
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    serveConnection(socket, {
      begin: (request) => this.#begin(request),
      onFailure: (what) => this.#violations.push(what),
    });
  }

  #begin(request: RawRequest): { call: Call; answer: Answer } {
    const call = new Call(request);
    this.#checkUrl(call);
    const isSide = call.method !== "POST";
    const log = isSide ? this.sideCalls : this.calls;
    if (log.length < this.#keepCalls) log.push(call);
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
    if (isSide) return { call, answer: this.#sideAnswer(call) };
    return { call, answer: this.#script(call) ?? benchAnswer(call) ?? NOT_SCRIPTED };
  }

  #checkUrl({ target, key, path }: Call): void {
    if (key !== undefined && key.length >= KEY_MIN_CHARACTERS) this.#keys.add(key);
    const holdsKnownKey = [...this.#keys].some((known) => target.includes(known));
    // The path alone is named: the message of a test must not hold the key either.
    if (holdsKnownKey || KEY_IN_URL.test(target)) {
      this.#violations.push(`a key in the URL of a call to ${path.split(":")[0]}`);
    }
  }

  #sideAnswer(call: Call): Answer {
    if (call.method === "GET" && call.path.endsWith("/models")) return this.#modelList;
    if (call.method === "GET" && call.model !== undefined) return jsonAnswer(toListedModel(call.model));
    return NOT_SCRIPTED;
  }
}

const NOT_SCRIPTED = precomputed(
  errorAnswer(geminiError(501, "UNIMPLEMENTED", "The script has no answer for this call.")),
);

function toListedModel(id: string): object {
  return {
    name: `models/${id}`,
    version: "001",
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ["generateContent", "countTokens"],
    thinking: true,
  };
}
