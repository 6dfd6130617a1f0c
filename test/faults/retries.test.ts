// Goal: each way in which Gemini can fail leads to the right next step, the right answer, and nothing said that is nobody's business.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, createClient } from "@connectrpc/connect";
import { ChatService } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { RetryInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { assertErrorOf } from "../facade/openai-error.ts";
import {
  bodyAnswer,
  consumerSuspended,
  dailyQuotaExceeded,
  errorAnswer,
  geminiErrors,
  headNow,
  htmlAnswer,
  jsonAnswer,
  modelNotFound,
  perKey,
  quotaExceeded,
  refusingOrigin,
  startFaultyGemini,
  streamAnswer,
  textChunk,
  type Answer,
  type FaultyGemini,
} from "../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../support/gateway.ts";
import { assertUntilPacificMidnight } from "../support/pacific-midnight.ts";
import { transportsOf } from "../support/transports.ts";
import { failureOf, MODEL, openAi, question, readSse, reasonOf } from "./requests.ts";

const KEYS = ["canary-key-aaaaaaaa", "canary-key-bbbbbbbb", "canary-key-cccccccc"] as const;
const [FIRST, SECOND] = KEYS;

interface Rig extends AsyncDisposable {
  readonly gemini: FaultyGemini;
  readonly gateway: TestGateway;
}

/** A gateway with three projects of a key each, logging all it can; its end checks that no key was told to anybody. */
async function rig(settings: Record<string, string> = {}): Promise<Rig> {
  const gemini = await startFaultyGemini();
  const gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    GEMINI_API_KEYS: KEYS.map((key, at) => `p${at}:${key}`).join(","),
    LOG_LEVEL: "trace",
    ...settings,
  });
  return {
    gemini,
    gateway,
    async [Symbol.asyncDispose]() {
      const metrics = await (await gateway.get("/metrics")).text();
      await gateway[Symbol.asyncDispose]();
      await gemini.close();
      for (const text of [...gateway.log, metrics]) {
        assert.ok(![...KEYS, LICENCE].some((secret) => text.includes(secret)), text);
      }
    },
  };
}

interface Row {
  readonly title: string;
  readonly answer: Answer;
  readonly status: number;
  readonly code: string;
  /** Calls that reach Gemini while it keeps failing so; more than one means that a better second answer saves the request. */
  readonly calls: number;
  readonly param?: string;
  /** `other`: the next try is on another project; `any`: on whichever. */
  readonly next?: "other" | "any";
}

const ofKey = (title: string, error: Parameters<typeof errorAnswer>[0]): Row => ({
  title,
  answer: errorAnswer(error),
  status: 503,
  code: "upstream_key_invalid",
  calls: 3,
  next: "other",
});

