// Goal: programs written for OpenAI with the npm package `openai` work unchanged: chat, streams and their helper, limits, models, headers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { startFaultyGemini } from "../../support/faulty-gemini.ts";
import { LICENCE, startGateway, type TestGateway } from "../../support/gateway.ts";
import { startInformedGateway } from "./informed-gateway.ts";
import { BUDGET_MODEL, collect, connect, extra, extraText, finishesOf, MODEL, textOf, user } from "./openai-sdk.ts";

let gateway: TestGateway;
let openai: OpenAI;
before(async () => {
  gateway = await startInformedGateway();
  openai = connect(gateway);
});
after(() => gateway[Symbol.asyncDispose]());

describe("chat", () => {
  test("create answers with one choice, text and usage that adds up", async () => {
    const answer = await openai.chat.completions.create({ model: MODEL, messages: user("Hello!") });
    assert.match(answer.id, /^chatcmpl-/);
    assert.equal(answer.object, "chat.completion");
    assert.equal(answer.model, MODEL);
    assert.equal(answer.choices.length, 1);
    const [choice] = answer.choices;
    assert.match(choice?.message.content ?? "", /Hello!/);
    assert.equal(choice?.message.refusal, null);
    assert.equal(choice?.logprobs, null);
    assert.equal(choice?.finish_reason, "stop");
    const { usage } = answer;
    assert.ok(usage && usage.prompt_tokens > 0 && usage.completion_tokens > 0);
    assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
    assert.ok((usage.completion_tokens_details?.reasoning_tokens ?? 0) < usage.completion_tokens);
  });

  test("a stream says the same in several chunks of one id, with one role, one finish and usage last", async () => {
    const body = { model: MODEL, messages: user("Tell me something that takes a few words.") };
    const whole = await openai.chat.completions.create(body);
    const chunks = await collect(
      await openai.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }),
    );
    assert.equal(textOf(chunks), whole.choices[0]?.message.content);
    assert.equal(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size, 1);
    assert.ok(chunks.filter(({ choices }) => choices[0]?.delta.content).length > 1);
    assert.deepEqual(
      chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.role ?? [])),
      ["assistant"],
    );
    assert.deepEqual(finishesOf(chunks), ["stop"]);
    assert.deepEqual(chunks.at(-1)?.choices, []);
    assert.deepEqual(chunks.at(-1)?.usage, whole.usage);
    assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
  });

  test("without include_usage no chunk carries usage and every chunk has a choice", async () => {
    const chunks = await collect(
      await openai.chat.completions.create({ model: MODEL, messages: user("Hello!"), stream: true }),
    );
    assert.ok(chunks.every(({ usage, choices }) => usage == null && choices.length === 1));
  });

  test("the stream helper emits content, folds the message and counts usage", async () => {
    const stream = openai.chat.completions.stream({
      model: MODEL,
      messages: user("Hello, helper!"),
      stream_options: { include_usage: true },
    });
    const seen: string[] = [];
    const snapshots: string[] = [];
    stream.on("content", (delta, snapshot) => {
      seen.push(delta);
      snapshots.push(snapshot);
    });
    const completion = await stream.finalChatCompletion();
    const content = completion.choices[0]?.message.content ?? "";
    assert.match(content, /Hello, helper!/);
    assert.equal(seen.join(""), content);
    assert.equal(snapshots.at(-1), content);
    assert.equal(await stream.finalContent(), content);
    assert.equal(completion.choices[0]?.finish_reason, "stop");
    assert.ok((await stream.totalUsage()).total_tokens > 0);
  });

  test("breaking off a stream ends the call of Gemini", async () => {
    await using gemini = await startFaultyGemini();
    await using slow = await startGateway({ GEMINI_BASE_URL: gemini.origin });
    const stream = await connect(slow).chat.completions.create({
      model: "bench-s200e-wait50",
      messages: user("Hello!"),
      stream: true,
    });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
    const [call] = await gemini.waitForCalls(1);
    assert.equal(await call?.whenEnded(), "client-closed");
  });

  test("an aborted request rejects with APIUserAbortError", async () => {
    const controller = new AbortController();
    const answer = openai.chat.completions.create(
      { model: MODEL, messages: user("[[emulator:delay=30000]]") },
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort(), 100);
    await assert.rejects(answer, OpenAI.APIUserAbortError);
  });

  test("the SDK's own timeout ends a call that takes too long", async () => {
    const answer = openai.chat.completions.create(
      { model: MODEL, messages: user("[[emulator:delay=30000]]") },
      { timeout: 300 },
    );
    await assert.rejects(answer, OpenAI.APIConnectionTimeoutError);
  });

  test("conversations with developer and system messages, names, nulls and a refusal are understood", async () => {
    const answer = await openai.chat.completions.create({
      model: MODEL,
      messages: [
        { role: "developer", content: "Answer briefly.", name: "operator" },
        { role: "user", content: "First question", name: "bob" },
        { role: "assistant", content: null, refusal: "I cannot say.", name: "bot" },
        { role: "system", content: [{ type: "text", text: "Be kind." }] },
        { role: "user", content: [{ type: "text", text: "Second question" }] },
      ],
      temperature: null,
      top_p: null,
      n: null,
      stop: null,
      seed: null,
      stream: null,
      audio: null,
      logit_bias: null,
      logprobs: null,
      max_tokens: null,
      metadata: null,
      modalities: null,
      reasoning_effort: null,
      service_tier: null,
      store: null,
    });
    const content = answer.choices[0]?.message.content ?? "";
    // A system message after the first answer stands where it is, marked.
    assert.match(content, /You said: <system>\s+Be kind\.\s+<\/system>\s+Second question/);
    assert.match(content, /system instruction: Answer briefly\./);
    assert.match(content, /Earlier you said: First question/);
  });
});

