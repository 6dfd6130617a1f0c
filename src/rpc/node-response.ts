// Writes an answer of Connect's to a Node response. Connect's own writer waits for "drain" for ever when an HTTP/2 client leaves in
// mid-write, so that the handler behind leaks, and leaves a request that was refused half-read open (connect-node 2.2.0).
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { toPlainGrpcMessage } from "./grpc-message.ts";
import type { StreamPeer } from "./stream-peer.ts";
import { leaveUnread } from "./unread-body.ts";

export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

type Answer = Awaited<ReturnType<ConnectRouter["handlers"][number]>>;

/** Resolves when all is written or the client has left, which the handler behind the answer is told. Rejects when that fails. */
export async function writeAnswer(
  answer: Answer,
  request: NodeRequest,
  response: NodeResponse,
  peer?: StreamPeer,
): Promise<void> {
  const body = answer.body?.[Symbol.asyncIterator]();
  let piece = await body?.next();
  // Only now: the implementation could set headers until its first message.
  if (!isGone(response)) {
    if (!("stream" in response)) leaveUnread(request as IncomingMessage, response);
    writeHead(response, answer);
  }
  while (body && piece && !piece.done) {
    if (isGone(response)) {
      await body.throw?.(new ConnectError("the client left", Code.Canceled)).catch(ignoreEcho);
      return;
    }
    if (peer) await peer.write(piece.value);
    else if (!(response as ServerResponse).write(piece.value)) await room(response as ServerResponse);
    piece = await body.next();
  }
  if (isGone(response)) return;
  if (answer.trailer) response.addTrailers(toTrailers(answer.trailer));
  response.end();
  if ("stream" in response && !request.complete) closeAfterTrailers(response.stream);
}

/** Whether nobody is there to be answered; "close" follows later. */
export function isGone(response: NodeResponse): boolean {
  const connection = "stream" in response ? response.stream : response.socket;
  return connection === null || connection.destroyed;
}

function writeHead(response: NodeResponse, { status, header = new Headers() }: Answer): void {
  (response as ServerResponse).writeHead(status, Object.fromEntries(header));
}

export function toTrailers(trailer: Headers): Record<string, string> {
  const trailers = Object.fromEntries(trailer);
  const { "grpc-message": message } = trailers;
  return message === undefined ? trailers : { ...trailers, "grpc-message": toPlainGrpcMessage(message) };
}

/** Settles on drain or close, whichever comes. */
function room(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off("drain", settle).off("close", settle);
      resolve();
    };
    response.once("drain", settle).once("close", settle);
  });
}

/**
 * RST_STREAM with NO_ERROR after a whole answer: "stop sending, all is said" (RFC 9113, 8.1). A request whose body was not wanted to its
 * end would else hold its connection, and a drain, for ever.
 */
export function closeAfterTrailers(stream: ServerHttp2Stream): void {
  stream.once("wantTrailers", () => setImmediate(() => stream.destroy()));
}

/** The handler throws what it is told back at us. */
function ignoreEcho(): void {}