const rows: Row[] = [
  {
    title: "an invalid argument",
    answer: errorAnswer(geminiErrors.invalidArgument),
    status: 400,
    code: "upstream_invalid_argument",
    calls: 1,
  },
  {
    title: "too long a prompt",
    answer: errorAnswer(geminiErrors.contextTooLong),
    status: 400,
    code: "context_length_exceeded",
    calls: 1,
    param: "messages",
  },
  {
    title: "an unknown model",
    answer: errorAnswer(modelNotFound(MODEL)),
    status: 404,
    code: "model_not_found",
    calls: 1,
    param: "model",
  },
  {
    title: "too large a request",
    answer: errorAnswer(geminiErrors.payloadTooLarge),
    status: 413,
    code: "payload_too_large",
    calls: 1,
    param: "messages",
  },
  {
    title: "a file of somebody else",
    answer: errorAnswer(geminiErrors.fileForbidden),
    status: 400,
    code: "upstream_invalid_argument",
    calls: 1,
  },
  ofKey("a key that is not valid", geminiErrors.apiKeyInvalid),
  ofKey("a key that has expired", geminiErrors.apiKeyExpired),
  ofKey("a key that is unknown", geminiErrors.unauthenticated),
  ofKey("a key that was leaked", geminiErrors.keyLeaked),
  ofKey("a key that is blocked", geminiErrors.keyBlocked),
  {
    title: "a service that is disabled",
    answer: errorAnswer(geminiErrors.serviceDisabled),
    status: 503,
    code: "upstream_project_unusable",
    calls: 3,
    next: "other",
  },
  {
    title: "unpaid bills",
    answer: errorAnswer(geminiErrors.billingDisabled),
    status: 503,
    code: "upstream_project_unusable",
    calls: 3,
    next: "other",
  },
  {
    title: "a suspended consumer, with the key in its text",
    answer: errorAnswer(consumerSuspended(FIRST)),
    status: 503,
    code: "upstream_project_unusable",
    calls: 3,
    next: "other",
  },
  {
    title: "used-up credits",
    answer: errorAnswer(geminiErrors.prepaymentDepleted),
    status: 503,
    code: "upstream_project_unusable",
    calls: 3,
    next: "other",
  },
  {
    title: "a region without Gemini",
    answer: errorAnswer(geminiErrors.locationUnsupported),
    status: 503,
    code: "upstream_region",
    calls: 3,
    next: "other",
  },
  {
    title: "a model that the project may not use",
    answer: errorAnswer(geminiErrors.modelForbidden),
    status: 404,
    code: "model_not_found",
    param: "model",
    calls: 3,
    next: "other",
  },
  {
    title: "a rate limit",
    answer: errorAnswer(quotaExceeded("26s")),
    status: 429,
    code: "rate_limit_exceeded",
    calls: 3,
    next: "other",
  },
  {
    title: "a rate limit of shared capacity",
    answer: errorAnswer(geminiErrors.sharedCapacity),
    status: 429,
    code: "rate_limit_exceeded",
    calls: 3,
    next: "other",
  },
  {
    title: "a used-up quota of the day",
    answer: errorAnswer(dailyQuotaExceeded("12s")),
    status: 429,
    code: "insufficient_quota",
    calls: 3,
    next: "other",
  },
  {
    title: "an internal error",
    answer: errorAnswer(geminiErrors.internal),
    status: 502,
    code: "upstream_error",
    calls: 2,
    next: "any",
  },
  {
    title: "an overloaded model",
    answer: errorAnswer(geminiErrors.overloaded),
    status: 503,
    code: "overloaded",
    calls: 3,
    next: "any",
  },
  {
    title: "high demand",
    answer: errorAnswer(geminiErrors.highDemand),
    status: 503,
    code: "overloaded",
    calls: 3,
    next: "any",
  },
  {
    title: "an aborted call",
    answer: errorAnswer(geminiErrors.aborted),
    status: 503,
    code: "upstream_unavailable",
    calls: 3,
    next: "any",
  },
  {
    title: "a cancelled call",
    answer: errorAnswer(geminiErrors.cancelled),
    status: 503,
    code: "upstream_unavailable",
    calls: 3,
    next: "any",
  },
  {
    title: "a deadline of Google's own",
    answer: errorAnswer(geminiErrors.deadlineExceeded),
    status: 504,
    code: "upstream_timeout",
    calls: 1,
  },
  {
    title: "a page of a front end",
    answer: htmlAnswer(502),
    status: 502,
    code: "upstream_error",
    calls: 2,
    next: "any",
  },
  {
    title: "a reset instead of an answer",
    answer: ["reset"],
    status: 502,
    code: "upstream_error",
    calls: 2,
    next: "any",
  },
  {
    title: "a closed connection instead of an answer",
    answer: ["fin"],
    status: 502,
    code: "upstream_error",
    calls: 2,
    next: "any",
  },
  {
    title: "an answer that is no JSON",
    answer: bodyAnswer("nope", "application/json"),
    status: 502,
    code: "upstream_invalid_response",
    calls: 2,
    next: "any",
  },
];

