// Goal: README.md, docs/uses.md and docs/emulator.md are true: their commands, run as they stand, do what the page says.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { startEmulator, type RunningEmulator } from "../../../src/emulator/server.ts";
import { LICENCE, startGateway, type TestGateway } from "../../support/gateway.ts";
import { startInformedGateway } from "./informed-gateway.ts";
import { MP4, PNG, WAV } from "./sample-media.ts";

const run = promisify(execFile);

const ROOT = join(import.meta.dirname, "../../..");
const pageOf = (name: string): string => readFileSync(join(ROOT, name), "utf8");
const RUN_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

const missing = spawnSync("curl", ["--version"]).status !== 0;
const skip = missing && process.env["REQUIRE_ALL"] !== "1" ? "curl is not installed" : false;

/** Heading, command and output of each example; a fence inside an output is no fence because it does not begin a line. */
function* examplesIn(page: string): Iterable<{ name: string; command: string; shown: string }> {
  for (const section of page.split(/^## /m).slice(1)) {
    const [heading = ""] = section.split("\n", 1);
    let number = 0;
    for (const [, command = "", shown = ""] of section.matchAll(/^```sh\n([^]*?)^```\n```json\n([^]*?)^```$/gm)) {
      yield { name: `${heading} ${++number}`, command, shown };
    }
  }
}

/** What stands between the ellipses must be printed, in this order, from the very beginning to the very end. */
function assertShown(printed: string, shown: string): void {
  const pieces = shown.trim().split("…");
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const found = printed.indexOf(piece, at);
    assert.ok(index === 0 ? found === 0 : found >= 0, `${piece} is not printed where the page shows it:\n${printed}`);
    at = found + piece.length;
  }
  assert.ok(printed.endsWith(pieces.at(-1) ?? ""), `the page shows another end:\n${printed}`);
}

/** The indented block of a page that begins with these words. */
function blockOf(page: string, start: string): string {
  const [block] = page.match(new RegExp(`^    ${RegExp.escape(start)}[^]*?(?=\\n\\n)`, "m")) ?? [];
  assert.ok(block, start);
  return block;
}

async function runShell(command: string, cwd: string, variables: Record<string, string>): Promise<string> {
  const { stdout } = await run("sh", ["-c", command], {
    cwd,
    env: { ...process.env, ...variables },
    timeout: RUN_TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return stdout.trim();
}

describe("docs/uses.md", { skip }, () => {
  let gateway: TestGateway;
  let directory: string;
  before(async () => {
    gateway = await startInformedGateway();
    directory = await mkdtemp(join(tmpdir(), "gateway-uses-"));
    for (const [name, { bytes }] of [
      ["cat.png", PNG],
      ["talk.wav", WAV],
      ["film.mp4", MP4],
    ] as const) {
      await writeFile(join(directory, name), bytes);
    }
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  const page = pageOf("docs/uses.md");
  const examples = [...examplesIn(page)];
  test("every command of the page is an example", () => {
    assert.equal(examples.length, page.match(/^```sh\n(?!export)/gm)?.length);
  });

  for (const { name, command, shown } of examples) {
    test(name, async () => {
      assertShown(await runShell(command, directory, { GATEWAY: gateway.base, LICENCE }), shown);
    });
  }
});

describe("README.md", { skip }, () => {
  test("its curl streams an answer, and its program with the openai package prints one", async () => {
    await using gateway = await startGateway();
    const real = (start: string): string =>
      blockOf(pageOf("README.md"), start)
        .replaceAll("<licence>", LICENCE)
        .replaceAll("http://127.0.0.1:8080", gateway.app.http);
    assert.match(await runShell(real("curl http"), ROOT, {}), /^data: .*You said: Hello![^]*data: \[DONE\]$/);
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", real("import OpenAI")], {
      cwd: ROOT,
      timeout: RUN_TIMEOUT_MS,
    });
    assert.match(stdout, /^You said: Hello!/);
  });
});

describe("docs/emulator.md", { skip }, () => {
  const page = pageOf("docs/emulator.md");
  let emulator: RunningEmulator;
  before(async () => {
    emulator = await startEmulator({ host: "127.0.0.1", port: 0 });
  });
  after(() => emulator.close());

  test("the command streams an answer of the emulator", async () => {
    const command = blockOf(page, "curl 'http://127.0.0.1:8081").replace("http://127.0.0.1:8081", emulator.origin);
    assert.match(await runShell(command, tmpdir(), {}), /^data: {"candidates": \[.*You said: Hello/);
  });

  test("the gateway reaches it by the two settings, and triggers work through the gateway", async () => {
    await using gateway = await startGateway({ GEMINI_BASE_URL: emulator.origin, GEMINI_API_KEYS: "emulator" });
    const command = blockOf(page, "curl http://127.0.0.1:8080")
      .replace("http://127.0.0.1:8080", gateway.app.http)
      .replace("<licence>", LICENCE);
    assert.match(await runShell(command, tmpdir(), {}), /"code":"insufficient_quota"/);
  });

  test("the table names every trigger, and no other", async () => {
    const answer = await fetch(`${emulator.origin}/v1beta/models/gemini-3.8-flash:generateContent`, {
      method: "POST",
      headers: { "x-goog-api-key": "emulator", "content-type": "application/json" },
      body: '{"contents":[{"parts":[{"text":"[[emulator:unheard-of]]"}]}]}',
    });
    const { error } = (await answer.json()) as { error: { message: string } };
    const known = /Known triggers: (.*)\./.exec(error.message)?.[1]?.split(", ");
    const [, table = ""] = page.split("| trigger | outcome |");
    const rows = table
      .split("\n\n", 1)
      .join("")
      .matchAll(/^\| ([^|]*) \|/gm);
    const named = Array.from(rows, ([, triggers = ""]) =>
      Array.from(triggers.matchAll(/`([\w-]+)/g), ([, name]) => name),
    );
    assert.deepEqual(new Set(named.flat()), new Set(known));
  });
});
