// One call a client made: what it asked for, when, and what became of the answer.

import { performance } from "node:perf_hooks";
import { WAIT_MS, within } from "./deadline.ts";

/** A request as it came off the wire; the body in the pieces it arrived in. */
export interface RawRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Names in lower case; repeated ones joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyPieces: readonly Buffer[];
}

/** `answered`: all steps were played, an own `fin` or `reset` included. `client-closed`: the client left before that. */
export type CallOutcome = "answered" | "client-closed";

/** Times are milliseconds of the monotonic clock (`performance.now()`). */
export class Call {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** When the request had arrived whole. */
  readonly openedAt: number = performance.now();
  /** When the client closed the connection under an unfinished answer. */
  closedAt: number | undefined;
  outcome: CallOutcome | undefined;
  /** Bytes handed to the socket; it is written no faster than the client reads. */
  bytesSent = 0;
  readonly #bodyPieces: readonly Buffer[];
  #ended: PromiseWithResolvers<CallOutcome> | undefined;

  constructor(request: RawRequest) {
    this.method = request.method;
    this.target = request.target;
    this.headers = request.headers;
    this.#bodyPieces = request.bodyPieces;
  }

  get path(): string {
    return this.target.split("?", 1)[0] ?? "";
  }

  /** The API key, from the one header it belongs in. */
  get key(): string | undefined {
    return this.headers["x-goog-api-key"];
  }

  /** The model id of the path, decoded. */
  get model(): string | undefined {
    const id = /\/models\/([^:/]+)/.exec(this.path)?.[1];
    return id === undefined ? undefined : decodeURIComponent(id);
  }

  /** Whether events were asked for. */
  get streaming(): boolean {
    return this.target.includes(":streamGenerateContent");
  }

  get body(): Buffer {
    return Buffer.concat(this.#bodyPieces);
  }

  get bodyBytes(): number {
    return this.#bodyPieces.reduce((bytes, piece) => bytes + piece.length, 0);
  }

  /** The body parsed; throws SyntaxError if it is no JSON. */
  json(): unknown {
    return JSON.parse(this.body.toString("utf8"));
  }

  /** Settles when the answer is played or the client has left; rejects after `timeoutMs`. */
  async whenEnded(timeoutMs: number = WAIT_MS): Promise<CallOutcome> {
    if (this.outcome !== undefined) return this.outcome;
    this.#ended ??= Promise.withResolvers();
    return await within(this.#ended.promise, timeoutMs, `the end of ${this.method} ${this.path}`);
  }

  /** Records the end, once; the first outcome stands. */
  end(outcome: CallOutcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    if (outcome === "client-closed") this.closedAt = performance.now();
    this.#ended?.resolve(outcome);
  }
}
