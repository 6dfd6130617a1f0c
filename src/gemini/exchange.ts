// One HTTP exchange with the upstream: sends, watches the clock and the sizes, and tells a receiver what came. Ends exactly once.
import type { Dispatcher } from "undici";
import { Failure, type FailureReason } from "../chat/failures.ts";
import { transportFailure, type Phase } from "./transport-failure.ts";

/** An error body says what it has to say in less than this. */
const ERROR_BODY_MAX_BYTES = 65_536;
/** The status is known by then: the body of an error is not worth a longer wait. */
const ERROR_BODY_MS = 5_000;
/** Heads with a status 1xx before the answer. Google sends none, a proxy one or two. */
const MAX_ANNOUNCEMENTS = 16;
/** Longest delay a timer takes (2^31 − 1 ms); longer ones would fire at once. */
const TIMER_MAX_MS = 2_147_483_647;

/** Headers of an answer: lower-case names. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Hears what an answer with status 200 brings. Whatever a method throws ends the exchange as its failure. */
export interface Receiver {
  onHead(headers: AnswerHeaders): void;
  /** All that came in one read. */
  onBytes(bytes: Buffer): void;
  onEnd(): void;
  /** Nothing follows. Not called after onEnd returned. */
  onFailure(failure: Failure): void;
}

/** Milliseconds; Infinity for none. */
export interface ExchangeLimits {
  /** Until the receiver tells of a first event. */
  readonly firstEventMs: number;
  /** Between events. */
  readonly idleMs: number;
  readonly totalMs: number;
  readonly bodyMaxBytes: number;
}

/** The failure behind an answer with another status than 200. */
export type ErrorReader = (status: number, body: string, retryAfter: string | undefined) => Failure;

export class Exchange implements Dispatcher.DispatchHandler {
  readonly #limits: ExchangeLimits;
  readonly #signal: AbortSignal;
  readonly #readError: ErrorReader;
  #receiver: Receiver | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: Phase = "connecting";
  #settled = false;
  #announcements = 0;
  #bytes = 0;
  /** What the receiver has not been told yet. */
  #pieces: Buffer[] = [];
  #hadEvent = false;
  #paused = false;
  #totalTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  /** The limit of silence is over; what has come meanwhile may not have been read yet. */
  #silent = false;
  /** Set while an answer with another status than 200 is read. */
  #error: { readonly status: number; readonly retryAfter: string | undefined; readonly pieces: Buffer[] } | undefined;

  constructor(limits: ExchangeLimits, signal: AbortSignal, readError: ErrorReader) {
    this.#limits = limits;
    this.#signal = signal;
    this.#readError = readError;
  }

