// The wire services as Node request handlers: gRPC and Connect on the HTTP/2 port, Connect and gRPC-Web on the HTTP/1.1 port.
// Of gRPC only what is unusual: most calls go past it (grpc.ts).
import type { ServerResponse } from "node:http";
import {
  createConnectRouter,
  createContextKey,
  createContextValues,
  type ConnectRouter,
  type HandlerContext,
} from "@connectrpc/connect";
import { compressionBrotli, compressionGzip, universalRequestFromNodeRequest } from "@connectrpc/connect-node";
import { Failure } from "../chat/failures.ts";
import type { Licences } from "../chat/ports.ts";
import { ChatService } from "../gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import type { BodyBudget } from "./body-budget.ts";
import { headerValuesKey, requestIdKey } from "./call-context.ts";
import { toConnectError } from "./errors.ts";
import { createRequestGate, rawHeaderValues } from "./gate.ts";
import { implementHealth, type Readiness } from "./health.ts";
import { isGone, writeAnswer, type NodeRequest, type NodeResponse } from "./node-response.ts";
import { implementReflection } from "./reflection.ts";
import { explainRefusals } from "./refusals.ts";
import { readPieces, type BodyBounds } from "./request-body.ts";
import { implementOnWire, type Operations } from "./services.ts";
import type { StreamPeer } from "./stream-peer.ts";
import { clampTimeouts } from "./timeout-header.ts";

export interface WireOptions {
  readonly operations: Operations;
  readonly licences: Licences;
  readonly readiness: Readiness;
  readonly health: boolean;
  readonly reflection: boolean;
  /** Largest message, after decompression, in bytes. Connect's own default is 4 GiB: a 486 KB gzip bomb then takes 1 GB of memory. */
  readonly readMaxBytes: number;
  /** A request gets so long to arrive, in milliseconds. */
  readonly arrivalMs: number;
  /** Memory for all request bodies together, shared with the facade. */
  readonly budget: BodyBudget;
  /** An empty stream message follows every such silence, in milliseconds. */
  readonly silenceMs: number;
  /** Aborts every call with its reason when the drain has lasted long enough. */
  readonly shutdownSignal: AbortSignal;
  /** Told of calls that never reached the service, and of unexpected errors below it. */
  readonly onRefused: (requestId: string, failure: Failure) => void;
}

/** `peer`: the client of an HTTP/2 stream; that of a connection of HTTP/1.1 needs none. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse, peer?: StreamPeer) => void;

/** Questions to health and reflection are short, and come without a licence. */
const COMPANION_READ_MAX_BYTES = 4_096;

/** Of a dialogue only one short question is held at a time, and it lasts as long as its client likes. */
const DIALOGUE: Pick<BodyBounds, "arrivalMs" | "lease"> = {
  arrivalMs: Number.POSITIVE_INFINITY,
  lease: { take: () => undefined },
};

/** Connect would put U+FFFD for bytes that are no UTF-8, and send it on. Its types do not name the decoder, its code asks for it. */
const JSON_OPTIONS = { ignoreUnknownFields: true, textDecoder: new TextDecoder("utf-8", { fatal: true }) };

/** Connect tells of the call that a request is only at its gate. */
const onCallKey = createContextKey<(call: HandlerContext) => void>(() => undefined);

/** With `companions` health and reflection are served too, until that signal aborts. Unknown paths get 404. */
export function createWireHandler(options: WireOptions, companions?: AbortSignal): NodeHandler {
  const gate = createRequestGate(options);
  const router = createConnectRouter({
    acceptCompression: [compressionGzip, compressionBrotli],
    readMaxBytes: options.readMaxBytes,
    jsonOptions: JSON_OPTIONS,
    requestGate(call) {
      call.values.get(onCallKey)(call);
      return gate(call);
    },
    shutdownSignal: options.shutdownSignal,
  });
  const implementations = implementOnWire(options.operations, options);
  router.service(ChatService, implementations.chat).service(ModelService, implementations.models);
  if (companions) addCompanions(router, options, companions);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response, peer) => {
    const handler = handlers.get(request.url?.split("?", 1)[0] ?? "");
    if (handler) void serve(handler, options, request, response, peer);
    else (response as ServerResponse).writeHead(404).end();
  };
}

type Handler = ConnectRouter["handlers"][number];

/** Connect's own Node adapter prints a stack trace for every client that leaves: hence these lines in its place. Never rejects. */
async function serve(
  handler: Handler,
  options: WireOptions,
  request: NodeRequest,
  response: NodeResponse,
  peer: StreamPeer | undefined,
): Promise<void> {
  const asked = toUniversalRequest(request, response);
  if (!asked) {
    (response as ServerResponse).writeHead(400).end();
    return;
  }
  const { operations, arrivalMs, budget, onRefused } = options;
  const { promise: called, resolve } = Promise.withResolvers<HandlerContext>();
  asked.contextValues?.set(onCallKey, (call) => {
    explainRefusals(call, (requestId, failure) => {
      // How a client left is not what it was refused for.
      if (!asked.signal.aborted) onRefused(requestId, failure);
    });
    resolve(call);
  });
  try {
    const bounds = { clock: operations.clock, arrivalMs, lease: budget.lease(response), peer };
    const body = readBody(request, called, bounds, onRefused);
    await writeAnswer(await handler({ ...asked, body }), request, response, peer);
  } catch (error) {
    if (!isGone(response)) onRefused("", Failure.from(error));
    response.destroy();
  }
}

/** Undefined for a request without a host, or with one that is none: Connect makes a URL of it, and throws. */
function toUniversalRequest(request: NodeRequest, response: NodeResponse): Parameters<Handler>[0] | undefined {
  const values = createContextValues().set(headerValuesKey, rawHeaderValues(request.rawHeaders));
  try {
    const universal = universalRequestFromNodeRequest(request, response, undefined, values);
    clampTimeouts(universal.header);
    return universal;
  } catch {
    return undefined;
  }
}

/** The body of a call for Connect. Throws ConnectErrors. */
async function* readBody(
  request: NodeRequest,
  called: Promise<HandlerContext>,
  bounds: BodyBounds,
  onRefused: WireOptions["onRefused"],
): AsyncGenerator<Uint8Array> {
  const { peer } = bounds;
  const call = await called;
  const isDialogue = call.method.methodKind === "bidi_streaming";
  // Who may ask again may also be silent.
  if (peer) peer.mustFinish = !isDialogue;
  try {
    yield* readPieces(request, call, isDialogue ? { ...bounds, ...DIALOGUE } : bounds);
  } catch (error) {
    const failure = Failure.from(error);
    if (failure.reason !== "CANCELLED") onRefused(call.values.get(requestIdKey), failure);
    throw toConnectError(failure);
  }
  // Who was told 408 meanwhile must not be served as well, should the rest come after all.
  if (!peer && !request.socket.writable)
    throw toConnectError(new Failure("REQUEST_TIMEOUT", "The request did not arrive in time."));
}

function addCompanions(
  router: ConnectRouter,
  { health, reflection, readiness }: WireOptions,
  until: AbortSignal,
): void {
  // Those who watch would hold up a drain for ever.
  const options = { shutdownSignal: until, readMaxBytes: COMPANION_READ_MAX_BYTES };
  if (health) router.service(Health, implementHealth(readiness), options);
  if (!reflection) return;
  const services = [ChatService, ModelService, ...(health ? [Health] : []), ServerReflection];
  router.service(ServerReflection, implementReflection(services), options);
}
