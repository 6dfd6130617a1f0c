// The bytes of a request as they come from its client: counted, and waited for no longer than the call may last.
import type { Readable } from "node:stream";
import type { HandlerContext } from "@connectrpc/connect";
import { BytePile } from "../chat/byte-pile.ts";
import { startDeadline, type Deadline } from "../chat/deadline.ts";
import { Failure } from "../chat/failures.ts";
import type { Clock } from "../chat/ports.ts";
import type { BodyLease } from "./body-budget.ts";
import { callerTimeoutMs } from "./call-context.ts";
import type { StreamPeer } from "./stream-peer.ts";

/** Before each message of an enveloped body: a byte of flags and four of its length. */
export const ENVELOPE_BYTES = 5;

/**
 * Small pieces go on together, so many bytes at a time: Connect (2.2.0) looks through all pieces that it holds whenever one more comes,
 * which took 14 s of CPU for 100 KB in single bytes (measured).
 */
const TOGETHER_BYTES = 65_536;

/** What the reading of a body is bound by. */
export interface BodyBounds {
  readonly clock: Clock;
  /** So long it may take to arrive, in milliseconds. */
  readonly arrivalMs: number;
  /** Memory for its bytes, taken as they come. */
  readonly lease: BodyLease;
  /** The client of an HTTP/2 stream; that of a connection of HTTP/1.1 needs none. */
  readonly peer: StreamPeer | undefined;
}

/**
 * The body of a call in pieces. Throws a Failure: TIMEOUT when the caller's deadline or the time to arrive is over, INVALID_VALUE for a
 * deadline that is none, SERVER_SHUTTING_DOWN, SERVER_BUSY, or CANCELLED when the client leaves. Who stops reading does not destroy the
 * request: it can still be answered.
 */
export async function* readPieces(request: Readable, call: HandlerContext, bounds: BodyBounds): AsyncGenerator<Buffer> {
  using arrival = new Arrival(request, call, bounds);
  for (let isWhole = false; !isWhole;) {
    await arrival.change();
    if (arrival.failure) throw arrival.failure;
    // Asked before the pieces go on: while they are looked at, the rest may fail to come.
    isWhole = arrival.isOver;
    yield* arrival.take();
  }
}

/** By hand: Node's own iterator over a stream cannot be told to stop waiting, and costs a promise for each piece. */
class Arrival implements Disposable {
  /** Nothing more comes. */
  isOver = false;
  failure: Failure | undefined;
  readonly #request: Readable;
  readonly #bounds: BodyBounds;
  readonly #togetherBytes: number;
  readonly #deadline: Deadline | undefined;
  #pile = new BytePile();
  #takenBytes = 0;
  #isReading = true;
  #wake: (() => void) | undefined;

  constructor(request: Readable, call: HandlerContext, bounds: BodyBounds) {
    this.#request = request;
    this.#bounds = bounds;
    this.#togetherBytes = call.method.methodKind === "bidi_streaming" ? 1 : TOGETHER_BYTES;
    const { clock, arrivalMs } = bounds;
    const caller = { signal: call.signal, deadlineMs: clock.now() + callerTimeoutMs(call) };
    request.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
    this.#deadline = startDeadline(clock, caller, arrivalMs, (reason) => this.#end(reason));
    // It may have been over from the start, and then told so before it was ours to dispose.
    if (this.isOver) this.#deadline[Symbol.dispose]();
  }

  /** Resolves when there is something to take, or nothing more comes. */
  async change(): Promise<void> {
    if (this.isOver || this.#isEnough()) return;
    this.#request.resume();
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  take(): Buffer[] {
    const pieces = this.#pile.pieces();
    this.#takenBytes += this.#pile.size;
    this.#pile = new BytePile();
    return pieces;
  }

  [Symbol.dispose](): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#deadline?.[Symbol.dispose]();
    this.#request.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose).pause();
  }

  readonly #onData = (piece: Buffer): void => {
    const { peer, lease } = this.#bounds;
    peer?.stepped();
    try {
      lease.take(piece.length);
    } catch (error) {
      this.#end(Failure.from(error));
      return;
    }
    this.#pile.add(piece);
    if (!this.#isEnough()) return;
    this.#request.pause();
    this.#wake?.();
  };

  readonly #onEnd = (): void => {
    // Node ends the reading of an HTTP/2 stream that was reset as well: what came until then would pass for all.
    if (this.#bounds.peer?.stream.closed) this.#onClose();
    else this.#end(undefined);
  };

  readonly #onClose = (): void => {
    this.#end(new Failure("CANCELLED", "The client left before its request had arrived."));
  };

  /** The first bytes tell the length of a message: they go on at once. */
  #isEnough(): boolean {
    return this.#pile.size >= (this.#takenBytes < ENVELOPE_BYTES ? 1 : this.#togetherBytes);
  }

  #end(failure: Failure | undefined): void {
    this.isOver = true;
    this.failure ??= failure;
    this[Symbol.dispose]();
    this.#wake?.();
  }
}
