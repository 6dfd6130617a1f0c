// Goal: load balancers and meshes learn from grpc.health.v1 whether to send calls here, at once when it changes, and are never the
// reason why a drain takes longer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, createClient, type Client } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../src/gen/grpc/reflection/v1/reflection_pb.ts";
import { failureOf, openAi } from "../faults/requests.ts";
import { errorAnswer, geminiErrors, startFaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const SERVICES = ["", "gemini.chat.v1.ChatService", "gemini.chat.v1.ModelService"];

/** Without a licence, as probes come. */
function healthOf({ app }: TestGateway): Client<typeof Health> {
  return createClient(Health, createGrpcTransport({ baseUrl: `http://${app.grpc}` }));
}

test("Check and List tell SERVING for the whole and for each service, without a licence", async () => {
  await using gateway = await startGateway();
  const health = healthOf(gateway);
  for (const service of SERVICES) assert.equal((await health.check({ service })).status, Status.SERVING);
  const { statuses } = await health.list({});
  assert.deepEqual(Object.keys(statuses).toSorted(), SERVICES);
  assert.equal((await failureOf(health.check({ service: "no.such.Service" }))).code, Code.NotFound);
});

test("Watch tells the status at once and again when it changes, and an unknown service waits as unknown", async () => {
  await using gemini = await startFaultyGemini();
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, SHUTDOWN_DELAY_MS: "500" });
  const stop = new AbortController();
  const watched = healthOf(gateway).watch({ service: "" }, { signal: stop.signal })[Symbol.asyncIterator]();
  assert.equal((await watched.next()).value?.status, Status.SERVING);
  gemini.script([errorAnswer(geminiErrors.apiKeyInvalid)]);
  await (await gateway.post(openAi(false))).text();
  assert.equal((await watched.next()).value?.status, Status.NOT_SERVING);
  assert.equal((await healthOf(gateway).check({ service: SERVICES[1] ?? "" })).status, Status.NOT_SERVING);
  const unknown = healthOf(gateway)
    .watch({ service: "no.such.Service" }, { signal: stop.signal })
    [Symbol.asyncIterator]();
  assert.equal((await unknown.next()).value?.status, Status.SERVICE_UNKNOWN);
  stop.abort();
  await failureOf(unknown.next());
});

test("a drain is told at once, and watchers and idle reflection do not hold it up", async () => {
  const gateway = await startGateway({ SHUTDOWN_DELAY_MS: "700", SHUTDOWN_GRACE_MS: "20000" });
  const watched = healthOf(gateway).watch({ service: "" })[Symbol.asyncIterator]();
  const unknown = healthOf(gateway).watch({ service: "x" })[Symbol.asyncIterator]();
  assert.equal((await watched.next()).value?.status, Status.SERVING);
  await unknown.next();
  const reflection = createClient(ServerReflection, createGrpcTransport({ baseUrl: `http://${gateway.app.grpc}` }));
  const asking = Promise.withResolvers<never>();
  async function* questions() {
    yield { messageRequest: { case: "listServices" as const, value: "" } };
    await asking.promise;
  }
  const reflected = reflection.serverReflectionInfo(questions())[Symbol.asyncIterator]();
  await reflected.next();
  const startedMs = performance.now();
  const drained = gateway.app.drain();
  assert.equal((await watched.next()).value?.status, Status.NOT_SERVING);
  assert.ok(performance.now() - startedMs < 300);
  // Still accepting.
  assert.equal((await healthOf(gateway).check({ service: "" })).status, Status.NOT_SERVING);
  assert.equal((await failureOf(watched.next())).code, Code.Unavailable);
  await failureOf(unknown.next());
  await failureOf(reflected.next());
  await drained;
  assert.ok(performance.now() - startedMs < 3_000, `${performance.now() - startedMs} ms`);
  await gateway[Symbol.asyncDispose]();
});

test("health and reflection can be switched off, each alone", async () => {
  await using gateway = await startGateway({ GRPC_HEALTH: "off", GRPC_REFLECTION: "off" });
  assert.equal((await failureOf(healthOf(gateway).check({ service: "" }))).code, Code.Unimplemented);
  const reflection = createClient(ServerReflection, createGrpcTransport({ baseUrl: `http://${gateway.app.grpc}` }));
  async function* question() {
    yield { messageRequest: { case: "listServices" as const, value: "" } };
  }
  assert.equal(
    (await failureOf(reflection.serverReflectionInfo(question())[Symbol.asyncIterator]().next())).code,
    Code.Unimplemented,
  );
  await using other = await startGateway({ GRPC_REFLECTION: "off" });
  assert.equal((await healthOf(other).check({ service: "" })).status, Status.SERVING);
});

test("a facade in front of a service without health counts it as serving while it is there", async () => {
  await using service = await startGateway({ GRPC_HEALTH: "off" });
  await using facade = await startGateway({ CHAT_SERVICE_URL: `http://${service.app.grpc}` });
  assert.equal((await facade.get("/readyz")).status, 200);
});