for (const row of rows) {
  describe(row.title, { concurrency: 2 }, () => {
    for (const stream of [false, true]) {
      const face = stream ? "a stream" : "JSON";
      test(`is told as ${row.status} ${row.code} when it lasts, for ${face}, after ${row.calls} tries`, async () => {
        await using rigged = await rig();
        rigged.gemini.script(() => row.answer);
        const response = await rigged.gateway.post(openAi(stream));
        const { status, code, param = null } = row;
        const type = status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
        await assertErrorOf(response, { status, code, param, type, message: /^(?!.*canary-key)./ });
        assert.equal(rigged.gemini.calls.length, row.calls);
        if (row.next === "other") assert.equal(new Set(rigged.gemini.calls.map(({ key }) => key)).size, row.calls);
        assertRetryHeaders(response.headers, row);
      });

      if (row.next) {
        test(`is hidden when another try goes well, for ${face}`, async () => {
          await using rigged = await rig();
          const good = textChunk("saved", { finishReason: "STOP" });
          rigged.gemini.script([row.answer, stream ? streamAnswer([good]) : jsonAnswer(good)]);
          const response = await rigged.gateway.post(openAi(stream));
          assert.equal(response.status, 200);
          assert.match(await response.text(), /saved/);
          const [one, two] = rigged.gemini.calls;
          if (row.next === "other") assert.notEqual(one?.key, two?.key);
        });

        test(`is tried once when the caller is retrying itself, for ${face}`, async () => {
          await using rigged = await rig();
          rigged.gemini.script(() => row.answer);
          const response = await rigged.gateway.post(openAi(stream), { "X-Stainless-Retry-Count": "1" });
          assert.equal(response.status, row.status);
          await response.text();
          assert.equal(rigged.gemini.calls.length, 1);
        });
      }
    }
  });
}

/** What the SDKs go by: 429 and 503 say when to come back and whether; a retry that cannot help is forbidden. */
function assertRetryHeaders(headers: Headers, { status, code }: Row): void {
  const after = headers.get("retry-after");
  const should = headers.get("x-should-retry");
  if (code === "insufficient_quota") {
    assertUntilPacificMidnight(Number(after ?? Number.NaN));
    assert.equal(should, "false");
  } else if (status === 429 || status === 503) {
    assert.match(after ?? "", /^[1-9]\d*$/);
    assert.match(should ?? "", /^(?:true|false)$/);
  } else if (status < 500) assert.equal(should, "false");
  else assert.notEqual(should, "false");
}

test("a rate limit tells the wait that Google named", async () => {
  await using rigged = await rig();
  rigged.gemini.script(() => errorAnswer(quotaExceeded("26s")));
  const response = await rigged.gateway.post(openAi(false));
  assert.deepEqual([response.headers.get("retry-after"), response.headers.get("x-should-retry")], ["26", "true"]);
  await response.text();
});

test("a wait too long for the SDKs forbids their retry", async () => {
  await using rigged = await rig();
  rigged.gemini.script(() => errorAnswer(quotaExceeded("120s")));
  const response = await rigged.gateway.post(openAi(false));
  assert.deepEqual([response.headers.get("retry-after"), response.headers.get("x-should-retry")], ["120", "false"]);
  await response.text();
});

test("OV-5: gRPC callers get the wait for a quota of the day, too, which ends at midnight Pacific time", async () => {
  await using rigged = await rig();
  rigged.gemini.script(() => errorAnswer(dailyQuotaExceeded("12s")));
  for (const { name, wire, transport } of transportsOf(rigged.gateway)) {
    const failure = await failureOf(createClient(ChatService, transport).chat(question()));
    assert.deepEqual([failure.code, reasonOf(failure)], [Code.ResourceExhausted, "INSUFFICIENT_QUOTA"], name);
    assertUntilPacificMidnight(Number(failure.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds ?? Number.NaN));
    if (!wire) continue;
    assertUntilPacificMidnight(Number(failure.metadata.get("retry-after") ?? Number.NaN));
    assert.equal(failure.metadata.get("x-should-retry"), "false", name);
  }
});

test("gRPC callers get the wait as RetryInfo and as metadata", async () => {
  await using rigged = await rig();
  rigged.gemini.script(() => errorAnswer(quotaExceeded("26s")));
  for (const { name, wire, transport } of transportsOf(rigged.gateway)) {
    const failure = await failureOf(createClient(ChatService, transport).chat(question()));
    assert.deepEqual([failure.code, reasonOf(failure)], [Code.ResourceExhausted, "RATE_LIMIT_EXCEEDED"], name);
    assert.equal(failure.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds, 26n, name);
    if (!wire) continue;
    assert.equal(failure.metadata.get("retry-after"), "26", name);
    assert.equal(failure.metadata.get("x-should-retry"), "true", name);
    assert.ok(failure.metadata.get("x-request-id"), name);
  }
});

