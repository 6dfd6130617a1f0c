// Goal: the openai SDK meets each failure as the class it documents, with param and code, and retries only what may be retried.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI, { type ClientOptions } from "openai";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { collect, connect, MODEL, user } from "./openai-sdk.ts";

let gateway: TestGateway;
let openai: OpenAI;
before(async () => {
  gateway = await startGateway();
  openai = connect(gateway);
});
after(() => gateway[Symbol.asyncDispose]());

async function failureOf(call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof OpenAI.APIError, String(error));
    return error;
  }
  assert.fail("the call succeeded");
}

const ask = (client: OpenAI, text: string) => client.chat.completions.create({ model: MODEL, messages: user(text) });

describe("classes", () => {
  test("an unknown licence is an AuthenticationError", async () => {
    const error = await failureOf(ask(connect(gateway, { apiKey: "an-unknown-licence-of-nobody" }), "Hello!"));
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.deepEqual([error.status, error.code, error.type], [401, "invalid_api_key", "invalid_request_error"]);
  });

  test("an unknown model is a NotFoundError that names the parameter, in chats and in models.retrieve", async () => {
    const chat = openai.chat.completions.create({ model: "gemini-9-unheard-of", messages: user("Hello!") });
    for (const error of [await failureOf(chat), await failureOf(openai.models.retrieve("gemini-9-unheard-of"))]) {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.deepEqual([error.code, error.param], ["model_not_found", "model"]);
      assert.match(error.message, /gemini-9-unheard-of/);
    }
  });

  test("an unknown path is a NotFoundError too", async () => {
    assert.ok((await failureOf(openai.files.retrieve("file-1"))) instanceof OpenAI.NotFoundError);
  });

  const bad = {
    temperature: { temperature: 7 },
    n: { n: 0 },
    "response_format.json_schema.name": { response_format: { type: "json_schema", json_schema: { schema: {} } } },
    "tools[0].function.name": { tools: [{ type: "function", function: { name: "not a name" } }] },
    "messages[0].role": { messages: [{ role: "wizard", content: "Hello!" }] },
    "messages[0].content[0].image_url.url": {
      messages: user([{ type: "image_url", image_url: { url: "data:image/png;base64,no picture!" } }]),
    },
  };
  for (const [param, fields] of Object.entries(bad)) {
    test(`a bad value is a BadRequestError whose param is ${param}, streamed or not`, async () => {
      for (const stream of [false, true]) {
        const body = { model: MODEL, messages: user("Hello!"), ...fields, stream };
        const error = await failureOf(
          openai.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming),
        );
        assert.ok(error instanceof OpenAI.BadRequestError, String(error));
        assert.equal(error.param, param);
        assert.equal(error.type, "invalid_request_error");
        assert.ok(error.requestID);
      }
    });
  }

  test("media behind a forbidden address is a BadRequestError that names its part", async () => {
    const error = await failureOf(
      openai.chat.completions.create({
        model: MODEL,
        messages: user([
          { type: "text", text: "What is this?" },
          { type: "image_url", image_url: { url: "http://127.0.0.1:1/cat.png" } },
        ]),
      }),
    );
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.code, "invalid_image_url");
    assert.equal(error.param, "messages[0].content[1].image_url.url");
  });
});

describe("in a stream", () => {
  for (const [trigger, code] of [
    ["stream-error", "overloaded"],
    ["cut", "upstream_stream_truncated"],
  ]) {
    test(`a failure after the first words (${trigger}) reaches the iterator and the helper as an APIError`, async () => {
      const body = { model: MODEL, messages: user(`Hello! [[emulator:${trigger}]]`) };
      const seen: string[] = [];
      const iterating = async (): Promise<void> => {
        for await (const chunk of await openai.chat.completions.create({ ...body, stream: true })) {
          seen.push(chunk.choices[0]?.delta.content ?? "");
        }
      };
      assert.equal((await failureOf(iterating())).code, code);
      assert.ok(seen.join("").startsWith("You said: Hello!"));
      assert.equal((await failureOf(openai.chat.completions.stream(body).finalChatCompletion())).code, code);
    });
  }

  test("a failure before the first word keeps its HTTP status", async () => {
    const error = await failureOf(
      openai.chat.completions.create({ model: MODEL, messages: user("[[emulator:503]]"), stream: true }),
    );
    assert.ok(error instanceof OpenAI.InternalServerError);
    assert.deepEqual([error.status, error.code], [503, "overloaded"]);
  });
});

describe("retries of the SDK", () => {
  /** Counts the requests a client makes; waits that the gateway asks for are noted and cut short. */
  function counting(): { attempts: Headers[]; waits: string[]; options: ClientOptions } {
    const attempts: Headers[] = [];
    const waits: string[] = [];
    const options: ClientOptions = {
      maxRetries: 2,
      fetch: async (url, init) => {
        attempts.push(new Headers(init?.headers));
        const response = await fetch(url, init);
        const wait = response.headers.get("retry-after");
        if (wait === null) return response;
        waits.push(wait);
        const headers = new Headers(response.headers);
        headers.set("retry-after-ms", "10");
        return new Response(response.body, { status: response.status, headers });
      },
    };
    return { attempts, waits, options };
  }

  test("a minute's quota is a RateLimitError with Google's wait, tried three times", async () => {
    const { attempts, waits, options } = counting();
    const error = await failureOf(ask(connect(gateway, options), "[[emulator:429]]"));
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.deepEqual([error.code, error.type], ["rate_limit_exceeded", "rate_limit_error"]);
    assert.deepEqual(waits, ["7", "7", "7"]);
    assert.deepEqual(
      attempts.map((headers) => headers.get("x-stainless-retry-count")),
      ["0", "1", "2"],
    );
  });

  test("a day's quota is a RateLimitError that is not tried again", async () => {
    const { attempts, options } = counting();
    const error = await failureOf(ask(connect(gateway, options), "[[emulator:429=day]]"));
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.equal(error.code, "insufficient_quota");
    assert.equal(attempts.length, 1);
  });

  test("an overloaded model is an InternalServerError, tried three times", async () => {
    const { attempts, options } = counting();
    const error = await failureOf(ask(connect(gateway, options), "[[emulator:503]]"));
    assert.ok(error instanceof OpenAI.InternalServerError);
    assert.equal(attempts.length, 3);
  });

  test("a bad request is not tried again", async () => {
    const { attempts, options } = counting();
    const failing = connect(gateway, options).chat.completions.create({ model: MODEL, messages: [] });
    assert.ok((await failureOf(failing)) instanceof OpenAI.BadRequestError);
    assert.equal(attempts.length, 1);
  });

  test("the stream helper ends with the failure of its request", async () => {
    const stream = openai.chat.completions.stream({ model: MODEL, messages: user("[[emulator:429=day]]") });
    assert.ok((await failureOf(collect(stream))) instanceof OpenAI.RateLimitError);
  });
});
