// The HTTP/1.1 server: Fastify with limits that hold, one shape of error, and the routes of the public interface.
import type { FastifyCorsOptions } from "@fastify/cors";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Failure } from "../chat/failures.ts";
import { chooseRequestId } from "../rpc/call-context.ts";
import { ARRIVAL_CHECK_MS, limitArrival } from "./arrival.ts";
import { handleCompletions, type CompletionsOptions } from "./completions.ts";
import { createClientErrorHandler, refuseTunnels } from "./client-errors.ts";
import { sendFailure, toFailure, type OnRefused } from "./errors.ts";
import { requireLicence, type Admission } from "./identity.ts";
import { handleModel, handleModelList, type ModelsOptions } from "./models.ts";
import { createNotFound } from "./not-found.ts";
import { addOperationRoutes, type OperationOptions } from "./operation.ts";
import { inTurn } from "./pipelining.ts";
import { checkBodyHeaders, checkExpectation, checkHead } from "./request-head.ts";
import { dropStalled } from "./stalls.ts";
import { leaveBodiesUnread } from "./upload.ts";
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
  /** A client that takes nothing for so long is dropped, in milliseconds. */
  readonly stallMs: number;
  readonly onRefused: OnRefused;
}

/** Longer than load balancers keep theirs, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** TCP asks a silent peer whether it is still there: one that vanished without a word would hold its call for ever. */
const PROBE_AFTER_MS = 60_000;
/** Header bytes and fields of one request; beyond either Node answers through the client error handler. */
const MAX_HEADER_BYTES = 16_384;
const MAX_HEADER_FIELDS = 100;
/** Longest model id in a path. */
const MAX_PARAM_LENGTH = 300;

/** Browsers ask again after two hours; Chrome takes no more. */
const PREFLIGHT_MAX_AGE_S = 7_200;

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
  const { onRefused } = options;
  const answerFailure = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const failure = toFailure(error);
    onRefused(request.id, failure);
    return sendFailure(reply.header("x-request-id", request.id), failure);
  };
  const app = fastify({
    logger: false,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    genReqId: (request) => chooseRequestId(request.headers["x-request-id"]?.toString()),
    requestIdHeader: false,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    clientErrorHandler: createClientErrorHandler(onRefused),
    frameworkErrors: answerFailure,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // No route has a schema: Fastify's compilers would only be loaded, 150 modules of them.
    schemaController: { compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas } },
    http: {
      maxHeaderSize: MAX_HEADER_BYTES,
      // Node's own answer to a missing Host is an empty 400; request-head.ts has a better one.
      requireHostHeader: false,
      // Else the flag of that name would let every trick through.
      insecureHTTPParser: false,
      connectionsCheckingInterval: ARRIVAL_CHECK_MS,
      keepAlive: true,
      keepAliveInitialDelay: PROBE_AFTER_MS,
    },
  });
  app.server.maxHeadersCount = MAX_HEADER_FIELDS;
  const findFailure = createNotFound(app);
  if (options.corsOrigins.length > 0) {
    const { default: cors } = await import("@fastify/cors");
    await app.register(cors, corsRules(options.corsOrigins));
  }
  limitArrival(app.server, {
    headersMs: options.headersTimeoutMs,
    requestMs: options.headersTimeoutMs + options.bodyTimeoutMs,
  });
  leaveBodiesUnread(app);
  refuseTunnels(app.server, onRefused);
  greetRequests(app);
  dropStalled(app.server, options.stallMs);
  app.setErrorHandler(answerFailure);
  app.setNotFoundHandler((request, reply) => answerFailure(findFailure(request, reply), request, reply));
  addOperationRoutes(app, options);
  await addLicensedRoutes(app, options);
  if (options.wire) addWireRoutes(app, options.wire);
  return app;
}

function refuseSchemas(): () => never {
  return () => {
    throw new Error("no route may have a schema: shapes are checked by openai/");
  };
}

/** What holds for every request, whatever its path. */
function greetRequests(app: FastifyInstance): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  app.addHook("onRequest", ({ id, raw }, reply, done) => {
    reply.header("x-request-id", id);
    inTurn(raw, reply.raw, () => {
      if (closing) done(new Failure("SERVER_SHUTTING_DOWN", "The gateway is shutting down. Send the request again."));
      else done(refuseHead(raw, reply) ?? checkExpectation(raw));
    });
  });
  // Node answers an expectation it does not know with an empty 417, and any other with a 100 before anybody has looked at the request.
  for (const event of ["checkExpectation", "checkContinue"]) {
    app.server.on(event, (request, response) => app.server.emit("request", request, response));
  }
}

/** What comes after a head that can be read in two ways may be no request at all: its connection ends with the answer. */
function refuseHead(raw: FastifyRequest["raw"], reply: FastifyReply): Failure | undefined {
  const failure = checkHead(raw);
  if (failure) reply.header("connection", "close");
  return failure;
}

async function addLicensedRoutes(app: FastifyInstance, options: FacadeOptions): Promise<void> {
  await app.register(async (scope) => {
    requireLicence(scope, options.admission);
    scope.get("/gemini/v1/models", handleModelList(options));
    scope.get("/gemini/v1/models/*", handleModel(options));
    scope.post(
      "/gemini/v1/chat/completions",
      { onRequest: ({ headers }, _reply, done) => done(checkBodyHeaders(headers)) },
      handleCompletions(options),
    );
  });
}

function corsRules(origins: readonly string[]): FastifyCorsOptions {
  return {
    origin: origins.includes("*") ? "*" : [...origins],
    credentials: false,
    methods: ["GET", "POST", "OPTIONS"],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE_S,
    // Otherwise the plugin answers an OPTIONS that is no preflight with a 400 in a shape of its own.
    strictPreflight: false,
  };
}
