// Goal: the configuration is whole and typed, with the promised defaults. Method: load it and look.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ConfigError, loadDatabaseUrl, requireLicences } from "../src/config.ts";
import { settings } from "../src/config/settings.ts";
import { type ConfigDirectory, good, newConfigDirectory } from "./config/configurations.ts";

let directory: ConfigDirectory;

before(async () => void (directory = await newConfigDirectory()));
after(() => directory[Symbol.asyncDispose]());

const MIB = 2 ** 20;

describe("defaults", () => {
  it("start on one machine with nothing set: loopback, emulator, a file under data", async () => {
    const config = await directory.load({});
    assert.equal(config.host, "127.0.0.1");
    assert.deepEqual(
      [config.port, config.grpcPort, config.metricsPort, config.emulatorPort],
      [8080, 9090, undefined, undefined],
    );
    assert.equal(config.loopback, true);
    assert.equal(config.geminiBaseUrl, "emulator");
    assert.deepEqual(config.geminiKeys, []);
    assert.equal(config.databaseUrl, `sqlite:${join(directory.path, "data/gateway.sqlite")}`);
    assert.deepEqual(config.warnings, []);
  });

  it("are those of the interface", async () => {
    const config = await directory.load({});
    const expected: Partial<typeof config> = {
      licences: [],
      mediaFetch: true,
      mediaAllowedNetworks: [],
      mediaAllowedPorts: [80, 443],
      modelAliases: [],
      corsOrigins: [],
      trustedProxies: [],
      upstreamObjects: false,
      shutdownDelayMs: 0,
      shutdownGraceMs: 25_000,
      headersTimeoutMs: 10_000,
      requestBodyTimeoutMs: 60_000,
      writeStallTimeoutMs: 60_000,
      firstEventTimeoutMs: 120_000,
      slowFirstEventTimeoutMs: 600_000,
      streamIdleTimeoutMs: 120_000,
      slowStreamIdleTimeoutMs: 600_000,
      requestTimeoutMs: 600_000,
      streamTimeoutMs: 1_200_000,
      streamCommitDelayMs: 10_000,
      keepAliveIntervalMs: 15_000,
      requestBodyMaxBytes: 100 * MIB,
      bufferedBodiesMaxBytes: 512 * MIB,
      upstreamEventMaxBytes: 64 * MIB,
      upstreamBodyMaxBytes: 256 * MIB,
      mediaItemMaxBytes: 70 * MIB,
      mediaFetchTimeoutMs: 20_000,
      grpcMaxStreams: 1000,
      grpcHealth: true,
      grpcReflection: true,
      safetySettings: [],
      logLevel: "info",
    };
    assert.deepEqual({ ...config, ...expected }, config);
  });

  it("count an empty variable as not set", async () => {
    const emptied = Object.fromEntries(Object.keys(settings).map((name) => [name, ""]));
    assert.deepEqual(await directory.load(emptied), await directory.load({}));
  });

  it("wait for load balancers only where there can be some", async () => {
    assert.equal((await directory.load(good)).shutdownDelayMs, 3000);
    assert.equal((await directory.load({ ...good, SHUTDOWN_DELAY_MS: "0" })).shutdownDelayMs, 0);
  });

  it("give way to a time limit of the operator for every kind of model", async () => {
    const config = await directory.load({ FIRST_EVENT_TIMEOUT_MS: "700", STREAM_IDLE_TIMEOUT_MS: "900" });
    assert.deepEqual([config.firstEventTimeoutMs, config.slowFirstEventTimeoutMs], [700, 700]);
    assert.deepEqual([config.streamIdleTimeoutMs, config.slowStreamIdleTimeoutMs], [900, 900]);
  });
});

