// Writes a server-sent event stream: text as it comes, a comment in silence, and no waiting for ever on a reader who left.
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

export interface SseOptions {
  /** A comment follows every such silence, in milliseconds. */
  readonly keepAliveMs: number;
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

/** A reader who resets the connection is no error of ours; "close" follows. */
function ignoreReset(): void {}

export class SseWriter {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  readonly #silence: NodeJS.Timeout;

  /** Begins a 200 with these headers and our own; it leaves with the first comment or text. */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, { keepAliveMs, signal }: SseOptions) {
    this.#response = response;
    this.#signal = signal;
    // Set one by one they would stay with the response as long as the stream.
    response.writeHead(200, { ...headers, ...HEADERS });
    response.on("error", ignoreReset);
    this.#silence = setInterval(() => this.comment(), keepAliveMs);
    this.#silence.unref();
  }

  /** Sends a comment now, unless text is still waiting for its reader. */
  comment(): void {
    const response = this.#response;
    if (!response.destroyed && !response.writableNeedDrain) response.write(COMMENT);
  }

  /** Sends text of whole events. A promise only where the reader is slower than we are: it resolves when there is room again. */
  write(text: string): Promise<void> | undefined {
    const response = this.#response;
    if (response.destroyed) return undefined;
    // An event that says nothing yet: its 200 need not wait for one that does.
    if (text === "") {
      response.flushHeaders();
      return undefined;
    }
    this.#silence.refresh();
    return response.write(text) ? undefined : this.#room();
  }

  /** Ends the stream after its last text. */
  end(text: string): void {
    clearInterval(this.#silence);
    if (!this.#response.destroyed) this.#response.end(text);
  }

  /** For a stream whose reader is gone. */
  abandon(): void {
    clearInterval(this.#silence);
    this.#response.destroy();
  }

  /** Settles on drain, close or abort: waiting for drain alone leaks when the reader leaves. The next read tells which it was. */
  #room(): Promise<void> {
    const response = this.#response;
    const signal = this.#signal;
    return new Promise((resolve) => {
      const settle = (): void => {
        response.off("drain", settle).off("close", settle);
        signal.removeEventListener("abort", settle);
        resolve();
      };
      response.once("drain", settle).once("close", settle);
      signal.addEventListener("abort", settle, { once: true });
      if (response.destroyed || signal.aborted) settle();
    });
  }
}
