// One HTTP/1.1 connection of the load client: writes its request when told and checks each answer.

import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { canEndChunked, dechunk, marksIn, readHead, transitsOf, type Head } from "./answer-bytes.ts";
import type { Tally } from "./tally.ts";

/** What each answer must hold. */
export interface Expectation {
  readonly marks: number;
  readonly answerMinBytes: number;
  /** Whether it must end with `data: [DONE]`. */
  readonly done: boolean;
  readonly stamped: boolean;
}

/** An answer that stays silent for longer counts as bad. */
const SILENCE_MAX_MS = 10_000;
const EXCERPT_CHARACTERS = 600;
const DONE = Buffer.from("data: [DONE]\n\n");

export class LoadConnection {
  /** Settles when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
  readonly #request: Buffer;
  readonly #expectation: Expectation;
  readonly #tally: Tally;
  readonly #onAnswer: (connection: LoadConnection) => void;
  readonly #socket: Socket;
  #pieces: Buffer[] = [];
  #receivedBytes = 0;
  #head: Head | undefined;
  #firstByteSeen = false;
  #dueAt = 0;
  #over = false;

  /** `onAnswer` hears of each whole answer, right or not; then the connection is free for the next. */
  constructor(
    address: string,
    request: Buffer,
    expectation: Expectation,
    tally: Tally,
    onAnswer: (connection: LoadConnection) => void,
  ) {
    this.#request = request;
    this.#expectation = expectation;
    this.#tally = tally;
    this.#onAnswer = onAnswer;
    const [host = "", port = ""] = address.split(":");
    this.#socket = connect({ host, port: Number(port), noDelay: true });
    this.#socket.setTimeout(SILENCE_MAX_MS, () => this.#fail("silence"));
    this.#socket.on("data", (bytes: Buffer) => this.#onBytes(bytes));
    this.#socket.on("error", (error) => this.#fail(String(error)));
    this.#socket.on("end", () => this.#fail("the server closed the connection"));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#socket.on("close", () => resolve());
  }

  /** Times count from when the request was due. */
  send(dueAt: number = performance.now()): void {
    this.#dueAt = dueAt;
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  #onBytes(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#receivedBytes += bytes.length;
    this.#head ??= readHead(this.#pieces.length === 1 ? bytes : Buffer.concat(this.#pieces));
    if (this.#head === undefined) return;
    if (!this.#firstByteSeen && this.#receivedBytes > this.#head.bytes) {
      this.#firstByteSeen = true;
      this.#tally.firstBytesMs.push(performance.now() - this.#dueAt);
    }
    if (this.#expectation.stamped) this.#tally.transitsMs.push(...transitsOf(bytes));
    const body = this.#wholeBody(this.#head, bytes);
    if (body !== undefined) this.#finishAnswer(this.#head, body);
  }

  /** The body once it is whole, chunk framing removed. Pieces are joined only then, so large answers are copied once. */
  #wholeBody({ bytes, bodyBytes }: Head, last: Buffer): Buffer | undefined {
    if (bodyBytes !== undefined) {
      return this.#receivedBytes < bytes + bodyBytes ? undefined : Buffer.concat(this.#pieces).subarray(bytes);
    }
    return canEndChunked(last) ? dechunk(Buffer.concat(this.#pieces).subarray(bytes)) : undefined;
  }

  #finishAnswer({ status }: Head, body: Buffer): void {
    const { marks, answerMinBytes, done } = this.#expectation;
    const isRight =
      status === "200" &&
      body.length >= answerMinBytes &&
      marksIn(body) === marks &&
      (!done || body.subarray(-DONE.length).equals(DONE));
    if (!isRight) this.#tally.countBad(Buffer.concat(this.#pieces).toString("utf8", 0, EXCERPT_CHARACTERS));
    this.#tally.durationsMs.push(performance.now() - this.#dueAt);
    this.#tally.answers++;
    this.#pieces = [];
    this.#receivedBytes = 0;
    this.#head = undefined;
    this.#firstByteSeen = false;
    this.#onAnswer(this);
  }

  #fail(reason: string): void {
    if (this.#over) return;
    this.#tally.countBad(`${reason} after ${this.#receivedBytes} bytes`);
    this.close();
  }
}
