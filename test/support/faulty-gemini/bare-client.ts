// A client on a bare socket: it sees each byte and how the connection ended, and corrects nothing.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WAIT_MS, within } from "./deadline.ts";

export const STREAM_TARGET = "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse";

/** What a bare client saw: `end` is how the server ended the connection. */
export interface Seen {
  readonly text: string;
  readonly bytes: Buffer;
  readonly end: "fin" | "reset";
}

export interface Wanted {
  readonly target?: string;
  readonly key?: string;
  readonly body?: string;
  readonly method?: string;
}

/** Sends requests as told and collects the bytes of the answers. */
export class BareClient {
  readonly socket: Socket;
  readonly #pieces: Buffer[] = [];
  #end: "fin" | "reset" | undefined;

  constructor(origin: string) {
    this.socket = connect(Number(new URL(origin).port), "127.0.0.1");
    this.socket.on("data", (piece: Buffer) => this.#pieces.push(piece));
    this.socket.on("end", () => (this.#end ??= "fin"));
    this.socket.on("error", () => (this.#end ??= "reset"));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  send(wanted: Wanted, connection: "close" | "keep-alive" = "close"): this {
    const { target = STREAM_TARGET, key = "key-a", body = "{}", method = "POST" } = wanted;
    const head = `${method} ${target} HTTP/1.1\r\nhost: x\r\nx-goog-api-key: ${key}\r\nconnection: ${connection}\r\n`;
    this.socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return this;
  }

  /** All that has come, as soon as it contains `text`. */
  async untilText(text: string): Promise<string> {
    while (!this.bytes.includes(text)) await within(once(this.socket, "data"), WAIT_MS, `the text ${text}`);
    return this.bytes.toString();
  }

  async untilEnd(): Promise<Seen> {
    if (!this.socket.closed) await within(closed(this.socket), WAIT_MS, "the end of the connection");
    return { bytes: this.bytes, text: this.bytes.toString(), end: this.#end ?? "fin" };
  }
}

/** One POST on a connection of its own. */
export async function ask(gemini: { readonly origin: string }, wanted: Wanted = {}): Promise<Seen> {
  return await new BareClient(gemini.origin).send(wanted).untilEnd();
}

/** The body as it came, chunk sizes included. */
export function bodyOf({ bytes }: Seen): Buffer {
  return bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
}

/** The HTTP chunks of a complete chunked body. */
export function httpChunksOf(seen: Seen): Buffer[] {
  const chunks: Buffer[] = [];
  let rest = bodyOf(seen);
  for (;;) {
    const lineEnd = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.toString("latin1", 0, lineEnd), 16);
    if (size === 0) return chunks;
    if (!(size > 0)) throw new Error("the chunked body is broken or cut");
    chunks.push(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
    rest = rest.subarray(lineEnd + 2 + size + 2);
  }
}

export function chunkedText(seen: Seen): string {
  return Buffer.concat(httpChunksOf(seen)).toString();
}

/** Unlike `once`, not rejected by a reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
