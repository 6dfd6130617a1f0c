// Goal: no wrong value starts, each gets one clear line, no line holds a secret. Method: single mutations of a good configuration.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { settings } from "../../src/config/settings.ts";
import { type ConfigDirectory, good, newConfigDirectory } from "./configurations.ts";

let directory: ConfigDirectory;

before(async () => void (directory = await newConfigDirectory()));
after(() => directory[Symbol.asyncDispose]());

/** Setting, bad value, what the one line must say. */
const badValues: [keyof typeof settings, string, RegExp][] = [
  ["HOST", "http://example.com", /HOST must be an IP address or a host name/],
  ["PORT", "65536", /PORT must be a port number, 0 to 65535 \(it is "65536"\)/],
  ["PORT", "http", /PORT must be a port number/],
  ["GRPC_PORT", "-1", /GRPC_PORT must be a port number/],
  ["METRICS_PORT", "80.5", /METRICS_PORT must be a port number/],
  ["GEMINI_API_KEYS", " ", /GEMINI_API_KEYS is blank/],
  ["GEMINI_API_KEYS", "canary-key-one,,canary-key-two", /GEMINI_API_KEYS entry 2 is empty/],
  ["GEMINI_API_KEYS", "canary-key-one,canary-key-one", /entry 2 repeats entry 1/],
  ["GEMINI_API_KEYS", "a:canary-key-one,b:canary-key-one", /entry 2 repeats the key of entry 1/],
  ["GEMINI_API_KEYS", "a:b:canary-key-one", /entry 1 must be key or project:key/],
  ["GEMINI_API_KEYS", "a:", /entry 1 must be visible ASCII/],
  ["GEMINI_API_KEYS", "my project:canary-key-one", /must name its project/],
  ["GEMINI_API_KEYS", "canary key", /must be visible ASCII/],
  ["GEMINI_API_KEYS", "canary-key-é", /must be visible ASCII/],
  ["GEMINI_API_KEYS", "changeme", /is a placeholder/],
  ["GEMINI_API_KEYS", "your-gemini-key", /is a placeholder/],
  ["GEMINI_API_KEYS", "<canary-key>", /is a placeholder/],
  ["GEMINI_API_KEYS", "AIza1234", /entry 1 is too short/],
  ["GEMINI_BASE_URL", "ftp://canary.example", /GEMINI_BASE_URL must be an http or https URL/],
  ["GEMINI_BASE_URL", "generativelanguage.googleapis.com", /must be an http or https URL/],
  ["GEMINI_BASE_URL", "https://canary:pass@example.com", /must hold no credentials/],
  ["GEMINI_BASE_URL", "https://example.com/?key=canary", /must hold no credentials/],
  ["GEMINI_PROXY_URL", "socks5://canary:1080", /GEMINI_PROXY_URL must be an http or https URL/],
  ["LICENCES", "canary-too-short", /^$/],
  ["LICENCES", "canary-15-chars", /LICENCES entry 1 must have 16 to 256 characters/],
  ["LICENCES", `canary-licence-0001,${"c".repeat(257)}`, /entry 2 must have 16 to 256 characters/],
  ["LICENCES", "canary licence with spaces", /must be visible ASCII/],
  ["LICENCES", "changeme-changeme-changeme", /is a placeholder/],
  ["LICENCES", "AIzaCanaryKeyNumberTwo", /GEMINI_API_KEYS: entry 2 is also LICENCES entry 1/],
  ["DATABASE_URL", "mysql://canary@host/db", /DATABASE_URL must be sqlite:<file> or postgres/],
  ["DATABASE_URL", "sqlite:", /DATABASE_URL must be/],
  ["REDIS_URL", "redis://canary@host", /REDIS_URL is not supported yet/],
  ["CHAT_SERVICE_URL", "grpc://chat:9090", /CHAT_SERVICE_URL must be an http or https URL/],
  ["MEDIA_FETCH", "maybe", /MEDIA_FETCH must be on or off/],
  ["MEDIA_ALLOWED_NETWORKS", "10.0.0.0/33", /entry 1 must have a prefix of at most 32 bits/],
  ["MEDIA_ALLOWED_NETWORKS", "10.0.0.0/8/8", /must be an address or a network/],
  ["MEDIA_ALLOWED_NETWORKS", "10.0.0.0/", /must be an address or a network/],
  ["MEDIA_ALLOWED_NETWORKS", "internal", /must be an address or a network/],
  ["MEDIA_ALLOWED_PORTS", "0", /entry 1 must be a port number, 1 to 65535/],
  ["MEDIA_ALLOWED_HOSTS", "https://example.com", /must be an IP address or a host name/],
  ["MEDIA_DENIED_HOSTS", "*.", /must be an IP address or a host name/],
  ["MODEL_ALIASES", "old", /MODEL_ALIASES entry 1 must look like old-model=new-model/],
  ["MODEL_ALIASES", "a=b=c", /must look like/],
  ["MODEL_ALIASES", "../x=y", /must look like/],
  ["MODEL_ALIASES", "a=b,a=c", /names a twice/],
  ["SAFETY_SETTINGS", "HARASSMENT=OFF", /must look like HARM_CATEGORY_HARASSMENT=OFF/],
  ["CORS_ORIGINS", "https://example.com/path", /must be \* or an origin/],
  ["TRUSTED_PROXIES", "*", /must be an address or a network/],
  ["SHUTDOWN_GRACE_MS", "600001", /a whole number of milliseconds, 0 to 600000/],
  ["HEADERS_TIMEOUT_MS", "10s", /HEADERS_TIMEOUT_MS must be a whole number of milliseconds/],
  ["REQUEST_TIMEOUT_MS", "0", /must be a whole number of milliseconds, 1 to/],
  ["STREAM_TIMEOUT_MS", "2147483648", /must be a whole number of milliseconds, 1 to 2147483647/],
  ["REQUEST_BODY_MAX_BYTES", "100 megabytes", /REQUEST_BODY_MAX_BYTES must be a size/],
  ["UPSTREAM_EVENT_MAX_BYTES", "0", /must be a size of at least one byte/],
  ["UPSTREAM_BODY_MAX_BYTES", "99999999GiB", /must be a size/],
  ["GRPC_MAX_STREAMS", "0", /GRPC_MAX_STREAMS must be a whole number, 1 to/],
  ["GRPC_HEALTH", "yes", /must be on or off/],
  ["LOG_LEVEL", "verbose", /LOG_LEVEL must be one of trace, debug, info/],
  ["GRPC_PORT", "8080", /GRPC_PORT and PORT are both 8080/],
  ["METRICS_PORT", "9090", /METRICS_PORT and GRPC_PORT are both 9090/],
  ["CONFIG_FILE", "missing.yaml", /missing\.yaml: cannot be read \(ENOENT\)/],
];