test("grpc-previous-rpc-attempts makes a call one attempt", async () => {
  await using rigged = await rig();
  rigged.gemini.script(() => errorAnswer(geminiErrors.overloaded));
  const transport = transportsOf(rigged.gateway).find(({ name }) => name === "gRPC over HTTP/2")?.transport;
  assert.ok(transport);
  const headers = { "grpc-previous-rpc-attempts": "2" };
  await failureOf(createClient(ChatService, transport).chat(question(), { headers }));
  assert.equal(rigged.gemini.calls.length, 1);
});

test("a key that failed is left alone afterwards, and callers notice nothing", async () => {
  await using rigged = await rig();
  const good = jsonAnswer(textChunk("ok", { finishReason: "STOP" }));
  rigged.gemini.script(
    perKey({ [FIRST]: [errorAnswer(geminiErrors.apiKeyInvalid)], [SECOND]: [good], [KEYS[2]]: [good] }),
  );
  for (let at = 0; at < 12; at++) {
    const response = await rigged.gateway.post(openAi(false));
    assert.equal(response.status, 200);
    await response.text();
  }
  assert.equal(rigged.gemini.calls.filter(({ key }) => key === FIRST).length, 1);
  assert.ok(rigged.gateway.log.some((line) => line.includes("key quarantined")));
});

test("RT-7: attempts that were sent and brought no answer count as possibly billed, and no others", async () => {
  await using rigged = await rig({ FIRST_EVENT_TIMEOUT_MS: "200" });
  const counted = async (): Promise<number> => {
    const page = await (await rigged.gateway.get("/metrics")).text();
    return Number(/^gemini_gateway_ambiguous_attempts_total (\d+)$/m.exec(page)?.[1]);
  };
  const good = textChunk("ok", { finishReason: "STOP" });
  const ask = async (stream: boolean, ...answers: Answer[]): Promise<void> => {
    rigged.gemini.script([...answers, stream ? streamAnswer([good]) : jsonAnswer(good)]);
    assert.match(await (await rigged.gateway.post(openAi(stream))).text(), /ok/);
  };
  await ask(false, errorAnswer(geminiErrors.internal));
  await ask(true, streamAnswer([headNow, "reset"]));
  rigged.gemini.dropConnections("fin");
  rigged.gemini.resetNextConnections(1);
  await ask(false, errorAnswer(geminiErrors.overloaded));
  const beforeReset = await counted();
  await ask(false, ["reset"]);
  await ask(true, ["stall"]);
  assert.equal((await counted()) - beforeReset, 2);
  await using refused = await startGateway({ GEMINI_BASE_URL: await refusingOrigin() });
  await (await refused.post(openAi(false))).text();
  const page = await (await refused.get("/metrics")).text();
  assert.match(page, /^gemini_gateway_ambiguous_attempts_total 0$/m);
  assert.match(page, /^gemini_gateway_upstream_attempts_total\{outcome="UPSTREAM_UNAVAILABLE"\} 3$/m);
});

test("bad requests disable no key", async () => {
  await using rigged = await rig();
  for (const error of [
    geminiErrors.invalidArgument,
    geminiErrors.contextTooLong,
    geminiErrors.fileForbidden,
    modelNotFound(MODEL),
  ]) {
    rigged.gemini.script(() => errorAnswer(error));
    for (let at = 0; at < 6; at++) await (await rigged.gateway.post(openAi(at % 2 === 0))).text();
  }
  assert.equal(rigged.gemini.calls.length, 24);
  const byKey = KEYS.map((key) => rigged.gemini.calls.filter((call) => call.key === key).length);
  assert.deepEqual(byKey, [8, 8, 8]);
  assert.equal((await rigged.gateway.get("/readyz")).status, 200);
});

test("a Gemini that refuses connections is told as unavailable", async () => {
  await using gateway = await startGateway({ GEMINI_BASE_URL: await refusingOrigin() });
  for (const stream of [false, true]) {
    const response = await gateway.post(openAi(stream));
    assert.equal(response.headers.get("x-should-retry"), "true");
    await assertErrorOf(response, { status: 503, code: "upstream_unavailable", message: /^(?!.*127\.0\.0\.1)./ });
  }
});

