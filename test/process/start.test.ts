// Goal: two commands and it serves: the ready line, the first licence and its curl are what a newcomer needs, and what is wrong with
// a configuration is said in one line each.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { Program } from "./program.ts";

const LICENCE = "process-licence-0123456789";

/** The licence that stands alone on a line of the notice. */
function mintedLicence({ stdout }: Program): string | undefined {
  return /^ {4}(\S{16,256})$/m.exec(stdout)?.[1];
}

test("a first start says where it listens, prints a licence once, and the curl of its notice works as it stands", async () => {
  await using program = new Program();
  const ready = await program.ready();
  assert.match(ready.http, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  assert.match(ready.grpc ?? "", /^127\.0\.0\.1:[1-9]\d*$/);
  assert.equal(ready.upstream, "emulator");
  assert.match(program.stdout, /NO GEMINI KEY/);
  const licence = mintedLicence(program);
  assert.ok(licence, program.stdout);
  const [, curl = ""] = /(curl [\s\S]*?)\n\n/.exec(program.stdout) ?? [];
  const { stdout } = await promisify(execFile)("sh", ["-c", `${curl.replace("curl ", "curl -sS ")}`]);
  const answer = JSON.parse(stdout) as { choices: { message: { content: string } }[] };
  assert.ok((answer.choices[0]?.message.content ?? "").length > 0, stdout);
  assert.ok(existsSync(join(program.directory, "data/gateway.sqlite")));
  const health = createClient(Health, createGrpcTransport({ baseUrl: `http://${ready.grpc}` }));
  assert.equal((await health.check({ service: "" })).status, Status.SERVING);
  program.signal("SIGTERM");
  assert.deepEqual((await program.end()).code, 0);
  await using again = new Program({ directory: program.directory });
  const { http } = await again.ready();
  assert.equal(mintedLicence(again), undefined);
  assert.ok(!again.stdout.includes(licence));
  const models = await fetch(`${http}/gemini/v1/models`, { headers: { authorization: licence } });
  assert.equal(models.status, 200);
  await models.text();
});

test("npm start does the same", async () => {
  await using program = new Program({ npm: true });
  const { http } = await program.ready();
  assert.ok(mintedLicence(program));
  assert.equal((await fetch(`${http}/readyz`)).status, 200);
});

test("the ready line is there at every log level, and with its own port for metrics names it", async () => {
  await using program = new Program({ env: { LOG_LEVEL: "silent", LICENCES: LICENCE, METRICS_PORT: "0" } });
  const { metrics } = await program.ready();
  assert.match(metrics ?? "", /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  assert.equal(mintedLicence(program), undefined);
});

test("the facade alone needs no key, no store and no gRPC port", async () => {
  await using program = new Program({ env: { CHAT_SERVICE_URL: "http://127.0.0.1:9" } });
  const ready = await program.ready();
  assert.equal(ready.grpc, undefined);
  assert.equal(mintedLicence(program), undefined);
  assert.ok(!existsSync(join(program.directory, "data")));
  assert.equal((await fetch(`${ready.http}/readyz`)).status, 503);
});

const KEYS = { GEMINI_API_KEYS: "test-key-0123456789" };

describe("a bad configuration ends with 78 and one line for each problem", { concurrency: 2 }, () => {
  const cases: [string, Record<string, string>, RegExp[]][] = [
    ["a public host without a key", { HOST: "0.0.0.0", LICENCES: LICENCE }, [/GEMINI_API_KEYS/]],
    ["a public host without a licence", { HOST: "0.0.0.0", ...KEYS }, [/licence/i]],
    ["a base URL without keys", { GEMINI_BASE_URL: "https://example.com" }, [/GEMINI_BASE_URL/]],
    [
      "several bad values",
      { PORT: "http", LOG_LEVEL: "loud", REQUEST_BODY_MAX_BYTES: "many" },
      [/PORT/, /LOG_LEVEL/, /REQUEST_BODY_MAX_BYTES/],
    ],
    ["a mistyped name", { GEMINI_API_KEYZ: "x" }, [/GEMINI_API_KEYZ.*GEMINI_API_KEYS/]],
    ["a licence that is too short", { LICENCES: "short" }, [/LICENCES/]],
    ["a licence that is also a key", { LICENCES: LICENCE, GEMINI_API_KEYS: LICENCE }, [/differ/]],
    ["Redis, which is not there yet", { REDIS_URL: "redis://127.0.0.1" }, [/REDIS_URL/]],
    ["one port for two listeners", { PORT: "18080", GRPC_PORT: "18080" }, [/18080/]],
  ];
  for (const [title, env, lines] of cases) {
    test(title, async () => {
      await using program = new Program({ env });
      const { code } = await program.end();
      assert.equal(code, 78, program.stdout + program.stderr);
      const said = program.stderr.trimEnd().split("\n");
      assert.equal(said.length, lines.length, program.stderr);
      for (const line of said) assert.match(line, /^gemini-gateway: /);
      for (const line of lines) assert.match(program.stderr, line);
      assert.ok(!program.stderr.includes(LICENCE) && !program.stderr.includes("test-key-0123456789"));
      assert.equal(program.stdout, "");
    });
  }

  test("an unknown key in gateway.yaml, with its line", async () => {
    await using before = new Program({ env: { PORT: "nonsense" } });
    await before.end();
    writeFileSync(join(before.directory, "gateway.yaml"), "HOST: 127.0.0.1\nPROT: 8080\n");
    await using program = new Program({ directory: before.directory });
    const { code } = await program.end();
    assert.equal(code, 78);
    assert.match(program.stderr, /gateway\.yaml:2.*PROT/);
  });
});

for (const name of ["PORT", "GRPC_PORT", "METRICS_PORT"]) {
  test(`a ${name} that is taken is said clearly, and ends the program with 1`, async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    await using program = new Program({ env: { [name]: String(port), LICENCES: LICENCE } });
    const { code } = await program.end();
    taken.close();
    assert.equal(code, 1);
    assert.match(program.stderr, new RegExp(`^gemini-gateway: start failed: .*EADDRINUSE.*127\\.0\\.0\\.1:${port}\n$`));
  });
}

test("a store that cannot be opened is said clearly, and ends the program with 1", async () => {
  await using program = new Program({ env: { DATABASE_URL: "sqlite:package.json/gateway.sqlite", LICENCES: LICENCE } });
  assert.equal((await program.end()).code, 1);
  assert.match(program.stderr, /^gemini-gateway: start failed: [^\n]+\n$/);
});