  /** Begins, once. Failures of any kind come through the receiver. */
  start(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#signal.aborted) {
      this.#onAbort();
      return;
    }
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#totalTimer = after(this.#limits.totalMs, () =>
      this.#giveUp(this.#late("UPSTREAM_TIMEOUT", "Gemini did not finish its answer in time.")),
    );
    this.#watchSilence();
    try {
      // Undici's own timers are off: they never fire on a trickle of bytes.
      dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, this);
    } catch (error) {
      this.#fail(transportFailure(error, this.#phase));
    }
  }

  /** The receiver had an event: the silence counts anew. One more may come after a pause. */
  progress(): void {
    if (this.#settled || this.#paused) return;
    if (this.#hadEvent && this.#silenceTimer) {
      this.#silent = false;
      this.#silenceTimer.refresh();
      return;
    }
    this.#hadEvent = true;
    this.#watchSilence();
  }

  /** Stops reading. Silence that we cause ourselves is not counted. */
  pause(): void {
    if (this.#settled) return;
    this.#paused = true;
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = undefined;
    this.#controller?.pause();
  }

  resume(): void {
    // The socket may serve another exchange by now.
    if (this.#settled) return;
    this.#paused = false;
    this.#watchSilence();
    this.#controller?.resume();
  }

  /** The receiver wants no more: closes the socket at once unless the answer is complete. Nothing is told any more. */
  cancel(): void {
    if (this.#settled) return;
    this.#settle();
    this.#controller?.abort(new Failure("CANCELLED", "Nobody reads the answer any more."));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#phase = "sent";
    if (this.#settled) controller.abort(new Failure("CANCELLED", "The exchange ended before it was sent."));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // Undici would keep them, and the read they came in, for as long as the stream lasts: 2 KB.
    controller.rawHeaders = null;
    if (this.#settled) return;
    // 1xx announces the answer and is none.
    if (status < 200) {
      this.#announcements++;
      if (this.#announcements > MAX_ANNOUNCEMENTS) this.#fail(endlesslyAnnounced());
      return;
    }
    this.#phase = "answering";
    if (status === 200) {
      this.#guard(() => {
        checkEncoding(headers);
        this.#receiver?.onHead(headers);
      });
      return;
    }
    const { "retry-after": retryAfter } = headers;
    this.#error = { status, retryAfter: typeof retryAfter === "string" ? retryAfter : undefined, pieces: [] };
    this.#watchSilence();
  }

  onResponseData(_: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#settled) return;
    this.#bytes += bytes.length;
    if (this.#error) {
      this.#error.pieces.push(bytes);
      if (this.#bytes > ERROR_BODY_MAX_BYTES) this.#giveUp();
    } else if (this.#bytes > this.#limits.bodyMaxBytes) {
      const { bodyMaxBytes } = this.#limits;
      this.#fail(
        new Failure("UPSTREAM_RESPONSE_TOO_LARGE", `Gemini sent an answer of more than ${bodyMaxBytes} bytes.`),
      );
    } else if (this.#pieces.push(bytes) === 1) queueMicrotask(this.#deliver);
  }

  onResponseEnd(): void {
    this.#deliver();
    if (this.#settled) return;
    if (this.#error) this.#giveUp();
    else this.#guard(() => this.#receiver?.onEnd());
    this.#settle();
  }

  onResponseError(_: unknown, error: Error): void {
    if (!this.#settled) this.#giveUp(transportFailure(error, this.#phase));
  }

  /** The HTTP parser tells each chunk of a read by itself; in a microtask, so after all of them, they are one. A tenth of a stream's CPU. */
  readonly #deliver = (): void => {
    if (this.#settled || this.#pieces.length === 0) return;
    const [first] = this.#pieces;
    const bytes = first && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#guard(() => this.#receiver?.onBytes(bytes));
  };

  readonly #onAbort = (): void => {
    const { reason } = this.#signal;
    this.#fail(reason instanceof Failure ? reason : new Failure("CANCELLED", "The caller left.", { cause: reason }));
  };

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(Failure.from(error));
    }
  }

  #watchSilence(): void {
    clearTimeout(this.#silenceTimer);
    this.#silent = false;
    if (this.#error) {
      this.#silenceTimer = after(ERROR_BODY_MS, () => this.#giveUp());
      return;
    }
    const { firstEventMs, idleMs } = this.#limits;
    this.#silenceTimer = this.#hadEvent
      ? after(idleMs, () => this.#endSilence("STREAM_IDLE_TIMEOUT", "Gemini fell silent in the middle of its answer."))
      : after(firstEventMs, () => this.#endSilence("FIRST_EVENT_TIMEOUT", "Gemini did not begin its answer in time."));
  }

  /** A process that was stopped, or whose machine slept, wakes up with the timer over and the events unread: those come first. */
  #endSilence(reason: "STREAM_IDLE_TIMEOUT" | "FIRST_EVENT_TIMEOUT", message: string): void {
    this.#silent = true;
    setImmediate(() => {
      if (this.#silent && !this.#paused) this.#fail(this.#late(reason, message));
    });
  }

  #late(reason: FailureReason, message: string): Failure {
    return new Failure(reason, message, { ambiguous: this.#phase === "sent" });
  }

  /** Ends with the error that the upstream told, as far as it came, else with `failure`. */
  #giveUp(failure?: Failure): void {
    if (!this.#error) {
      if (failure) this.#fail(failure);
      return;
    }
    const { status, retryAfter, pieces } = this.#error;
    this.#fail(this.#readError(status, Buffer.concat(pieces).toString("utf8"), retryAfter));
  }

  #fail(failure: Failure): void {
    this.#deliver();
    if (this.#settled) return;
    this.#settle();
    this.#controller?.abort(failure);
    this.#receiver?.onFailure(failure);
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#totalTimer);
    clearTimeout(this.#silenceTimer);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

function endlesslyAnnounced(): Failure {
  return new Failure("UPSTREAM_INVALID_RESPONSE", "Gemini announced an answer again and again.");
}

/** We ask for `identity`; whoever compresses all the same would have to be inflated under limits of its own. */
function checkEncoding({ "content-encoding": encoding = "identity" }: AnswerHeaders): void {
  if (encoding === "identity") return;
  throw new Failure(
    "UPSTREAM_INVALID_RESPONSE",
    "Gemini, or a proxy on the way, compressed an answer that must not be.",
  );
}

function after(ms: number, action: () => void): NodeJS.Timeout | undefined {
  return ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(action, Math.min(Math.max(ms, 0), TIMER_MAX_MS));
}
