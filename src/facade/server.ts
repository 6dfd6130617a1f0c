// The HTTP/1.1 server: Fastify with limits that hold, one shape of error, and the routes of the public interface.
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "@fastify/cors";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Failure } from "../chat/failures.ts";
import { toErrorAnswer } from "../openai/errors.ts";
import { chooseRequestId } from "../rpc/call-context.ts";
import { BodyBudget, parseJson } from "./body.ts";
import { handleCompletions, type CompletionsOptions } from "./completions.ts";
import { answerClientError, toFailure } from "./errors.ts";
import { identify, type Admission } from "./identity.ts";
import { handleModel, handleModelList, type ModelsOptions } from "./models.ts";
import { addOperationRoutes, type OperationOptions } from "./operation.ts";
import { addWireRoutes, type NodeHandler } from "./wire.ts";

export interface FacadeOptions extends CompletionsOptions, ModelsOptions, OperationOptions {
  readonly admission: Admission;
  /** Connect and gRPC-Web; undefined in front of a remote service. */
  readonly wire: NodeHandler | undefined;
  /** Browser origins; `*` allows all. */
  readonly corsOrigins: readonly string[];
  /** Networks whose forwarded headers count. */
  readonly trustedProxies: readonly string[];
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly bodyMaxBytes: number;
  /** All bodies in memory together. */
  readonly bodiesMaxBytes: number;
  /** Told of requests that never reach the service. */
  readonly onRefused: (requestId: string, failure: Failure) => void;
}

/** Longer than load balancers keep theirs, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** How often Node looks for connections over their time. */
const CONNECTIONS_CHECK_MS = 1_000;
/** Header bytes and fields of one request. */
const MAX_HEADER_BYTES = 16_384;
const MAX_HEADER_FIELDS = 100;
/** Longest model id in a path. */
const MAX_PARAM_LENGTH = 300;

const EXPOSED_HEADERS = [
  "x-request-id",
  "x-gateway-model",
  "x-gateway-warnings",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
];

export async function createFacade(options: FacadeOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyMaxBytes,
    // Fastify sets Node's requestTimeout to 0 unless told: a body dripped byte by byte would stay for ever.
    requestTimeout: options.headersTimeoutMs + options.bodyTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    genReqId: (request) => chooseRequestId(request.headers["x-request-id"]?.toString()),
    requestIdHeader: false,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: options.headersTimeoutMs,
      connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
    },
  });
  app.server.maxHeadersCount = MAX_HEADER_FIELDS;
  await app.register(cors, corsRules(options.corsOrigins));
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    refuseDoubledHost(request.raw);
  });
  app.setErrorHandler((error: FastifyError | Failure, request, reply) => answerFailure(options, error, request, reply));
  app.setNotFoundHandler((request, reply) => answerFailure(options, notFound(request), request, reply));
  addOperationRoutes(app, options);
  await addLicensedRoutes(app, options);
  if (options.wire) await addWireRoutes(app, options.wire);
  return app;
}

async function addLicensedRoutes(app: FastifyInstance, options: FacadeOptions): Promise<void> {
  const budget = new BodyBudget(options.bodiesMaxBytes);
  await app.register(async (scope) => {
    scope.addHook("onRequest", identify(options.admission));
    scope.get("/gemini/v1/models", handleModelList(options));
    scope.get("/gemini/v1/models/*", handleModel(options));
    await scope.register(async (json) => {
      json.addHook("onRequest", async (request, reply) => {
        requireJson(request.headers["content-type"]);
        reserveBody(budget, request.raw, reply.raw);
      });
      json.removeAllContentTypeParsers();
      json.addContentTypeParser("*", { parseAs: "buffer" }, async (_request: FastifyRequest, bytes: Buffer) => parseJson(bytes));
      json.post("/gemini/v1/chat/completions", handleCompletions(options));
    });
  });
}

/** Only JSON is read, and the type is judged here alone: parsers and validators that each judge it have let requests slip between. */
function requireJson(contentType: string | undefined): void {
  if (contentType === undefined) return;
  const [type = "", ...parameters] = contentType.split(";").map((piece) => piece.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.slice("charset=".length);
  const utf8 = charset === undefined || /^"?utf-?8"?$/.test(charset);
  if (type === "application/json" && utf8) return;
  throw new Failure("UNSUPPORTED_MEDIA_TYPE", "Unsupported Content-Type: expected 'application/json' in UTF-8.");
}

/** Reserves memory before a byte of the body is read; without a length, as it comes. */
function reserveBody(budget: BodyBudget, request: IncomingMessage, response: ServerResponse): void {
  const declared = Number(request.headers["content-length"] ?? Number.NaN);
  let taken = 0;
  response.once("close", () => budget.giveBack(taken));
  if (Number.isFinite(declared)) {
    budget.take(declared);
    taken = declared;
    return;
  }
  request.on("data", (chunk: Buffer) => {
    try {
      budget.take(chunk.length);
      taken += chunk.length;
    } catch (error) {
      request.destroy(error as Error);
    }
  });
  request.pause();
}

function corsRules(origins: readonly string[]): NonNullable<Parameters<typeof cors>[1]> {
  const origin = origins.includes("*") ? "*" : origins.length > 0 ? [...origins] : false;
  return { origin, credentials: false, methods: ["GET", "POST", "OPTIONS"], exposedHeaders: EXPOSED_HEADERS, maxAge: 7_200 };
}

/** Two Host headers make proxies and us disagree on where a request goes; Node answers such requests. */
function refuseDoubledHost(request: IncomingMessage): void {
  let hosts = 0;
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === "host") hosts++;
  }
  if (hosts > 1) throw new Failure("INVALID_VALUE", "The request has more than one Host header.", { field: "host" });
}

/** Paths that exist, for telling a wrong method from a wrong path. */
const KNOWN_PATHS =
  /^\/(?:gemini\/v1\/chat\/completions|gemini\/v1\/models(?:\/[^/]+)?|healthz|readyz|metrics|openapi\.json|gemini\/v1|)$/;

function notFound(request: FastifyRequest): Failure {
  const path = request.url.split("?", 1)[0] ?? "";
  if (KNOWN_PATHS.test(path)) {
    return new Failure("METHOD_NOT_SUPPORTED", `The method ${request.method} is not supported for ${path}.`);
  }
  return new Failure("NOT_FOUND", `Unknown path: ${request.method} ${path.slice(0, 200)}. The API is under /gemini/v1.`);
}

function answerFailure(
  options: FacadeOptions,
  error: FastifyError | Failure,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const failure = toFailure(error, options.bodyMaxBytes);
  options.onRefused(request.id, failure);
  const { status, headers, body } = toErrorAnswer(failure);
  return reply.code(status).headers(headers).send(body);
}
