// The wire services as Node request handlers: gRPC and Connect on the HTTP/2 port, Connect and gRPC-Web on the HTTP/1.1 port.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { Code, ConnectError, createConnectRouter, createContextValues, type ConnectRouter } from "@connectrpc/connect";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Licences } from "../chat/ports.ts";
import { ChatService } from "../gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { headerValuesKey } from "./call-context.ts";
import { createRequestGate, rawHeaderValues } from "./gate.ts";
import { implementHealth, type Readiness } from "./health.ts";
import { implementReflection } from "./reflection.ts";
import { implementOnWire, type Operations } from "./services.ts";

export interface WireOptions {
  readonly operations: Operations;
  readonly licences: Licences;
  readonly readiness: Readiness;
  readonly health: boolean;
  readonly reflection: boolean;
  /** Largest message, after decompression, in bytes. Connect's own default is 4 GiB: a 486 KB gzip bomb then takes 1 GB of memory. */
  readonly readMaxBytes: number;
  /** An empty stream message follows every such silence, in milliseconds. */
  readonly silenceMs: number;
  /** Aborts every call with its reason when the drain has lasted long enough. */
  readonly shutdownSignal: AbortSignal;
  /** Told of throwables that no caller was told of. */
  readonly onError: (error: unknown) => void;
}

export type NodeHandler = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => void;

/** `companions`: health and reflection are served too (the HTTP/2 port). Unknown paths get 404. */
export function createWireHandler(options: WireOptions, companions: boolean): NodeHandler {
  // Connect's own Node adapter prints a stack trace for every client that leaves: hence these few lines in its place.
  const router = createConnectRouter({
    acceptCompression: [compressionGzip, compressionBrotli],
    readMaxBytes: options.readMaxBytes,
    requestGate: createRequestGate(options.licences),
    shutdownSignal: options.shutdownSignal,
  });
  route(router, options, companions);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response) => {
    const handler = handlers.get(request.url?.split("?", 1)[0] ?? "");
    if (!handler) {
      (response as ServerResponse).writeHead(404).end();
      return;
    }
    // Connect waits for "drain" for ever when the client left in mid-write on HTTP/2, and its handler leaks; a closed response will
    // never drain, so it may as well say so (connect-node 2.2.0, node-universal-handler).
    const emitter: NodeJS.EventEmitter = response;
    emitter.once("close", () => emitter.emit("drain"));
    const values = createContextValues().set(headerValuesKey, rawHeaderValues(request.rawHeaders));
    handler(universalRequestFromNodeRequest(request, response, undefined, values))
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch((error: unknown) => {
        if (response.destroyed || ConnectError.from(error).code === Code.Aborted) return;
        options.onError(error);
        response.destroy();
      });
  };
}

function route(router: ConnectRouter, options: WireOptions, companions: boolean): void {
  const implementations = implementOnWire(options.operations, options.silenceMs);
  router.service(ChatService, implementations.chat);
  router.service(ModelService, implementations.models);
  if (!companions) return;
  const served = [ChatService, ModelService];
  if (options.health) router.service(Health, implementHealth(options.readiness));
  if (options.reflection) {
    router.service(ServerReflection, implementReflection([...served, ...(options.health ? [Health] : []), ServerReflection]));
  }
}