describe("limits and filters", () => {
  test("n gives as many choices, whole and streamed, and sums their usage", async () => {
    const body = { model: MODEL, messages: user("Hello!"), n: 2 };
    const one = await openai.chat.completions.create({ ...body, n: 1 });
    const two = await openai.chat.completions.create(body);
    assert.deepEqual(
      two.choices.map(({ index, finish_reason: reason }) => [index, reason]),
      [
        [0, "stop"],
        [1, "stop"],
      ],
    );
    assert.ok(two.choices.every(({ message }) => message.content?.includes("Hello!")));
    assert.equal(two.usage?.completion_tokens, 2 * (one.usage?.completion_tokens ?? 0));
    const chunks = await collect(await openai.chat.completions.create({ ...body, stream: true }));
    assert.match(textOf(chunks, 0), /Hello!/);
    assert.match(textOf(chunks, 1), /Hello!/);
    assert.deepEqual(finishesOf(chunks), ["stop", "stop"]);
  });

  test("a stop sequence ends the answer and is not part of it", async () => {
    const body = { model: MODEL, messages: user("Hello!"), stop: ["offline"] };
    const answer = await openai.chat.completions.create(body);
    assert.match(answer.choices[0]?.message.content ?? "", /played by the $/);
    assert.equal(answer.choices[0]?.finish_reason, "stop");
    const chunks = await collect(await openai.chat.completions.create({ ...body, stream: true }));
    assert.equal(textOf(chunks), answer.choices[0]?.message.content);
  });

  for (const limit of ["max_tokens", "max_completion_tokens"]) {
    test(`${limit} cuts the answer with finish_reason length`, async () => {
      const body = { model: BUDGET_MODEL, messages: user("[[emulator:words=100]]"), [limit]: 10 };
      const answer = await openai.chat.completions.create({ ...body, stream: false });
      assert.equal(answer.choices[0]?.finish_reason, "length");
      assert.equal(answer.usage?.completion_tokens, 10);
      assert.deepEqual(finishesOf(await collect(await openai.chat.completions.create({ ...body, stream: true }))), [
        "length",
      ]);
    });
  }

  for (const trigger of ["SAFETY", "RECITATION", "blocked"]) {
    test(`a ${trigger} answer is a 200 with one choice and finish_reason content_filter`, async () => {
      const body = { model: MODEL, messages: user(`Hello! [[emulator:${trigger}]]`) };
      const answer = await openai.chat.completions.create(body);
      assert.equal(answer.choices.length, 1);
      assert.equal(answer.choices[0]?.message.content, null);
      assert.equal(answer.choices[0]?.finish_reason, "content_filter");
      const chunks = await collect(await openai.chat.completions.create({ ...body, stream: true }));
      assert.deepEqual(finishesOf(chunks), ["content_filter"]);
    });
  }
});

describe("around the chat", () => {
  test("a raw licence in defaultHeaders is accepted", async () => {
    const raw = connect(gateway, { apiKey: "unused", defaultHeaders: { Authorization: LICENCE } });
    const answer = await raw.chat.completions.create({ model: MODEL, messages: user("Hello!") });
    assert.match(answer.choices[0]?.message.content ?? "", /Hello!/);
  });

  test("withResponse tells the request id and the model that was called, whole and streamed", async () => {
    const body = { model: "gemini-2.0-flash", messages: user("Hello!") };
    const headers = { "x-request-id": "request-from-a-client" };
    const whole = await openai.chat.completions.create(body, { headers }).withResponse();
    const streamed = await openai.chat.completions.create({ ...body, stream: true }, { headers }).withResponse();
    for (const { response, request_id: id } of [whole, streamed]) {
      assert.equal(id, "request-from-a-client");
      assert.equal(response.headers.get("x-gateway-model"), BUDGET_MODEL);
      assert.equal(response.headers.get("x-gateway-warnings"), "model_aliased:model");
    }
    assert.equal(extra(whole.data, "_request_id"), "request-from-a-client");
    assert.equal(whole.data.model, "gemini-2.0-flash");
    assert.match(streamed.response.headers.get("content-type") ?? "", /^text\/event-stream/);
    await collect(streamed.data);
  });

  test("models are listed with their thinking variants, and retrieved by id, alias or variant", async () => {
    const ids = (await collect(openai.models.list())).map(({ id }) => id);
    for (const id of [MODEL, `${MODEL}-thinking`, BUDGET_MODEL, "gemini-2.5-flash-preview-tts"]) {
      assert.ok(ids.includes(id), id);
    }
    for (const id of [MODEL, `${MODEL}-thinking`, "gemini-2.5-flash-thinking", "gemini-2.0-flash"]) {
      const model = await openai.models.retrieve(id);
      assert.equal(model.id, id);
      assert.equal(model.object, "model");
      assert.ok(Number.isInteger(model.created));
    }
  });

  test("thoughts arrive as reasoning_content and reasoning, never in the content", async () => {
    const body = { model: "gemini-3.8-flash-thinking", messages: user("Hello!") };
    const answer = await openai.chat.completions.create(body);
    const message = answer.choices[0]?.message ?? {};
    const thoughts = extraText(message, "reasoning_content");
    assert.match(thoughts, /\*\*Considering the Request\*\*/);
    assert.equal(extra(message, "reasoning"), thoughts);
    assert.doesNotMatch(answer.choices[0]?.message.content ?? "", /Considering/);
    assert.ok((answer.usage?.completion_tokens_details?.reasoning_tokens ?? 0) > 0);
    const chunks = await collect(await openai.chat.completions.create({ ...body, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => extraText(delta, "reasoning_content")));
    assert.equal(deltas.join(""), thoughts);
  });
});
