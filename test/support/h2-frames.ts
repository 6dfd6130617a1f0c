// HTTP/2 written by hand: frames as RFC 9113 has them, and as no library would send them.
import { connect, type Socket } from "node:net";

export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** `length` only where it shall lie. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array,
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

export const PREFACE = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(0)),
]);

/** Literal header fields without indexing and without Huffman (RFC 7541, 6.2.2). */
export function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value, "latin1");
    if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    const rest = bytes.length - 127;
    return Buffer.concat([Buffer.from([127, (rest & 127) | 128, (rest >> 7) & 127]), bytes]);
  };
  return Buffer.concat(Object.entries(fields).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** The head of a StreamChat. */
export function chatHead(licence?: string): Buffer {
  return headerBlock({
    ":method": "POST",
    ":scheme": "http",
    ":authority": "g",
    ":path": "/gemini.chat.v1.ChatService/StreamChat",
    "content-type": "application/grpc",
    te: "trailers",
    ...(licence !== undefined && { authorization: licence }),
  });
}

export interface RawH2 {
  readonly socket: Socket;
  /** Error code of the first GOAWAY, if one came. */
  goneAway(): number | undefined;
  readonly closed: Promise<void>;
}

/** A connection that has said hello, acknowledges nothing, and reads everything unless it is paused. */
export function openRawH2(host: string): RawH2 {
  const socket = connect(Number(host.split(":").at(-1)), "127.0.0.1");
  let rest = Buffer.alloc(0);
  let code: number | undefined;
  socket
    .on("error", () => undefined)
    .on("data", (piece: Buffer) => {
      rest = Buffer.concat([rest, piece]);
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const end = 9 + rest.readUIntBE(0, 3);
        if (rest[3] === FRAME.GOAWAY) code ??= rest.readUInt32BE(13);
        rest = rest.subarray(end);
      }
    });
  socket.write(PREFACE);
  return { socket, goneAway: () => code, closed: new Promise((resolve) => socket.once("close", () => resolve())) };
}
