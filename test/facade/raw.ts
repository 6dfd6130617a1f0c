// Requests as raw bytes on a socket of their own, and the answer taken apart: for what no HTTP client would send.
import assert from "node:assert/strict";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { LICENCE, type TestGateway } from "../support/gateway.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The head of a request: the line, then `host` and the headers given. A header of null is left out. */
export function head(line: string, headers: Readonly<Record<string, string | number | null>> = {}): string {
  const all = Object.entries({ host: "gateway", ...headers }).filter(([, value]) => value !== null);
  return `${line} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** A chat completion request as it goes over the wire. */
export function chatRequest(body: string, headers: Readonly<Record<string, string | number | null>> = {}): string {
  const usual = {
    authorization: LICENCE,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  return head("POST /gemini/v1/chat/completions", { ...usual, ...headers }) + body;
}

/** Sends bytes and reads until the gateway ends the connection; ask for it with `connection: close` where it would not. */
export async function send({ app }: TestGateway, ...pieces: readonly (string | Uint8Array)[]): Promise<RawAnswer> {
  const client = new BareClient(app.http);
  for (const piece of pieces) client.socket.write(piece);
  const { text } = await client.untilEnd();
  return toAnswer(text);
}

/** A body is written in pieces of this many bytes, so that many callers in one process take turns. */
const PIECE_BYTES = 262_144;

/**
 * Sends a head and a large body as fast as it is taken, until it is answered; undefined: the connection ended without an answer. `fetch`
 * would copy each body, and write all of it before it lets another caller send even a head: of 200 bodies of 20 MB the last head comes
 * 10 s after its connection (measured).
 */
export function upload(origin: string, requestHead: string, body: Buffer): Promise<RawAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer | undefined>();
  const client = new BareClient(origin);
  const { socket } = client;
  let sent = 0;
  const sendMore = (): void => {
    while (sent < body.length && socket.write(body.subarray(sent, (sent += PIECE_BYTES))));
  };
  socket.write(requestHead);
  socket.on("drain", sendMore).on("data", () => {
    const answer = isWhole(client.bytes) ? toAnswer(client.bytes.toString()) : undefined;
    if (answer) {
      resolve(answer);
      socket.destroy();
    }
  });
  socket.once("close", () => resolve(undefined));
  sendMore();
  return promise;
}

/** Whether all of an answer has come whose length its head says. */
function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf("\r\n\r\n");
  const length = /^content-length: (\d+)/im.exec(bytes.toString("latin1", 0, Math.max(end, 0)))?.[1];
  return length !== undefined && bytes.length >= end + 4 + Number(length);
}

/** The first answer in what a socket has brought. */
export function toAnswer(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
  assert.ok(end > 0, `no answer in ${JSON.stringify(text.slice(0, 200))}`);
  const [line = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((one) => [one.slice(0, one.indexOf(":")).toLowerCase(), one.slice(one.indexOf(":") + 1).trim()]),
  );
  return { status: Number(line.split(" ")[1]), headers, body: text.slice(end + 4) };
}
