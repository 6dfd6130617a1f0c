// Goal: request bodies together stay within their memory: beyond it a request is refused before it is read, and all comes back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { ChatRequestSchema, ChatService, Role } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { BareClient } from "../support/faulty-gemini/bare-client.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { transportsOf } from "../support/transports.ts";
import { assertError } from "./openai-error.ts";
import { chatRequest, send, toAnswer, upload } from "./raw.ts";

const BUDGET_BYTES = 1_000_000;

let gateway: TestGateway;
before(async () => {
  gateway = await startGateway({ BUFFERED_BODIES_MAX_BYTES: String(BUDGET_BYTES) });
});
after(() => gateway[Symbol.asyncDispose]());

const SMALL = JSON.stringify({ model: "gemini-3.8-flash", messages: [{ role: "user", content: "hi" }] });

/** A request that has sent its head and `sent` bytes of a body of `declared`; undefined: in chunks. */
async function hanging(declared: number | undefined, sent: number): Promise<BareClient> {
  const client = new BareClient(gateway.app.http);
  if (declared === undefined) {
    client.socket.write(chatRequest("", { "content-length": null, "transfer-encoding": "chunked" }));
    client.socket.write(`${sent.toString(16)}\r\n`);
    client.socket.write(`${" ".repeat(sent)}\r\n`);
  } else {
    client.socket.write(chatRequest("", { "content-length": declared }));
    client.socket.write(" ".repeat(sent));
  }
  await sleep(100);
  return client;
}

async function untilAccepted(): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const { status } = await send(gateway, chatRequest(SMALL.padEnd(BUDGET_BYTES), { connection: "close" }));
    if (status === 200) return;
    await sleep(50);
  }
  assert.fail("the memory was not given back");
}

test("a body for which there is no memory is refused as busy before it is read", async () => {
  const holder = await hanging(BUDGET_BYTES - 1_000, 10);
  const answer = await send(gateway, chatRequest("", { "content-length": 2_000, connection: "close" }));
  assertError(answer, answer.body, { status: 503, code: "server_busy" });
  assert.equal(answer.headers["retry-after"], "1");
  assert.equal(answer.headers["x-should-retry"], "true");
  const small = await send(gateway, chatRequest(SMALL, { connection: "close" }));
  assert.equal(small.status, 200);
  holder.socket.destroy();
  await untilAccepted();
});

test("BP-5: of many large bodies at once each is answered or refused as busy, and nobody is told anything else", async () => {
  const body = Buffer.from(SMALL.padEnd(BUDGET_BYTES / 5));
  const requestHead = chatRequest("", { "content-length": body.length });
  const crowd = Array.from({ length: 100 }, () => upload(gateway.app.http, requestHead, body));
  const answers = await Promise.all(crowd);
  const refused = answers.filter((answer) => answer?.status === 503);
  for (const answer of refused) assert.equal(answer?.headers["retry-after"], "1");
  const served = answers.filter((answer) => answer?.status === 200);
  assert.equal(served.length + refused.length, answers.length, answers.map((answer) => answer?.status).join(" "));
  assert.ok(served.length > 0);
  await untilAccepted();
});

test("a body in chunks is refused when the memory ends, with an answer and not with a reset", async () => {
  const holder = await hanging(undefined, BUDGET_BYTES - 50_000);
  const client = await hanging(undefined, 60_000);
  const answer = toAnswer(await client.untilText("}}"));
  assertError(answer, answer.body, { status: 503, code: "server_busy" });
  client.socket.destroy();
  holder.socket.destroy();
  await untilAccepted();
});

test("memory comes back from uploads that are given up, however they had declared themselves", async () => {
  for (const declared of [BUDGET_BYTES, undefined]) {
    for (let round = 0; round < 5; round++) {
      const client = await hanging(declared, 300_000);
      client.socket.resetAndDestroy();
    }
    await untilAccepted();
  }
});

test("a body over the memory as a whole can never be taken, and says so at once", async () => {
  const answer = await send(gateway, chatRequest("", { "content-length": BUDGET_BYTES + 1, connection: "close" }));
  assertError(answer, answer.body, { status: 503, code: "server_busy" });
});

test("bodies of gRPC and Connect count as well", async () => {
  const holder = await hanging(BUDGET_BYTES - 1_000, 10);
  const request = create(ChatRequestSchema, {
    model: "gemini-3.8-flash",
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: "x".repeat(5_000) } }] }],
  });
  for (const { name, transport } of transportsOf(gateway).filter(({ wire }) => wire)) {
    await assert.rejects(createClient(ChatService, transport).chat(request), /too many request bodies/, name);
  }
  holder.socket.destroy();
  await untilAccepted();
});
