// Goal: one clean line per message, holding named fields only. Method: lines caught in memory, and a real process for stdout.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { createLogger, errorFields, type LogFields, type LogOptions } from "../../src/telemetry/log.ts";

function catchLines(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({ level: "trace", destination: { write: (line) => void lines.push(line) }, ...options });
  return { log, lines };
}

const parse = (line: string | undefined) => JSON.parse(line ?? "") as Record<string, unknown>;

describe("a line", () => {
  it("is one JSON object with time, level, message and fields", () => {
    const { log, lines } = catchLines();
    log.info("call finished", { rpc: "Chat", durationMs: 12, retried: false, model: undefined });
    assert.equal(lines.length, 1);
    const { time, ...rest } = parse(lines[0]);
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(rest, { level: "info", rpc: "Chat", durationMs: 12, retried: false, msg: "call finished" });
  });

  it("never holds a field without a name in the list, nor an object", () => {
    const { log, lines } = catchLines();
    const smuggled = {
      prompt: "canary",
      licence: "canary",
      headers: { a: "canary" },
      model: { text: "canary" },
      code: null,
    };
    log.error("call finished", smuggled as unknown as LogFields);
    assert.doesNotMatch(lines.join(), /canary/);
    assert.deepEqual(Object.keys(parse(lines[0])), ["level", "time", "msg"]);
  });

  it("stays one line under 16 KiB, with controls escaped, whatever its values are", () => {
    const hostile = fc.string({
      unit: fc.constantFrom("\n", "\u001b[31m", "\u009b", "\u2028", "\u0000", '"', "\\", "界", "a", "\ud800"),
      size: "+3",
    });
    fc.assert(
      fc.property(hostile, hostile, (left, right) => {
        const { log, lines } = catchLines();
        const fields = {
          caller: left,
          model: right,
          requestId: left,
          warnings: right,
          outcome: left,
          error: right,
          stack: left,
        };
        log.warn("call finished", fields);
        const line = lines.join("");
        assert.match(line, /^\{[^\p{Cc}\u2028\u2029]*\}\n$/u);
        assert.ok(Buffer.byteLength(line) <= 16_384);
        parse(line);
      }),
      { numRuns: 200 },
    );
  });

  it("is written from its level on", () => {
    const { log, lines } = catchLines({ level: "warn" });
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.fatal("d");
    assert.deepEqual(
      lines.map((line) => parse(line)["level"]),
      ["warn", "fatal"],
    );
    const silent = catchLines({ level: "silent" });
    silent.log.fatal("e");
    assert.deepEqual(silent.lines, []);
  });

  it("on a terminal is readable and cannot be broken by a value", () => {
    const { log, lines } = catchLines({ readable: true });
    log.info("listening", { http: "http://127.0.0.1:8080", caller: "two words\u001b[2J\nfake line" });
    // eslint-disable-next-line no-control-regex
    const plain = lines.join("").replace(/\u001b\[\d+m/g, "");
    assert.match(
      plain,
      /^\d\d:\d\d:\d\d info {2}listening http=http:\/\/127\.0\.0\.1:8080 caller="two words.*fake line"\n$/,
    );
    assert.doesNotMatch(plain.slice(0, -1), /\p{Cc}/u);
  });
});

describe("errorFields", () => {
  it("tell names, messages, causes, code and frames, without quoted input", () => {
    const cause = Object.assign(new TypeError('bad "canary"'), { code: "ECANARY" });
    const fields = errorFields(new Error("upstream failed", { cause }));
    assert.equal(fields.error, 'Error: upstream failed <- TypeError: bad "…"');
    assert.match(fields.stack ?? "", /^at .*log\.test\.ts/);
    assert.equal(errorFields(cause).code, "ECANARY");
  });

  it("do not repeat the message in the stack", () => {
    const error = new Error('first "canary"\n    at canary');
    assert.doesNotMatch(errorFields(error).stack ?? "", /canary/);
  });

  it("end on a circle of causes, and say little of what is no error", () => {
    const error = new Error("round");
    error.cause = error;
    assert.equal(errorFields(error).error?.split(" <- ").length, 4);
    assert.deepEqual(errorFields("canary"), { error: "thrown string" });
  });
});

describe("standard output", () => {
  it("gets every line of a process that exits at once", async () => {
    const module = fileURLToPath(new URL("../../src/telemetry/log.ts", import.meta.url));
    const script = `import { createLogger } from ${JSON.stringify(module)};
      const log = createLogger({ level: "info" });
      for (let i = 0; i < 500; i++) log.info("line", { count: i });
      process.exit(0);`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    for await (const chunk of child.stdout) text += String(chunk);
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => parse(line)["count"]);
    assert.deepEqual(
      lines,
      Array.from({ length: 500 }, (_, index) => index),
    );
  });
});
