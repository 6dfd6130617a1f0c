// The answer to a gRPC call, written to its HTTP/2 stream: head, messages, trailers.
import type { ServerHttp2Stream } from "node:http2";
import { toBinary, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { ConnectError, HandlerContext } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { closeAfterTrailers, toTrailers } from "./node-response.ts";
import { ENVELOPE_BYTES } from "./request-body.ts";
import type { StreamPeer } from "./stream-peer.ts";

export class GrpcAnswer {
  readonly #peer: StreamPeer;
  readonly #stream: ServerHttp2Stream;
  readonly #schema: DescMessage;
  readonly #header: Headers;
  readonly #trailer: Headers;

  /** The service may set headers until its first message, and trailers until its last. */
  constructor(peer: StreamPeer, context: HandlerContext) {
    this.#peer = peer;
    this.#stream = peer.stream;
    this.#schema = context.method.output;
    this.#header = context.responseHeader;
    this.#trailer = context.responseTrailer;
  }

  /** Whether nobody is there to be answered. */
  get isGone(): boolean {
    return this.#stream.closed;
  }

  /** Resolves when there is room for more, or the client has left. */
  async write(message: Message): Promise<void> {
    if (this.isGone) return;
    const envelope = toEnvelope(toBinary(this.#schema, message));
    this.#writeHead();
    await this.#peer.write(envelope);
  }

  /** Without an error the status is OK. */
  end(error: ConnectError | undefined): void {
    if (this.isGone) return;
    const stream = this.#stream;
    this.#writeHead();
    const trailers = toTrailers(setTrailerStatus(this.#trailer, error));
    stream.once("wantTrailers", () => stream.sendTrailers(trailers));
    // Half-open, a request that was not read to its end would hold its connection, and a drain, for ever.
    if (!stream.readableEnded) closeAfterTrailers(stream);
    stream.end();
  }

  #writeHead(): void {
    if (this.#stream.headersSent) return;
    const head = { ":status": 200, "content-type": "application/grpc+proto", ...Object.fromEntries(this.#header) };
    this.#stream.respond(head, { waitForTrailers: true });
  }
}

/** Never compressed: clients of gRPC always say that they could read it, and text of a stream is short. */
function toEnvelope(message: Uint8Array): Buffer {
  const envelope = Buffer.allocUnsafe(ENVELOPE_BYTES + message.length);
  envelope[0] = 0;
  envelope.writeUInt32BE(message.length, 1);
  envelope.set(message, ENVELOPE_BYTES);
  return envelope;
}
