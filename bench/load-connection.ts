// One connection of the load client: writes the same request again and again, checks each answer with few instructions.

import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { BENCH_MARK } from "../test/support/faulty-gemini.ts";

/** What each answer must hold. */
export interface Expectation {
  readonly marks: number;
  readonly answerMinBytes: number;
  /** Whether it must end with `data: [DONE]`. */
  readonly done: boolean;
}

/** An answer that takes longer counts as bad. */
const ANSWER_DEADLINE_MS = 10_000;
const EXCERPT_CHARACTERS = 600;

const HEAD_END = Buffer.from("\r\n\r\n");
const CHUNKED_END = Buffer.from("0\r\n\r\n");
const DONE = Buffer.from("data: [DONE]\n\n");
const MARK = BENCH_MARK.charCodeAt(0);

export class LoadConnection {
  answers = 0;
  badAnswers = 0;
  firstBad: string | undefined;
  readonly durationsMs: number[] = [];
  readonly #request: Buffer;
  readonly #expectation: Expectation;
  readonly #socket: Socket;
  readonly #ended = Promise.withResolvers<void>();
  #pieces: Buffer[] = [];
  #receivedBytes = 0;
  #head: { readonly status: string; readonly bytes: number; readonly bodyBytes: number | undefined } | undefined;
  #sentAt = 0;
  #finishing = false;
  #over = false;

  constructor(address: string, request: Buffer, expectation: Expectation) {
    this.#request = request;
    this.#expectation = expectation;
    const [host = "", port = ""] = address.split(":");
    this.#socket = connect({ host, port: Number(port), noDelay: true });
    this.#socket.setTimeout(ANSWER_DEADLINE_MS, () => this.#fail("no answer in time"));
    this.#socket.on("data", (bytes: Buffer) => this.#onBytes(bytes));
    this.#socket.on("error", (error) => this.#fail(String(error)));
    this.#socket.on("end", () => this.#fail("the server closed the connection"));
    this.#socket.on("close", () => this.#ended.resolve());
  }

  start(): void {
    this.#send();
  }

  /** Lets the running answer come to its end. */
  async finish(): Promise<void> {
    this.#finishing = true;
    await this.#ended.promise;
  }

  #send(): void {
    this.#sentAt = performance.now();
    this.#socket.write(this.#request);
  }

  #onBytes(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#receivedBytes += bytes.length;
    if (this.#head === undefined && !this.#readHead()) return;
    const body = this.#wholeBody(bytes);
    if (body === undefined) return;
    const isRight = this.#isRight(body);
    if (!isRight) this.#countBad(Buffer.concat(this.#pieces).toString("utf8", 0, EXCERPT_CHARACTERS));
    this.durationsMs.push(performance.now() - this.#sentAt);
    this.answers++;
    this.#pieces = [];
    this.#receivedBytes = 0;
    this.#head = undefined;
    if (this.#finishing) this.#close();
    else this.#send();
  }

  #readHead(): boolean {
    const start = Buffer.concat(this.#pieces);
    const end = start.indexOf(HEAD_END);
    if (end < 0) return false;
    const text = start.toString("latin1", 0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
    const bodyBytes = length === undefined ? undefined : Number(length);
    this.#head = { status: text.slice(9, 12), bytes: end + HEAD_END.length, bodyBytes };
    return true;
  }

  /** The body once it is whole, chunk framing removed. Pieces are joined only then, so large answers are copied once. */
  #wholeBody(last: Buffer): Buffer | undefined {
    const { bytes = 0, bodyBytes } = this.#head ?? {};
    if (bodyBytes !== undefined) {
      return this.#receivedBytes < bytes + bodyBytes ? undefined : Buffer.concat(this.#pieces).subarray(bytes);
    }
    const canBeEnd = last.length < CHUNKED_END.length || last.subarray(-CHUNKED_END.length).equals(CHUNKED_END);
    return canBeEnd ? dechunk(Buffer.concat(this.#pieces).subarray(bytes)) : undefined;
  }

  #isRight(body: Buffer): boolean {
    const { marks, answerMinBytes, done } = this.#expectation;
    return (
      this.#head?.status === "200" &&
      body.length >= answerMinBytes &&
      marksIn(body) === marks &&
      (!done || body.subarray(-DONE.length).equals(DONE))
    );
  }

  #countBad(excerpt: string): void {
    this.badAnswers++;
    this.firstBad ??= excerpt;
  }

  #fail(reason: string): void {
    if (this.#over) return;
    this.#countBad(`${reason} after ${this.#receivedBytes} bytes`);
    this.#close();
  }

  #close(): void {
    this.#over = true;
    this.#socket.destroy();
  }
}

function marksIn(body: Buffer): number {
  let marks = 0;
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + 1)) marks++;
  return marks;
}

/** Undefined while chunks are missing. */
function dechunk(body: Buffer): Buffer | undefined {
  if (!body.subarray(-CHUNKED_END.length).equals(CHUNKED_END)) return undefined;
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = body.indexOf("\r\n", at, "latin1");
    const size = Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (size === 0) return Buffer.concat(chunks);
    const end = lineEnd + 2 + size;
    if (lineEnd < 0 || Number.isNaN(size) || end + 2 > body.length) return undefined;
    chunks.push(body.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
