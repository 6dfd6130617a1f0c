// Goal: settings are found where they are written and misspelt ones are noticed. Method: real files and variables.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import fc from "fast-check";
import { settings } from "../../src/config/settings.ts";
import { type ConfigDirectory, newConfigDirectory } from "./configurations.ts";

let directory: ConfigDirectory;

before(async () => void (directory = await newConfigDirectory()));
after(() => directory[Symbol.asyncDispose]());
afterEach(() => directory.removeYaml());

const MIB = 2 ** 20;

describe("names", () => {
  it("nobody knows are refused in the environment when they look like ours", async () => {
    for (const [wrong, meant] of [
      ["GEMINI_API_KEYZ", "GEMINI_API_KEYS"],
      ["GEMINI_API_KEY_1", "GEMINI_API_KEYS"],
      ["GEMINI_BASEURL", "GEMINI_BASE_URL"],
      ["gemini_api_keys", "GEMINI_API_KEYS"],
      ["LICENSES", "LICENCES"],
      ["LICENCE", "LICENCES"],
      ["STREAM_TIMEOUT", undefined],
      ["REQUEST_TIMEOUT_S", "REQUEST_TIMEOUT_MS"],
    ] as const) {
      const problems = await directory.problemsOf({ [wrong]: "canary" });
      const line = `environment: ${wrong} is no setting; did you mean ${meant}?`;
      assert.deepEqual(problems, meant === undefined ? [] : [line]);
    }
  });

  it("of other programs are none of our business", async () => {
    const foreign = [
      "GEMINI_MODEL",
      "GEMINI_SANDBOX",
      "GRPC_HOST",
      "GRPC_TRACE",
      "HOSTS",
      "PORTS",
      "DATABASE_URI",
      "REDIS_URI",
      "LICENSE",
      "LOG_LEVELS",
      "MEDIA",
      "PATH",
      "HOSTNAME",
    ];
    assert.deepEqual(await directory.problemsOf(Object.fromEntries(foreign.map((name) => [name, "x"]))), []);
  });
});

describe("the YAML file", () => {
  it("gives values as texts, numbers, switches and lists", async () => {
    await directory.writeYaml(
      "PORT: 8181\nMEDIA_FETCH: false\nGRPC_HEALTH: off\nREQUEST_BODY_MAX_BYTES: 5MiB\nSHUTDOWN_GRACE_MS:\n" +
        "LICENCES:\n  - canary-licence-0001\n  - 12345678901234567890\n",
    );
    const config = await directory.load({});
    assert.deepEqual([config.port, config.mediaFetch, config.grpcHealth], [8181, false, false]);
    assert.equal(config.requestBodyMaxBytes, 5 * MIB);
    assert.equal(config.shutdownGraceMs, 25_000);
    assert.deepEqual(config.licences, ["canary-licence-0001", "12345678901234567890"]);
    assert.deepEqual(config.warnings, []);
  });

  it("gives way to the environment, under either name of a setting", async () => {
    await directory.writeYaml("PORT: 8181\nGRPC_PORT: 9191\nGEMINI_API_KEYS: key-of-the-file\n");
    const config = await directory.load({ PORT: "8282", GEMINI_API_KEY: "key-of-the-environment" });
    assert.deepEqual([config.port, config.grpcPort], [8282, 9191]);
    assert.deepEqual(config.geminiKeys, [{ project: "#1", key: "key-of-the-environment" }]);
  });

  it("is found under CONFIG_FILE, from the directory", async () => {
    await writeFile(join(directory.path, "other.yaml"), "PORT: 8383\n");
    assert.equal((await directory.load({ CONFIG_FILE: "other.yaml" })).port, 8383);
    assert.equal((await directory.load({ CONFIG_FILE: join(directory.path, "other.yaml") })).port, 8383);
  });

  it("names file and line of every mistake, never the value of a secret", async () => {
    await directory.writeYaml(
      'PORT: http\nLICENSES: canary-licence-0001\nLICENCES: [canary]\nLOG_LEVEL: { canary: 1 }\nGEMINI_API_KEYS: ["a,canary"]\nCONFIG_FILE: x\nport: 1\n',
    );
    assert.deepEqual(await directory.problemsOf({}), [
      'gateway.yaml:2: "LICENSES" is no setting of this file; did you mean LICENCES?',
      "gateway.yaml:4: LOG_LEVEL must be a text, a number, a switch or a list of them",
      "gateway.yaml:5: GEMINI_API_KEYS must be a text, a number, a switch or a list of them",
      'gateway.yaml:6: "CONFIG_FILE" is no setting of this file',
      'gateway.yaml:7: "port" is no setting of this file; did you mean PORT?',
      'gateway.yaml:1: PORT must be a port number, 0 to 65535 (it is "http")',
      "gateway.yaml:3: LICENCES entry 1 must have 16 to 256 characters",
    ]);
  });

  it("with a key twice or bad syntax is refused without quoting it", async () => {
    await directory.writeYaml("PORT: 1\nLICENCES: canary-licence-0001\nPORT: 2\n");
    assert.deepEqual(await directory.problemsOf({}), ["gateway.yaml:3: is no valid YAML (DUPLICATE_KEY)"]);
    for (const text of [
      'LICENCES: "canary',
      "LICENCES: *canary",
      "- canary",
      "canary",
      "LICENCES: &a [canary-licence-0001]\nMODEL_ALIASES: *a",
    ]) {
      await directory.writeYaml(text);
      const problems = await directory.problemsOf({});
      assert.ok(problems.length > 0, text);
      assert.doesNotMatch(problems.join("\n"), /canary/, text);
    }
  });

  it("may be empty", async () => {
    await directory.writeYaml("# nothing yet\n");
    assert.equal((await directory.load({})).port, 8080);
  });

  it("with any unknown name is refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[A-Z][A-Z_]{0,20}$/), async (name) => {
        fc.pre(!Object.hasOwn(settings, name));
        await directory.writeYaml(`${name}: x\n`);
        assert.match((await directory.problemsOf({})).join(), /is no setting of this file/);
      }),
      { numRuns: 40 },
    );
  });

  it("that others can read is warned of when it holds a secret", async () => {
    await directory.writeYaml("LICENCES: canary-licence-0001\n", 0o644);
    assert.match((await directory.load({})).warnings.join(), /gateway\.yaml holds secrets and is open to other users/);
    await directory.writeYaml("PORT: 1\n", 0o644);
    assert.deepEqual((await directory.load({})).warnings, []);
  });
});
