// The composition root: the only place that constructs things and knows which parts make up the gateway.
import type { Server } from "node:net";
import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { admit } from "./chat/licence.ts";
import { systemClock } from "./chat/clock.ts";
import { requireLicences, type Config } from "./config.ts";
import { chooseUpstream, createOperations } from "./core.ts";
import { drain, type Closable } from "./drain.ts";
import { createWatchLeaving } from "./facade/edge-call.ts";
import { serveFacade, serveMetrics, type Listener } from "./facade/listen.ts";
import { passOn, type Admission } from "./facade/identity.ts";
import { portOf, type Foundation } from "./foundation.ts";
import { ChatService } from "./gen/gemini/chat/v1/chat_pb.ts";
import { ModelService } from "./gen/gemini/chat/v1/models_pb.ts";
import { createWireHandler, type WireOptions } from "./rpc/adapter.ts";
import { BodyBudget } from "./rpc/body-budget.ts";
import { createLocalChatClient } from "./rpc/local-client.ts";
import { createLocalTransport } from "./rpc/local-transport.ts";
import { createReadiness, type ReadinessState } from "./rpc/readiness.ts";
import { watchRemoteHealth } from "./rpc/remote-health.ts";
import { createRemoteTransport } from "./rpc/remote.ts";
import { startRpcServer } from "./rpc/server.ts";
import { implementLocally } from "./rpc/services.ts";
import { openDatabase, type Database } from "./store/database.ts";
import { openLicenceBook, type LicenceBook } from "./store/licence-book.ts";
import { createLicence } from "./store/licences.ts";
import { createTelemetry, type Telemetry } from "./telemetry/events.ts";
import type { Logger } from "./telemetry/log.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { limitUnsent } from "./unsent.ts";
import { VERSION } from "./version.ts";

/** Without a successful check of the store for so long we are not ready, in milliseconds. */
const STORE_CHECK_MAX_AGE_MS = 60_000;

export interface App {
  readonly http: string;
  /** Undefined in front of a remote service. */
  readonly grpc: string | undefined;
  readonly metrics: string | undefined;
  /** The licence that this start minted, to be shown once. */
  readonly mintedLicence: string | undefined;
  /** Where Gemini is: an origin, or the built-in emulator. */
  readonly upstream: string;
  /** The service without a wire, for programs that embed the gateway. */
  readonly transport: Transport;
  /** Stops accepting, lets running requests finish, frees everything; once, however often it is called. Never rejects. */
  drain(): Promise<void>;
}

/** Starts the gateway. Rejects, with everything freed again, when a part cannot start. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const metrics = createMetrics(VERSION);
  const stack = new AsyncDisposableStack();
  stack.use(metrics);
  const foundation: Foundation = {
    config,
    metrics,
    telemetry: createTelemetry(log, metrics),
    stack,
    budget: new BodyBudget(config.bufferedBodiesMaxBytes),
    shutdown: new AbortController(),
    ownPorts: [],
  };
  try {
    return await (config.chatServiceUrl
      ? startFacadeOnly(foundation, config.chatServiceUrl)
      : startGateway(foundation));
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function startFacadeOnly(foundation: Foundation, serviceUrl: URL): Promise<App> {
  const { config, stack, telemetry } = foundation;
  const { transport, close } = createRemoteTransport(serviceUrl, config.upstreamBodyMaxBytes);
  stack.defer(close);
  const remote = stack.use(watchRemoteHealth(transport, (error) => telemetry.serviceChecked(error)));
  await remote.first;
  const readiness = stack.use(createReadiness([() => remote.obstacle()]));
  const chat = createClient(ChatService, transport);
  const facade = await startFacade(foundation, transport, chat, passOn, readiness, undefined);
  const facts = { mintedLicence: undefined, upstream: serviceUrl.origin, transport };
  return finishStart(foundation, readiness, facade, undefined, facts);
}

async function startGateway(foundation: Foundation): Promise<App> {
  const { config, stack, telemetry, shutdown, ownPorts } = foundation;
  const database = await openDatabase(config.databaseUrl);
  stack.defer(() => database.destroy());
  const onCheck = (error?: unknown): void => telemetry.storeChecked(error);
  const licences = stack.use(await openLicenceBook(database, { configured: config.licences, onCheck }));
  const mintedLicence = await mintFirstLicence(config, database, licences);
  const upstream = await chooseUpstream(foundation);
  const { operations, keysUsable } = createOperations(foundation, upstream, database);
  const readiness = stack.use(
    createReadiness([
      () =>
        performance.now() - licences.lastCheckOk() > STORE_CHECK_MAX_AGE_MS ? "the store does not answer" : undefined,
      () => (keysUsable() ? undefined : "every Gemini key is quarantined"),
    ]),
  );
  const wire: WireOptions = {
    operations,
    licences,
    readiness,
    health: config.grpcHealth,
    reflection: config.grpcReflection,
    readMaxBytes: config.requestBodyMaxBytes,
    arrivalMs: Math.min(config.requestTimeoutMs, config.streamTimeoutMs),
    silenceMs: config.keepAliveIntervalMs,
    shutdownSignal: shutdown.signal,
    budget: foundation.budget,
    onRefused: (requestId, { reason, cause }) => telemetry.requestRefused({ face: "rpc", requestId, reason, cause }),
  };
  const admission: Admission = (header) => ({ caller: admit(header, licences), passedLicence: undefined });
  const implementations = implementLocally(operations);
  const transport = createLocalTransport(implementations);
  const chat = createLocalChatClient(implementations);
  const facade = await startFacade(foundation, transport, chat, admission, readiness, wire);
  const rpc = await startRpcServer({
    ...wire,
    host: config.host,
    port: config.grpcPort,
    // The server of HTTP/1.1 has a limit of its own for that, and a better answer.
    arrivalMs: Math.min(wire.arrivalMs, config.requestBodyTimeoutMs),
    maxStreams: config.grpcMaxStreams,
    prefaceMs: config.headersTimeoutMs,
    stallMs: config.writeStallTimeoutMs,
    onListening: limitUnsentOf(telemetry),
  });
  stack.defer(() => rpc.destroy());
  ownPorts.push(rpc.address.port);
  return finishStart(foundation, readiness, facade, rpc, { mintedLicence, upstream: upstream.name, transport });
}

/** Only Linux has the option in this form; elsewhere the system's own limit is kept. */
function limitUnsentOf(telemetry: Telemetry): (server: Server) => void {
  return (server) => {
    if (process.platform !== "linux") return;
    try {
      limitUnsent(server);
    } catch (error) {
      telemetry.unsentUnlimited(error);
    }
  };
}

