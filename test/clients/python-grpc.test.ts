// Goal: a Python program with grpcio and stubs made by protoc from proto/ uses the service with gRPC's own means.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { benchImage, startFaultyGemini } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway } from "../support/gateway.ts";
import { playScenarios, runPython, skipPython, type Seen } from "./python.ts";

const PROTO = join(import.meta.dirname, "../../proto");
// What the contract imports, too: a stub imports the stubs of its imports.
const FILES = ["gemini/chat/v1/chat.proto", "gemini/chat/v1/models.proto", "buf/validate/validate.proto"];

describe("grpcio", { skip: skipPython }, () => {
  const resources = new AsyncDisposableStack();
  let seen: Seen;
  before(async () => {
    const stubs = await mkdtemp(join(tmpdir(), "gateway-python-stubs-"));
    resources.defer(() => rm(stubs, { recursive: true }));
    await runPython("grpc_tools.protoc", [
      "-I",
      PROTO,
      `--python_out=${stubs}`,
      `--grpc_python_out=${stubs}`,
      ...FILES,
    ]);
    const gateway = resources.use(await startGateway());
    const gemini = resources.use(await startFaultyGemini());
    const drawing = resources.use(await startGateway({ GEMINI_BASE_URL: gemini.origin }));
    assert.ok(gateway.app.grpc && drawing.app.grpc);
    seen = await playScenarios("grpc_client.py", [gateway.app.grpc, LICENCE, drawing.app.grpc], stubs);
  });
  after(() => resources.disposeAsync());

  test("Chat answers, and the headers tell the request id and the model", () => {
    const { content, reason, request_id: id, called } = seen("chat");
    assert.match(String(content), /You said: Hello!/);
    assert.equal(reason, "FINISH_REASON_STOP");
    assert.deepEqual([id, called], ["request-of-python", "gemini-3.8-flash"]);
  });

  test("StreamChat brings its events in order, and text in pieces", () => {
    const { content, texts, first, last } = seen("stream");
    assert.match(String(content), /You said: Hello, stream!/);
    assert.ok(Number(texts) > 1);
    assert.deepEqual([first, last], ["started", ["finished", "usage"]]);
    assert.match(String(seen("async_stream")["content"]), /You said: Hello, async!/);
  });

  test("a compressed request is read", () => {
    assert.match(String(seen("compressed")["content"]), /You said: Hello, gzip!/);
  });

  test("a tool loop ends with the answer and without a warning", () => {
    const { name, arguments: given, content, warnings } = seen("tool_loop");
    assert.deepEqual([name, given, warnings], ["get_weather", { city: "Paris" }, []]);
    assert.match(String(content), /get_weather: {"celsius":18}/);
  });

  test("a picture of 8 MB comes through StreamChat under grpcio's limit of 4 MB a message", () => {
    const picture = Buffer.from(benchImage(8), "base64");
    const { pieces, bytes, sha256 } = seen("big_picture_in_pieces");
    assert.ok(Number(pieces) > 4);
    assert.equal(bytes, picture.length);
    assert.equal(sha256, createHash("sha256").update(picture).digest("hex"));
  });

  test("failures have gRPC's codes", () => {
    assert.deepEqual(seen("failures"), {
      licence: "UNAUTHENTICATED",
      model: "NOT_FOUND",
      value: "INVALID_ARGUMENT",
      quota: "RESOURCE_EXHAUSTED",
      deadline: "DEADLINE_EXCEEDED",
      "half-way": "UNAVAILABLE",
    });
    assert.deepEqual(seen("cancel"), { code: "CANCELLED" });
  });

  test("google.rpc details are readable with grpcio-status", () => {
    const { retry_seconds: retrySeconds, ...rest } = seen("details");
    assert.deepEqual(rest, { reason: "MODEL_NOT_FOUND", domain: "gemini-gateway", fields: ["sampling.temperature"] });
    assert.ok(Number(retrySeconds) > 0 && Number(retrySeconds) <= 7);
  });

  test("models are listed", () => {
    const ids = seen("models")["ids"];
    assert.ok(Array.isArray(ids) && ids.includes("gemini-3.8-flash"));
  });
});
