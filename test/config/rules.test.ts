// Goal: settings that are right alone and wrong together do not start. Method: pairs of them.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ConfigError, requireLicences } from "../../src/config.ts";
import { type ConfigDirectory, good, newConfigDirectory } from "./configurations.ts";

let directory: ConfigDirectory;

before(async () => void (directory = await newConfigDirectory()));
after(() => directory[Symbol.asyncDispose]());

describe("rules over several settings", () => {
  it("want keys where others can reach us, or the emulator on purpose", async () => {
    const { GEMINI_API_KEYS: _, ...keyless } = good;
    assert.match((await directory.problemsOf(keyless)).join(), /GEMINI_API_KEYS is missing/);
    assert.equal((await directory.load({ ...keyless, GEMINI_BASE_URL: "emulator" })).geminiBaseUrl, "emulator");
  });

  it("want keys for a base URL of one’s own, even on loopback", async () => {
    const problems = await directory.problemsOf({ GEMINI_BASE_URL: "http://127.0.0.1:1" });
    assert.deepEqual(problems.length, 1);
    assert.match(problems[0] ?? "", /GEMINI_BASE_URL needs GEMINI_API_KEYS/);
    assert.deepEqual(await directory.problemsOf({ GEMINI_BASE_URL: "http://127.0.0.1:1", GEMINI_API_KEYS: "k" }), []);
  });

  it("let free ports be chosen for every listener", async () => {
    assert.deepEqual(
      await directory.problemsOf({ PORT: "0", GRPC_PORT: "0", METRICS_PORT: "0", EMULATOR_PORT: "0" }),
      [],
    );
  });

  it("mind the port of the emulator only when it runs", async () => {
    const ports = { PORT: "8081", EMULATOR_PORT: "8081" };
    assert.match((await directory.problemsOf(ports)).join(), /EMULATOR_PORT and PORT are both 8081/);
    assert.deepEqual(await directory.problemsOf({ ...ports, GEMINI_API_KEYS: "a-key-of-google" }), []);
    assert.deepEqual(await directory.problemsOf({ PORT: "8081" }), []);
  });

  it("want a licence, mint the first one on loopback, and refuse to serve nobody elsewhere", async () => {
    const { LICENCES: _, ...unlicensed } = good;
    assert.equal(requireLicences(await directory.load({}), 0), "mint");
    assert.equal(requireLicences(await directory.load({}), 1), "enough");
    assert.equal(requireLicences(await directory.load(good), 0), "enough");
    const open = await directory.load(unlicensed);
    assert.throws(() => requireLicences(open, 0), ConfigError);
  });
});