async function mintFirstLicence(
  config: Config,
  database: Database,
  licences: LicenceBook,
): Promise<string | undefined> {
  if (requireLicences(config, licences.size()) === "enough") return undefined;
  const { licence } = await createLicence(database, "first start");
  await licences.refresh();
  return licence;
}

async function startFacade(
  { config, metrics, telemetry, stack, budget, shutdown, ownPorts }: Foundation,
  transport: Transport,
  chat: Client<typeof ChatService>,
  admission: Admission,
  readiness: ReadinessState,
  wire: WireOptions | undefined,
): Promise<Listener> {
  const onOwnPort = config.metricsPort !== undefined;
  const listenOptions = { host: config.host, port: config.port, onListening: limitUnsentOf(telemetry) };
  const facade = await serveFacade(listenOptions, {
    chat,
    models: createClient(ModelService, transport),
    clock: systemClock,
    admission,
    wire: wire && createWireHandler(wire),
    readiness: () => readiness.reason(),
    metrics: onOwnPort || !config.loopback ? undefined : () => metrics.render(),
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    headersTimeoutMs: config.headersTimeoutMs,
    bodyTimeoutMs: config.requestBodyTimeoutMs,
    bodyMaxBytes: config.requestBodyMaxBytes,
    budget,
    requestMs: config.requestTimeoutMs,
    streamMs: config.streamTimeoutMs,
    commitDelayMs: config.streamCommitDelayMs,
    keepAliveMs: config.keepAliveIntervalMs,
    stallMs: config.writeStallTimeoutMs,
    watchLeaving: createWatchLeaving(shutdown.signal),
    onRefused: (requestId, { reason, cause }) => telemetry.requestRefused({ face: "http", requestId, reason, cause }),
  });
  stack.defer(() => facade.destroy());
  ownPorts.push(portOf(facade.url));
  return facade;
}

async function finishStart(
  foundation: Foundation,
  readiness: ReadinessState,
  facade: Listener,
  rpc: (Closable & { readonly address: { address: string; family: string; port: number } }) | undefined,
  facts: Pick<App, "mintedLicence" | "upstream" | "transport">,
): Promise<App> {
  const { config, metrics, stack, ownPorts } = foundation;
  const metricsListener =
    config.metricsPort === undefined
      ? undefined
      : await serveMetrics(config.host, config.metricsPort, () => metrics.render());
  if (metricsListener) {
    stack.defer(() => metricsListener.destroy());
    ownPorts.push(portOf(metricsListener.url));
  }
  const listeners = [facade, ...(rpc ? [rpc] : [])];
  let drained: Promise<void> | undefined;
  return {
    ...facts,
    http: facade.url,
    grpc:
      rpc && `${rpc.address.family === "IPv6" ? `[${rpc.address.address}]` : rpc.address.address}:${rpc.address.port}`,
    metrics: metricsListener && `${metricsListener.url}/metrics`,
    drain: () => (drained ??= drain(foundation, readiness, listeners)),
  };
}
