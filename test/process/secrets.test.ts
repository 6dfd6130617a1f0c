// Goal: whatever happens, and at the most talkative level, no key, no licence, no prompt and no answer is in what the program writes.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { openAi, question, readStream } from "../faults/requests.ts";
import {
  bodyAnswer,
  consumerSuspended,
  errorAnswer,
  geminiErrors,
  geminiError,
  jsonAnswer,
  quotaExceeded,
  raw,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type Answer,
} from "../support/faulty-gemini.ts";
import { Program } from "./program.ts";

const LICENCE = "canary-licence-7f3a9c51d2";
const WRONG_LICENCE = "canary-unknown-licence-55e1";
const KEYS = ["canary-key-4b8e21aa01", "canary-key-4b8e21aa02"] as const;
const PROMPT = "canary prompt of a caller";
const ANSWER = "canary answer of the model";

/** Every way a secret could be written: as it is, and as it stands in base64, hexadecimal or a URL. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    encodeURIComponent(secret),
  ];
}

test("no secret is in the output, in answers, in metrics or, but for digests, in the store", async () => {
  await using gemini = await startFaultyGemini();
  await using program = new Program({
    env: {
      LOG_LEVEL: "trace",
      LICENCES: LICENCE,
      GEMINI_API_KEYS: KEYS.map((key, at) => `p${at}:${key}`).join(","),
      GEMINI_BASE_URL: gemini.origin,
    },
  });
  const { http, grpc } = await program.ready();
  const told: string[] = [];
  const ask = async (body: unknown, headers: Record<string, string> = {}): Promise<void> => {
    const response = await fetch(`${http}/gemini/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: LICENCE, "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    told.push(JSON.stringify([...response.headers]), await response.text());
  };
  const leaky = geminiError(
    400,
    "INVALID_ARGUMENT",
    `Bad request with key=${KEYS[0]} and ${KEYS[1]}, see https://x/?key=${KEYS[0]}`,
  );
  const answers: ((streaming: boolean) => Answer)[] = [
    (streaming) =>
      streaming
        ? streamAnswer([textChunk(ANSWER, { finishReason: "STOP" })])
        : jsonAnswer(textChunk(ANSWER, { finishReason: "STOP" })),
    () => errorAnswer(consumerSuspended(KEYS[0])),
    () => errorAnswer(consumerSuspended(KEYS[1])),
    () => errorAnswer(leaky),
    () => errorAnswer(quotaExceeded("26s")),
    () => errorAnswer(geminiErrors.internal),
    () => bodyAnswer(`<html>${KEYS[0]}</html>`, "text/html", { status: 502 }),
    () => streamAnswer([textChunk(ANSWER), leaky.body]),
    () => streamAnswer([textChunk(ANSWER), raw(`data: {"broken": "${KEYS[0]}\r\n\r\n`)]),
    () => ["reset"],
  ];
  const messages = [{ role: "user", content: PROMPT }];
  for (const answer of answers) {
    gemini.script(({ streaming }) => answer(streaming));
    for (const stream of [false, true]) await ask(openAi(stream, { messages }));
  }
  await ask("{ canary prompt", {});
  await ask({ model: PROMPT, messages: PROMPT });
  for (const header of ["authorization", "x-api-key", "x-goog-api-key"])
    await ask(openAi(false), { authorization: "", [header]: WRONG_LICENCE });
  await ask(openAi(false), { authorization: `Bearer ${WRONG_LICENCE}`, "x-request-id": WRONG_LICENCE });
  for (const path of [`/${LICENCE}`, `/gemini/v1/models/nope?key=${LICENCE}`]) {
    await (await fetch(http + path, { headers: { authorization: LICENCE } })).text();
  }
  gemini.script(() => errorAnswer(leaky));
  for (const transport of [
    createGrpcTransport({ baseUrl: `http://${grpc}` }),
    createConnectTransport({ baseUrl: http, httpVersion: "1.1" }),
  ]) {
    for (const authorization of [LICENCE, WRONG_LICENCE]) {
      const { failure } = await readStream(
        createClient(ChatService, transport).streamChat(question(), { headers: { authorization } }),
      );
      told.push(String(failure), JSON.stringify([...(failure?.metadata ?? [])]));
    }
  }
  told.push(await (await fetch(`${http}/metrics`)).text());
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
  assert.ok(program.stdout.split("\n").length > 40, "the log is as talkative as it can be");

  const output = program.stdout + program.stderr;
  for (const secret of [LICENCE, WRONG_LICENCE, ...KEYS]) {
    for (const form of formsOf(secret)) {
      // A request id is the caller's own, whatever it is made of.
      const written = secret === WRONG_LICENCE ? output.replaceAll(`"requestId":"${WRONG_LICENCE}"`, "") : output;
      assert.ok(!written.includes(form), `${form} was written`);
    }
  }
  for (const content of [PROMPT, ANSWER]) assert.ok(!output.includes(content), `${content} was written`);
  for (const key of KEYS) for (const text of told) assert.ok(!text.includes(key), text);
  const data = join(program.directory, "data");
  for (const name of readdirSync(data)) {
    const bytes = readFileSync(join(data, name));
    for (const secret of [LICENCE, ...KEYS]) assert.ok(!bytes.includes(secret), `${secret} is in ${name}`);
  }
  for (const line of program.stdout.split("\n").filter((one) => one.startsWith("{"))) {
    assert.ok(Buffer.byteLength(line) <= 16_384);
    JSON.parse(line);
  }
});

test("the licence of a first start is in its notice and nowhere else", async () => {
  await using program = new Program({ env: { LOG_LEVEL: "trace" } });
  const { http } = await program.ready();
  const licence = /^ {4}(\S{16,256})$/m.exec(program.stdout)?.[1] ?? "";
  assert.ok(licence);
  const response = await fetch(`${http}/gemini/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: licence, "content-type": "application/json" },
    body: JSON.stringify(openAi(false)),
  });
  assert.equal(response.status, 200);
  await response.text();
  program.signal("SIGTERM");
  await program.end();
  assert.equal(program.stdout.split(licence).length - 1, 2, "once alone and once in the curl");
  for (const name of readdirSync(join(program.directory, "data"))) {
    assert.ok(!readFileSync(join(program.directory, "data", name)).includes(licence), name);
  }
});
