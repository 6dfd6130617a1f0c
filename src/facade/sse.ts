// Writes a server-sent event stream: headers once, text as it comes, a comment in silence, and no waiting for ever on a slow reader.
import type { ServerResponse } from "node:http";
import { Failure } from "../chat/failures.ts";

export interface SseOptions {
  /** A comment follows every such silence, in milliseconds. */
  readonly keepAliveMs: number;
  /** A reader that takes nothing for so long is dropped, in milliseconds. */
  readonly stallMs: number;
  /** Aborts when the reader left or the server ends the stream. */
  readonly signal: AbortSignal;
}

/** Skipped by every client; keeps proxies from closing a silent connection. */
const COMMENT = ": keep-alive\n\n";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

export class SseWriter {
  readonly #response: ServerResponse;
  readonly #options: SseOptions;
  readonly #timer: NodeJS.Timeout;
  #silent = true;

  /** Sends the 200 and the headers that are set on the response. */
  constructor(response: ServerResponse, options: SseOptions) {
    this.#response = response;
    this.#options = options;
    response.writeHead(200, HEADERS);
    response.flushHeaders();
    this.#timer = setInterval(() => this.#keepAlive(), options.keepAliveMs);
    this.#timer.unref();
  }

  /** Sends a comment now. */
  comment(): void {
    this.#response.write(COMMENT);
  }

  /** Sends text of whole events. A promise only where the reader is slower than we are: it resolves when there is room again. */
  write(text: string): Promise<void> | undefined {
    this.#silent = false;
    if (text === "" || this.#response.write(text)) return undefined;
    return this.#room();
  }

  /** Ends the stream after its last text. */
  end(text: string): void {
    clearInterval(this.#timer);
    this.#response.end(text);
  }

  /** Stops the comments; for a stream whose reader is gone. */
  abandon(): void {
    clearInterval(this.#timer);
    this.#response.destroy();
  }

  #keepAlive(): void {
    if (this.#silent && !this.#response.writableNeedDrain) this.comment();
    this.#silent = true;
  }

  /** Settles on drain, close, error, abort or the stall limit: waiting for drain alone leaks when the reader leaves. */
  #room(): Promise<void> {
    const response = this.#response;
    const { signal, stallMs } = this.#options;
    return new Promise((resolve, reject) => {
      const settle = (failure?: Failure): void => {
        clearTimeout(timer);
        response.off("drain", onDrain).off("close", onClose);
        signal.removeEventListener("abort", onClose);
        if (failure) reject(failure);
        else resolve();
      };
      const onDrain = (): void => settle();
      const onClose = (): void => settle(new Failure("CANCELLED", "The reader left."));
      const timer = setTimeout(() => {
        settle(new Failure("CANCELLED", `The reader took nothing for ${stallMs} ms.`));
      }, stallMs);
      response.once("drain", onDrain).once("close", onClose);
      signal.addEventListener("abort", onClose, { once: true });
      if (response.destroyed || signal.aborted) onClose();
    });
  }
}
