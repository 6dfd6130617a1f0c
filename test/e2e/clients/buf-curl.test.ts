// Goal: `buf curl` reaches the service by reflection alone, with the README's command and with each of its protocols.
import assert from "node:assert/strict";
import { execFile, type ExecFileException } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { ErrorInfoSchema } from "../../../src/gen/google/rpc/error_details_pb.ts";
import { LICENCE, startGateway, type TestGateway } from "../../support/gateway.ts";

const ROOT = join(import.meta.dirname, "../../..");
const RUN_TIMEOUT_MS = 30_000;

let gateway: TestGateway;
let grpc: string;
before(async () => {
  gateway = await startGateway();
  grpc = `http://${gateway.app.grpc}`;
});
after(() => gateway[Symbol.asyncDispose]());

interface Run {
  /** The exit code; a name where there is none. */
  readonly code: ExecFileException["code"];
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: string, options: readonly string[]): Promise<Run> {
  return await new Promise((resolve) => {
    execFile(command, options, { cwd: ROOT, timeout: RUN_TIMEOUT_MS }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? 1), stdout, stderr });
    });
  });
}

function bufCurl(...options: string[]): Promise<Run> {
  return run(join(ROOT, "node_modules/.bin/buf"), ["curl", "-H", `authorization: ${LICENCE}`, ...options]);
}

/** What buf prints: one JSON object after the other, each of several lines. */
function objectsIn({ code, stdout, stderr }: Run): Record<string, unknown>[] {
  assert.equal(code, 0, stderr);
  const texts = stdout.trim().split(/(?<=^\})\n|(?<=\})\n(?=\{)/m);
  return texts.map((text) => JSON.parse(text) as Record<string, unknown>);
}

const body = (text: string): string =>
  JSON.stringify({ model: "gemini-3.8-flash", messages: [{ role: "ROLE_USER", parts: [{ text }] }] });

/** What buf prints of a failed call. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly value: string }[];
}

interface Batch {
  readonly events?: readonly { readonly text?: string }[];
}

const textOf = (batches: readonly object[]): string =>
  (batches as Batch[]).flatMap(({ events = [] }) => events.map(({ text = "" }) => text)).join("");

describe("README", () => {
  test("its command streams an answer", async () => {
    const readme = readFileSync(join(ROOT, "README.md"), "utf8");
    const [command] = /npx buf curl[^]*?StreamChat\n/.exec(readme) ?? [];
    assert.ok(command);
    const real = command.replace("<licence>", LICENCE).replace("http://127.0.0.1:9090", grpc);
    assert.match(textOf(objectsIn(await run("sh", ["-c", real]))), /You said: Hello!/);
  });
});

describe("protocols", () => {
  for (const protocol of ["grpc", "connect", "grpcweb"]) {
    const wire = ["--protocol", protocol, "--http2-prior-knowledge"];

    test(`${protocol}: a stream and a whole answer, by reflection`, async () => {
      const service = `${grpc}/gemini.chat.v1.ChatService`;
      const batches = objectsIn(await bufCurl(...wire, "-d", body("Hello, buf!"), `${service}/StreamChat`));
      assert.ok(batches.length > 1);
      assert.match(textOf(batches), /You said: Hello, buf!/);
      const [whole] = objectsIn(await bufCurl(...wire, "-d", body("Hello, buf!"), `${service}/Chat`));
      assert.match(JSON.stringify(whole), /You said: Hello, buf!/);
    });

    test(`${protocol}: a failure is told with its code, its words and its details`, async () => {
      const { code, stderr } = await bufCurl(
        ...wire,
        "-d",
        '{"model":"gemini-9-unheard-of","messages":[{"role":"ROLE_USER","parts":[{"text":"Hello!"}]}]}',
        `${grpc}/gemini.chat.v1.ChatService/Chat`,
      );
      assert.notEqual(code, 0);
      const failure = JSON.parse(stderr) as Failure;
      assert.equal(failure.code, "not_found");
      assert.match(failure.message, /gemini-9-unheard-of is not found/);
      const [detail] = failure.details.filter(({ type }) => type === "google.rpc.ErrorInfo");
      const info = fromBinary(ErrorInfoSchema, Buffer.from(detail?.value ?? "", "base64"));
      assert.deepEqual([info.reason, info.domain], ["MODEL_NOT_FOUND", "gemini-gateway"]);
    });
  }

  // Without reflection, which lives on the gRPC port, the contract comes from the files.
  for (const protocol of ["connect", "grpcweb"]) {
    test(`${protocol} over HTTP/1.1 on the port of the facade`, async () => {
      const url = `${gateway.app.http}/gemini.chat.v1.ChatService/StreamChat`;
      const answered = await bufCurl("--schema", "proto", "--protocol", protocol, "-d", body("Hello, HTTP/1.1!"), url);
      assert.match(textOf(objectsIn(answered)), /You said: Hello, HTTP\/1\.1!/);
    });
  }
});

describe("reflection", () => {
  test("lists the services and their methods", async () => {
    const services = await bufCurl("--http2-prior-knowledge", "--list-services", grpc);
    assert.deepEqual(services.stdout.trim().split("\n").toSorted(), [
      "gemini.chat.v1.ChatService",
      "gemini.chat.v1.ModelService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
    ]);
    const methods = await bufCurl("--http2-prior-knowledge", "--list-methods", grpc);
    for (const method of ["ChatService/Chat", "ChatService/StreamChat", "ModelService/ListModels", "Health/Check"]) {
      assert.match(methods.stdout, new RegExp(method));
    }
  });

  test("health answers buf too", async () => {
    const options = ["--protocol", "grpc", "--http2-prior-knowledge", `${grpc}/grpc.health.v1.Health/Check`];
    assert.deepEqual(objectsIn(await bufCurl(...options)), [{ status: "SERVING" }]);
  });
});
