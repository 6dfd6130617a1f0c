// Calls of ChatService written by hand on an HTTP/2 connection: for what no gRPC library would send, or would wait for.
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from "node:http2";
import { toBinary } from "@bufbuild/protobuf";
import { ChatRequestSchema, type ChatRequest } from "../../src/gen/gemini/chat/v1/chat_pb.ts";

/** A connection to `host:port`; with a window of 0 nothing of an answer can be sent. */
export function openSession(host: string, initialWindowSize?: number): ClientHttp2Session {
  const session = connect(`http://${host}`, { settings: initialWindowSize === undefined ? {} : { initialWindowSize } });
  session.on("error", () => undefined);
  return session;
}

/** The head of a StreamChat; the message is up to the caller. */
export function openStream(
  session: ClientHttp2Session,
  licence: string,
  headers: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": "/gemini.chat.v1.ChatService/StreamChat",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: licence,
    ...headers,
  });
  stream.on("error", () => undefined);
  return stream;
}

/** A message with gRPC's five bytes before it. */
export function framed(message: Uint8Array, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A StreamChat with its message. */
export function askStream(
  session: ClientHttp2Session,
  licence: string,
  request: ChatRequest,
  headers: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  return openStream(session, licence, headers).end(framed(toBinary(ChatRequestSchema, request)));
}
