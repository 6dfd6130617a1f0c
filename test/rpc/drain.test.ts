// Goal: a gRPC client whose server drains finishes what it began, is told by GOAWAY to begin nothing more there, and goes on elsewhere.
import assert from "node:assert/strict";
import { constants, type ClientHttp2Stream } from "node:http2";
import { test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { question } from "../faults/requests.ts";
import { jsonAnswer, pause, startFaultyGemini, streamAnswer, textChunk } from "../support/faulty-gemini.ts";
import { LICENCE, startGateway } from "../support/gateway.ts";
import { askStream, openSession } from "../support/raw-grpc.ts";

const end = textChunk("end", { finishReason: "STOP" });
const licensed = { headers: { authorization: LICENCE } };

test("DR-4: a drain is a GOAWAY without error, and open streams finish", async () => {
  await using gemini = await startFaultyGemini();
  await using gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  gemini.script(() => streamAnswer([textChunk("one "), pause(700), end]));
  const session = openSession(gateway.app.grpc ?? "");
  const gone = new Promise<number>((resolve) => session.once("goaway", resolve));
  const streams = Array.from({ length: 10 }, () => askStream(session, LICENCE, question()));
  const statuses = streams.map((stream: ClientHttp2Stream) => {
    const trailers = new Promise<string>((resolve) =>
      stream.once("trailers", (fields) => resolve(String(fields["grpc-status"]))),
    );
    stream.resume();
    return trailers;
  });
  await gemini.waitForCalls(10);
  const drained = gateway.app.drain();
  assert.equal(await gone, constants.NGHTTP2_NO_ERROR);
  assert.deepEqual(
    await Promise.all(statuses),
    Array.from({ length: 10 }, () => "0"),
  );
  await drained;
});

test("DR-4: a client in a loop loses no call while its server is replaced", async () => {
  await using gemini = await startFaultyGemini();
  gemini.script(() => jsonAnswer(end));
  let gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin });
  const port = String(gateway.app.grpc?.split(":").at(-1));
  const client = createClient(ChatService, createGrpcTransport({ baseUrl: `http://${gateway.app.grpc}` }));
  let answered = 0;
  for (let round = 0; round < 3; round++) {
    const running = Array.from({ length: 10 }, () => client.chat(question(), licensed));
    await gemini.waitForCalls(answered + 10);
    await gateway.app.drain();
    for (const { candidates } of await Promise.all(running)) answered += candidates.length;
    // The same port: the client's connection is dead and has to be made anew by the client itself.
    gateway = await startGateway({ GEMINI_BASE_URL: gemini.origin, GRPC_PORT: port });
  }
  await gateway[Symbol.asyncDispose]();
  assert.equal(answered, 30);
});
