// The command: says where it listens, stops cleanly, and refuses bad settings with one line and exit 78.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";

const MAIN = new URL("../../src/emulator/main.ts", import.meta.url).pathname;

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env["PATH"], ...env }, stdio: "pipe" });
  const errors: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  return { child, errors, exit: once(child, "exit") as Promise<[number | null, string | null]> };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`listens, answers its own example, and exits 0 on ${signal}`, async () => {
    const { child, exit } = start({ EMULATOR_PORT: "0", EMULATOR_KEYS: "one,project-b:two" });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    assert.match(line, /listening on http:\/\/127\.0\.0\.1:\d+/);
    assert.match(line, /curl '.*:streamGenerateContent\?alt=sse' -H 'x-goog-api-key: one'/);
    const origin = /http:\/\/[^ ]+/.exec(line)?.[0];
    const response = await fetch(`${origin}/v1beta/models`, { headers: { "x-goog-api-key": "two" } });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
    child.kill(signal);
    assert.deepEqual(await exit, [0, null]);
  });
}

test("bad settings are one clear line and exit 78", async () => {
  for (const [env, text] of [
    [{ EMULATOR_PORT: "eighty" }, 'EMULATOR_PORT must be a whole number from 0 to 65535, not "eighty"'],
    [{ EMULATOR_PORT: "70000" }, "EMULATOR_PORT must be"],
    [{ EMULATOR_KEYS: "se cret,," }, "EMULATOR_KEYS must be a comma-separated list"],
    [{ EMULATOR_KEYS: "a:b:se cret" }, "EMULATOR_KEYS must be a comma-separated list"],
  ] as const) {
    const { errors, exit } = start(env);
    assert.deepEqual(await exit, [78, null]);
    const output = errors.join("");
    assert.ok(output.includes(text), output);
    assert.equal(output.trim().split("\n").length, 1);
    assert.ok(!output.includes("se cret"));
  }
});

test("an address that cannot be listened on is one line and exit 1", async () => {
  const { errors, exit } = start({ EMULATOR_PORT: "0", HOST: "192.0.2.1" });
  assert.deepEqual(await exit, [1, null]);
  assert.match(errors.join(""), /^gemini-emulator: cannot listen on 192\.0\.2\.1:0: .*\n$/);
});