describe("one bad value", () => {
  it("is not what the configuration they mutate has", async () => {
    assert.deepEqual(await directory.problemsOf(good), []);
  });

  for (const [name, value, expected] of badValues) {
    if (expected.source === "^$") continue;
    it(`of ${name} (${JSON.stringify(value.slice(0, 40))}) is one clear line`, async () => {
      const problems = await directory.problemsOf({ ...good, [name]: value });
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", expected);
      assert.doesNotMatch(problems[0] ?? "", /canary|[\n\r]/i);
    });
  }

  it("comes with all others, so that one run shows all of them", async () => {
    const problems = await directory.problemsOf({
      ...good,
      PORT: "x",
      LOG_LEVEL: "x",
      LICENCES: "x",
      GEMINI_API_KEYZ: "x",
    });
    assert.equal(problems.length, 4, problems.join("\n"));
  });

  it("never shows a secret, whatever garbage stands in its place", async () => {
    const secretNames = Object.entries(settings).flatMap(([name, row]) => ("secret" in row ? [name] : []));
    assert.ok(secretNames.includes("LICENCES") && secretNames.includes("GEMINI_API_KEY"));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...secretNames), fc.string({ maxLength: 12 }), async (name, noise) => {
        const others = name === "GEMINI_API_KEY" ? { ...good, GEMINI_API_KEYS: undefined } : good;
        const problems = await directory.problemsOf({ ...others, [name]: `\u0007CANARY${noise}` });
        assert.ok(problems.length > 0);
        assert.doesNotMatch(problems.join("\n"), /CANARY/);
      }),
    );
  });
});
