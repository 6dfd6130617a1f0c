// Goal: an answer that the facade itself cannot tell ends as an error, and what it stands on ends with it: nothing goes on behind it.
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { CallOptions } from "@connectrpc/connect";
import { systemClock } from "../../src/chat/clock.ts";
import { createWatchLeaving } from "../../src/facade/edge-call.ts";
import { createFacade, type FacadeOptions } from "../../src/facade/server.ts";
import { ChatEventSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { BodyBudget } from "../../src/rpc/body-budget.ts";
import { openAi, readSse } from "../faults/requests.ts";
import { LICENCE } from "../support/gateway.ts";

/** A service that goes on for ever, with events that nobody can read, and does not notice that nobody asks on: as Connect's client. */
function brokenService() {
  const signals: AbortSignal[] = [];
  const good = create(ChatEventSchema, { event: { case: "text", value: "one" } });
  const broken = {
    get event(): never {
      throw new Error("an event that is none");
    },
  };
  const chat = {
    streamChat(_request: unknown, { signal }: CallOptions) {
      if (signal) signals.push(signal);
      let sent = 0;
      const next = async () => {
        await sleep(1);
        return { done: false, value: { events: [sent++ === 0 ? good : broken] } };
      };
      return { [Symbol.asyncIterator]: () => ({ next }) };
    },
  };
  return { chat, signals };
}

test("CX-2: a stream that the facade cannot go on with is an error event, and the call behind it is cancelled", async (context) => {
  const { chat, signals } = brokenService();
  const told: string[] = [];
  const options = {
    chat,
    admission: async () => ({ caller: { licenceId: "l", name: "n" }, passedLicence: undefined }),
    clock: systemClock,
    watchLeaving: createWatchLeaving(new AbortController().signal),
    budget: new BodyBudget(1_000_000),
    bodyMaxBytes: 1_000_000,
    commitDelayMs: 10_000,
    keepAliveMs: 10_000,
    requestMs: 10_000,
    streamMs: 10_000,
    corsOrigins: [],
    trustedProxies: [],
    headersTimeoutMs: 10_000,
    bodyTimeoutMs: 10_000,
    stallMs: 10_000,
    readiness: () => undefined,
    metrics: undefined,
    wire: undefined,
    onRefused: (_id: string, { reason }: { reason: string }) => void told.push(reason),
  } as unknown as FacadeOptions;
  const app = await createFacade(options);
  context.after(() => app.close());
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/gemini/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: LICENCE, "content-type": "application/json" },
    body: JSON.stringify(openAi(true)),
  });
  const answer = readSse(await response.text());
  assert.deepEqual([answer.content, answer.error?.code, answer.done], ["one", "internal_error", false]);
  assert.deepEqual(told, ["INTERNAL_ERROR"]);
  for (let tries = 0; tries < 100 && !signals[0]?.aborted; tries++) await sleep(10);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true],
  );
});