/** Upstream attempts by how they ended. */
async function attemptsOf({ gateway }: Rig): Promise<Record<string, number>> {
  const page = await (await gateway.get("/metrics")).text();
  const counts: Record<string, number> = {};
  for (const [, outcome = "", count] of page.matchAll(/upstream_attempts_total\{[^}]*outcome="(\w+)"[^}]*\} (\d+)/g)) {
    counts[outcome] = (counts[outcome] ?? 0) + Number(count);
  }
  return counts;
}

test("RT-7: a request that cannot have been written is made again up to the limit, one that may have been only once", async () => {
  await using unreachable = await rig({ GEMINI_BASE_URL: await refusingOrigin() });
  assert.equal((await unreachable.gateway.post(openAi(false))).status, 503);
  assert.deepEqual(await attemptsOf(unreachable), { UPSTREAM_UNAVAILABLE: 3 });
  await using resetting = await rig();
  resetting.gemini.script(() => ["reset"]);
  assert.equal((await resetting.gateway.post(openAi(false))).status, 502);
  assert.deepEqual(await attemptsOf(resetting), { UPSTREAM_ERROR: 2 });
});

test("RT-7: a Gemini that resets a new connection is not noticed, nor one that ends its idle connections", async () => {
  await using rigged = await rig();
  const good = textChunk("ok", { finishReason: "STOP" });
  rigged.gemini.script(({ streaming }) => (streaming ? streamAnswer([good]) : jsonAnswer(good)));
  for (const stream of [false, true]) {
    for (const disturbance of ["reset a new one", "fin", "reset"] as const) {
      // A connection that is idle when it is disturbed, or none.
      await (await rigged.gateway.post(openAi(stream))).text();
      const calls = rigged.gemini.calls.length;
      rigged.gemini.dropConnections(disturbance === "reset" ? "reset" : "fin");
      if (disturbance === "reset a new one") {
        await sleep(50);
        rigged.gemini.resetNextConnections(1);
      }
      const response = await rigged.gateway.post(openAi(stream));
      assert.equal(response.status, 200, await response.text());
      assert.equal(rigged.gemini.calls.length, calls + 1, "Gemini is asked once");
    }
  }
});

test("a large picture goes up whole with every attempt, whichever key makes it", async () => {
  await using rigged = await rig();
  const picture = `iVBORw0KGgo${"A".repeat(5_000_001)}`;
  const content = [{ type: "image_url", image_url: { url: `data:image/png;base64,${picture}` } }];
  rigged.gemini.script([
    errorAnswer(geminiErrors.overloaded),
    ["reset"],
    jsonAnswer(textChunk("seen", { finishReason: "STOP" })),
  ]);
  const response = await rigged.gateway.post(openAi(false, { messages: [{ role: "user", content }] }));
  assert.equal(response.status, 200, await response.text());
  assert.equal(new Set(rigged.gemini.calls.map(({ key }) => key)).size, 3);
  for (const call of rigged.gemini.calls) {
    assert.equal(call.headers["content-length"], String(call.bodyBytes));
    const { contents } = call.json() as { contents: { parts: { inlineData: { data: string } }[] }[] };
    assert.ok(contents[0]?.parts[0]?.inlineData.data === picture);
  }
});

test("an answer that ends before it began is tried once more", async () => {
  for (const empty of [streamAnswer([headNow, "fin"]), streamAnswer([]), streamAnswer([], { framing: "close" })]) {
    await using rigged = await rig();
    rigged.gemini.script([empty, streamAnswer([textChunk("saved", { finishReason: "STOP" })])]);
    const answer = readSse(await (await rigged.gateway.post(openAi(true))).text());
    assert.deepEqual([answer.content, answer.done], ["saved", true]);
    await using lasting = await rig();
    lasting.gemini.script(() => empty);
    await assertErrorOf(await lasting.gateway.post(openAi(true)), { status: 502, code: "upstream_stream_truncated" });
    assert.equal(lasting.gemini.calls.length, 2);
  }
});

test("retries of an SDK and ours do not multiply", async () => {
  await using rigged = await rig();
  rigged.gemini.script(() => errorAnswer(geminiErrors.overloaded));
  for (const count of ["0", "1", "2"]) {
    await (await rigged.gateway.post(openAi(false), { "X-Stainless-Retry-Count": count })).text();
  }
  assert.equal(rigged.gemini.calls.length, 3 + 1 + 1);
});