describe("values", () => {
  it("of keys name their project, and a bare key is a project of its own", async () => {
    const { geminiKeys } = await directory.load({
      GEMINI_API_KEYS: "key-number-one, b:key-number-two ,b:key-number-three",
    });
    assert.deepEqual(geminiKeys, [
      { project: "#1", key: "key-number-one" },
      { project: "b", key: "key-number-two" },
      { project: "b", key: "key-number-three" },
    ]);
  });

  it("of keys come from the singular name where the plural is not set", async () => {
    const single = await directory.load({ GEMINI_API_KEY: "key-number-one" });
    assert.deepEqual(single.geminiKeys, [{ project: "#1", key: "key-number-one" }]);
    const both = await directory.load({ GEMINI_API_KEY: "key-number-one", GEMINI_API_KEYS: "key-number-two" });
    assert.deepEqual(both.geminiKeys, [{ project: "#1", key: "key-number-two" }]);
  });

  it("are typed", async () => {
    const config = await directory.load({
      ...good,
      GEMINI_BASE_URL: "http://127.0.0.1:9999/prefix",
      GEMINI_PROXY_URL: "http://user:pass@proxy.internal:3128",
      MODEL_ALIASES: "old-1=new-1, old-2=new-2",
      CORS_ORIGINS: "https://App.example.com,app://desktop",
      TRUSTED_PROXIES: "10.0.0.0/8,::1",
      MEDIA_ALLOWED_NETWORKS: "192.168.0.0/16",
      MEDIA_ALLOWED_HOSTS: "*.Example.com",
      MEDIA_FETCH: "off",
      UPSTREAM_OBJECTS: "ON",
      SAFETY_SETTINGS: "HARM_CATEGORY_HARASSMENT=OFF,HARM_CATEGORY_HATE_SPEECH=BLOCK_NONE",
      REQUEST_BODY_MAX_BYTES: "5 GB",
      MEDIA_ITEM_MAX_BYTES: "1048576",
      LOG_LEVEL: "Silent",
    });
    assert.ok(config.geminiBaseUrl instanceof URL);
    assert.equal(config.geminiBaseUrl.href, "http://127.0.0.1:9999/prefix");
    assert.equal(config.geminiProxyUrl?.host, "proxy.internal:3128");
    assert.deepEqual(config.modelAliases, [
      ["old-1", "new-1"],
      ["old-2", "new-2"],
    ]);
    assert.deepEqual(config.corsOrigins, ["https://app.example.com", "app://desktop"]);
    assert.deepEqual(config.trustedProxies, ["10.0.0.0/8", "::1/128"]);
    assert.deepEqual(config.mediaAllowedHosts, ["*.example.com"]);
    assert.deepEqual([config.mediaFetch, config.upstreamObjects], [false, true]);
    assert.deepEqual(config.safetySettings[1], ["HARM_CATEGORY_HATE_SPEECH", "BLOCK_NONE"]);
    assert.deepEqual([config.requestBodyMaxBytes, config.mediaItemMaxBytes], [5e9, MIB]);
    assert.equal(config.logLevel, "silent");
    assert.equal(config.databaseUrl, good.DATABASE_URL);
  });

  it("of HOST decide who can reach us", async () => {
    for (const host of ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"]) {
      assert.equal((await directory.load({ HOST: host })).loopback, true, host);
    }
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "gateway.internal", "128.0.0.1"]) {
      assert.equal((await directory.load({ ...good, HOST: host })).loopback, false, host);
    }
  });

  it("of a facade without a service of its own need neither key nor store", async () => {
    const config = await directory.load({ HOST: "0.0.0.0", METRICS_PORT: "0", CHAT_SERVICE_URL: "http://chat:9090" });
    assert.equal(config.chatServiceUrl?.href, "http://chat:9090/");
    assert.deepEqual(config.geminiKeys, []);
    assert.notEqual(config.geminiBaseUrl, "emulator");
    assert.equal(requireLicences(config, 0), "enough");
  });
});

describe("loadDatabaseUrl", () => {
  it("reads the store’s place alone, so that licences come before keys", async () => {
    await directory.writeYaml("HOST: 0.0.0.0\nDATABASE_URL: sqlite:other.sqlite\n");
    assert.equal(await loadDatabaseUrl({}, directory.path), `sqlite:${join(directory.path, "other.sqlite")}`);
    assert.equal(await loadDatabaseUrl({ DATABASE_URL: "sqlite::memory:" }, directory.path), "sqlite::memory:");
    await assert.rejects(loadDatabaseUrl({ DATABASE_URL: "canary" }, directory.path), ConfigError);
  });
});
