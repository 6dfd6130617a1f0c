// Loads over gRPC: streams and uploads of ChatService, messages as bytes, so that this client costs little.

import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials, Metadata, status, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import type { LoadOrder } from "../load.ts";
import { toChatRequest } from "../requests.ts";
import type { Scenario } from "../scenarios.ts";
import { marksIn } from "./answer-bytes.ts";
import { observe, type LoadResult } from "./observe.ts";
import { Tally } from "./tally.ts";

const SERVICE = "/gemini.chat.v1.ChatService";
/** Streams of one HTTP/2 session wait for each other at its flow control, as in a mesh; more sessions hide it a little. */
const SESSIONS = 4;
const CALL_DEADLINE_MS = 10_000;
const OPTIONS = { "grpc.use_local_subchannel_pool": 1, "grpc.max_receive_message_length": -1 };

/** Settles with the call's end, whatever it was. */
type Call = (client: Client) => Promise<void>;

/** Each caller asks for a stream as soon as its last one has ended. */
export async function grpcStreams(order: LoadOrder, scenario: Scenario): Promise<LoadResult> {
  const tally = new Tally();
  const request = toChatRequest(scenario);
  const metadata = metadataOf(order);
  return await inClosedLoop(order, scenario, tally, SESSIONS, (client) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let marks = 0;
    const deadline = Date.now() + CALL_DEADLINE_MS;
    const call = client.makeServerStreamRequest(`${SERVICE}/StreamChat`, same, same, request, metadata, { deadline });
    call.on("data", (message: Buffer) => (marks += marksIn(message)));
    // The status says it too.
    call.on("error", () => undefined);
    call.on("status", ({ code, details }: StatusObject) => {
      if (code !== status.OK || marks !== scenario.marks) tally.countBad(`${marks} events, status ${code} ${details}`);
      resolve();
    });
    return promise;
  });
}

/** All on one session, where Node's default memory for a session would not do. */
export async function grpcUploads(order: LoadOrder, scenario: Scenario): Promise<LoadResult> {
  const tally = new Tally();
  const request = toChatRequest(scenario);
  const metadata = metadataOf(order);
  return await inClosedLoop(order, scenario, tally, 1, (client) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = Date.now() + CALL_DEADLINE_MS;
    const onAnswer = (error: ServiceError | null, answer?: Buffer): void => {
      if (error !== null) tally.countBad(String(error));
      else if (marksIn(answer ?? Buffer.alloc(0)) !== scenario.marks) tally.countBad("the answer is not the mock's");
      resolve();
    };
    client.makeUnaryRequest(`${SERVICE}/Chat`, same, same, request, metadata, { deadline }, onAnswer);
    return promise;
  });
}

async function inClosedLoop(
  order: LoadOrder,
  scenario: Scenario,
  tally: Tally,
  sessions: number,
  call: Call,
): Promise<LoadResult> {
  const insecure = credentials.createInsecure();
  const clients = Array.from({ length: sessions }, () => new Client(order.address, insecure, OPTIONS));
  let ending = false;
  const runCaller = async (client: Client): Promise<void> => {
    while (!ending) {
      const askedAt = performance.now();
      await call(client);
      tally.durationsMs.push(performance.now() - askedAt);
      tally.answers++;
    }
  };
  const callers = Array.from({ length: scenario.connections }, (_, at) => {
    const client = clients[at % sessions];
    return client === undefined ? Promise.resolve() : runCaller(client);
  });
  await sleep(order.warmUpMs);
  const seen = await observe(tally, order.pid, sleep(order.measureMs));
  ending = true;
  await Promise.all(callers);
  for (const client of clients) client.close();
  return { ...seen, badAnswers: tally.badAnswers, firstBad: tally.firstBad };
}

function metadataOf({ licence }: LoadOrder): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${licence}`);
  return metadata;
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
