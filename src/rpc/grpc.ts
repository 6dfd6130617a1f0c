// Calls of gRPC over HTTP/2 as most clients make them, served on the stream itself: Connect's pipeline, and the request and response
// objects of Node that it needs, take half of a call's CPU (a stream of 50 events 380 µs without, 790 with them, measured). Whatever is
// unusual is left to Connect (adapter.ts).
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { fromBinary, type DescMethod, type DescService, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { parseTimeout } from "@connectrpc/connect/protocol-grpc";
import { Failure } from "../chat/failures.ts";
import { ChatService } from "../gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import type { WireOptions } from "./adapter.ts";
import { requestIdKey } from "./call-context.ts";
import { toConnectError } from "./errors.ts";
import { createRequestGate } from "./gate.ts";
import { GrpcAnswer } from "./grpc-answer.ts";
import { GrpcContext } from "./grpc-context.ts";
import { readMessage } from "./grpc-request.ts";
import { explain } from "./refusals.ts";
import { readPieces } from "./request-body.ts";
import { implementOnWire } from "./services.ts";
import type { StallWatch } from "./stalls.ts";
import { StreamPeer } from "./stream-peer.ts";

/** Takes a new stream, or returns false and has not touched it. */
export type GrpcHandler = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
) => boolean;

interface Method {
  readonly descriptor: DescMethod;
  run(request: Message, context: HandlerContext): Promise<Message> | AsyncIterable<Message>;
}

type Gate = ReturnType<typeof createRequestGate>;

/** `stalls` hears of the stream of every call that is taken. */
export function createGrpcHandler(options: WireOptions, stalls: StallWatch): GrpcHandler {
  const { chat, models } = implementOnWire(options.operations, options);
  const methods = new Map([...methodsOf(ChatService, chat), ...methodsOf(ModelService, models)]);
  const gate = createRequestGate(options);
  return (stream, headers, rawHeaders) => {
    const method = methods.get(headers[":path"] ?? "");
    const timeout = parseTimeout(headers["grpc-timeout"]?.toString() ?? null, Number.MAX_SAFE_INTEGER);
    if (!method || !isPlain(headers) || timeout.error || options.shutdownSignal.aborted) return false;
    // "close" tells the same.
    stream.on("error", () => undefined);
    void watched(stream, options, (signal) => {
      const context = new GrpcContext(method.descriptor, signal, rawHeaders, timeout.timeoutMs);
      return serve(new StreamPeer(stream, stalls), method, context, gate, options);
    });
    return true;
  };
}

/** JSON, compressed requests, and what is to be refused for its head are for Connect. */
function isPlain(headers: IncomingHttpHeaders): boolean {
  const { ":method": method, "content-type": type, "grpc-encoding": encoding = "identity", expect } = headers;
  const isBinary = type === "application/grpc" || type === "application/grpc+proto";
  return method === "POST" && isBinary && encoding === "identity" && expect === undefined;
}

/** Runs a call under a signal that aborts when its client leaves or the server is shut down. Never rejects. */
async function watched(
  stream: ServerHttp2Stream,
  { shutdownSignal, onRefused }: WireOptions,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const onShutdown = (): void => controller.abort(shutdownSignal.reason);
  const onClose = (): void => controller.abort(new ConnectError("the client left", Code.Canceled));
  shutdownSignal.addEventListener("abort", onShutdown);
  stream.once("close", onClose);
  try {
    await run(controller.signal);
  } catch (error) {
    if (!stream.closed) onRefused("", Failure.from(error));
    stream.destroy();
  } finally {
    // "close" comes a little later, and what the service still waits for ends by its signal only.
    if (stream.closed) onClose();
    shutdownSignal.removeEventListener("abort", onShutdown);
    stream.off("close", onClose);
  }
}

/** From the door to the trailers. Rejects only when the answer cannot be written. */
async function serve(
  peer: StreamPeer,
  method: Method,
  context: GrpcContext,
  gate: Gate,
  { operations, arrivalMs, budget, readMaxBytes, onRefused }: WireOptions,
): Promise<void> {
  const answer = new GrpcAnswer(peer, context);
  const bounds = { clock: operations.clock, arrivalMs, lease: budget.lease(peer.stream), peer };
  try {
    await gate(context);
    const pieces = readPieces(peer.stream, context, bounds);
    const request = parse(method.descriptor.input, await readMessage(pieces, readMaxBytes));
    const answered = method.run(request, context);
    if (!(Symbol.asyncIterator in answered)) {
      await answer.write(await answered);
    } else {
      for await (const message of answered) {
        await answer.write(message);
        if (answer.isGone) break;
      }
    }
    answer.end(undefined);
  } catch (error) {
    // Other ConnectErrors are refusals of the service, and told of already.
    const failure = error instanceof ConnectError ? explain(error) : Failure.from(error);
    if (failure && !answer.isGone) onRefused(context.values.get(requestIdKey), failure);
    answer.end(toConnectError(error));
  }
}

function parse(schema: DescMethod["input"], bytes: Uint8Array): Message {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new ConnectError(
      `parse binary: ${error instanceof Error ? error.message : String(error)}`,
      Code.InvalidArgument,
    );
  }
}

/** The methods of a service by their paths. */
function methodsOf(service: DescService, implementation: object): [string, Method][] {
  return service.methods.map((descriptor) => {
    const run = (implementation as Readonly<Record<string, Method["run"]>>)[descriptor.localName];
    if (!run) throw new Error(`${descriptor.name} of ${service.typeName} is not implemented`);
    return [`/${service.typeName}/${descriptor.name}`, { descriptor, run }];
  });
}
