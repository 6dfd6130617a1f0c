// Goal: the seven uses that this product was asked for, with the bodies of its description and a raw licence, whole and streamed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readImage } from "../../../src/emulator/media/image-facts.ts";
import { type TestGateway } from "../../support/gateway.ts";
import { startInformedGateway } from "./informed-gateway.ts";
import {
  ALLOW_LOOPBACK_MEDIA,
  base64Of,
  dataUrlOf,
  MP4,
  PNG,
  startMediaHost,
  WAV,
  type MediaHost,
} from "./sample-media.ts";

let gateway: TestGateway;
let host: MediaHost;
before(async () => {
  host = await startMediaHost();
  gateway = await startInformedGateway(ALLOW_LOOPBACK_MEDIA);
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
});

interface Call {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

interface Asked {
  readonly model: string;
  readonly messages: readonly object[];
  readonly tools?: readonly object[];
  readonly tool_choice?: string;
}

/** What a user sees of an answer, however it came. */
interface Answer {
  readonly model: string;
  readonly content: string;
  readonly thoughts: string;
  readonly calls: readonly Call[];
  readonly finish: string;
}

interface Message {
  readonly content?: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly Call[];
}

interface Choice {
  readonly message?: Message;
  readonly delta?: Message;
  readonly finish_reason: string | null;
}

interface Body {
  readonly object: string;
  readonly model: string;
  readonly choices: readonly Choice[];
}

async function whole(body: Asked): Promise<Answer> {
  const response = await gateway.post(body);
  assert.equal(response.status, 200, await response.clone().text());
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  const { object, model, choices } = (await response.json()) as Body;
  assert.equal(object, "chat.completion");
  assert.equal(choices.length, 1);
  const [choice] = choices;
  return {
    model,
    content: choice?.message?.content ?? "",
    thoughts: choice?.message?.reasoning_content ?? "",
    calls: choice?.message?.tool_calls ?? [],
    finish: choice?.finish_reason ?? "",
  };
}

async function streamed(body: Asked): Promise<Answer> {
  const response = await gateway.post({ ...body, stream: true });
  assert.equal(response.status, 200, await response.clone().text());
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const events = (await response.text()).split("\n\n").map((event) => event.replace(/^data: /, ""));
  assert.deepEqual(events.splice(-2), ["[DONE]", ""]);
  const chunks = events.map((event) => JSON.parse(event) as Body);
  assert.ok(chunks.every(({ object }) => object === "chat.completion.chunk"));
  const choices = chunks.flatMap((chunk) => chunk.choices);
  return {
    model: chunks[0]?.model ?? "",
    content: choices.map(({ delta }) => delta?.content ?? "").join(""),
    thoughts: choices.map(({ delta }) => delta?.reasoning_content ?? "").join(""),
    calls: choices.flatMap(({ delta }) => delta?.tool_calls ?? []),
    finish: choices.flatMap(({ finish_reason: reason }) => reason ?? []).join(" "),
  };
}

/** One test for each way to answer. */
function use(name: string, body: () => Asked, check: (answer: Answer) => void): void {
  for (const [way, ask] of [
    ["whole", whole],
    ["streamed", streamed],
  ] as const) {
    test(`${name}, ${way}`, async () => {
      const answer = await ask(body());
      assert.equal(answer.model, body().model, "the answer names the model that was asked for");
      check(answer);
    });
  }
}

function says(pattern: RegExp): (answer: Answer) => void {
  return ({ content, finish }) => {
    assert.match(content, pattern);
    assert.equal(finish, "stop");
  };
}

function shows(count: number): (answer: Answer) => void {
  return ({ content, finish }) => {
    const pictures = Array.from(content.matchAll(/!\[image\]\(data:image\/png;base64,([A-Za-z0-9+/=]+)\)/g));
    assert.equal(pictures.length, count);
    for (const [, base64 = ""] of pictures) assert.equal(readImage(Buffer.from(base64, "base64"))?.width, 1024);
    assert.equal(finish, "stop");
  };
}

const CHAT_MODELS = [
  "gemini-2.0-flash",
  "gemini-2.5-flash",
  "gemini-2.5-flash-preview-05-20",
  "gemini-2.5-flash-thinking",
  "gemini-2.5-pro",
  "gemini-2.5-pro-thinking",
];

describe("chat", () => {
  for (const model of CHAT_MODELS) {
    const body = { messages: [{ role: "user", content: "你是什么模型" }], model };
    use(
      model,
      () => body,
      (answer) => {
        says(/^我是 gemini-[\w.-]+，.*你说：你是什么模型/)(answer);
        // Thoughts are told where they are asked for, and never in the content.
        assert.equal(answer.thoughts !== "", model.endsWith("-thinking"));
      },
    );
  }
});

describe("image generation", () => {
  for (const model of ["gemini-2.0-flash-exp-image-generation", "gemini-2.0-flash-preview-image-generation"]) {
    use(model, () => ({ messages: [{ role: "user", content: "画小猫" }], model }), shows(1));
  }
});

/** The three things a `url` may hold. */
const urls = (sample: typeof PNG, path: string): Record<string, () => string> => ({
  "an http URL": () => `${host.origin}${path}`,
  "a data URL": () => dataUrlOf(sample),
  "bare base64": () => base64Of(sample),
});

describe("understanding", () => {
  for (const [name, question, sample, path, pattern] of [
    ["an image", "图片里面有什么内容", PNG, "/cat.png", /image\/png, \d+ bytes, 48×32 pixels/],
    ["a recording", "音频里面讲了什么", WAV, "/talk.wav", /audio\/wav, \d+ bytes, 1\.\d seconds/],
    ["a film", "视频里面讲了什么", MP4, "/film.mp4", /video\/mp4, \d+ bytes, 3\.0 seconds/],
  ] as const) {
    for (const [kind, url] of Object.entries(urls(sample, path))) {
      const body = (): Asked => ({
        model: "gemini-2.0-flash",
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: question },
              { type: "image_url", image_url: { url: url() } },
            ],
          },
        ],
      });
      use(`${name} as ${kind}`, body, says(pattern));
    }
  }
});

const WEATHER = {
  type: "function",
  function: {
    name: "get_current_weather",
    description: "Get the current weather in a given location",
    parameters: {
      type: "object",
      properties: {
        location: { type: "string", description: "The city and state, e.g. San Francisco, CA" },
        unit: { type: "string", enum: ["celsius", "fahrenheit"] },
      },
      required: ["location"],
    },
  },
};

describe("function calling", () => {
  const question = { role: "user", content: "What is the weather like in Boston today?" };
  for (const model of ["gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-pro"]) {
    const body = { model, messages: [question], tools: [WEATHER], tool_choice: "auto" };
    use(
      model,
      () => body,
      ({ calls, finish }) => {
        assert.equal(calls.length, 1);
        assert.equal(calls[0]?.function.name, "get_current_weather");
        const given = JSON.parse(calls[0].function.arguments) as { location: string; unit?: string };
        assert.match(given.location, /Boston/);
        assert.ok(["celsius", "fahrenheit", undefined].includes(given.unit));
        assert.equal(finish, "tool_calls");
      },
    );
  }

  test("the result of the call leads to an answer, whole and streamed", async () => {
    const body = { model: "gemini-2.0-flash", messages: [question], tools: [WEATHER] };
    const { calls } = await streamed(body);
    const messages = [
      question,
      { role: "assistant", content: null, tool_calls: calls.map((call) => ({ ...call, type: "function" })) },
      { role: "tool", tool_call_id: calls[0]?.id, content: '{"temperature":"22","unit":"celsius"}' },
    ];
    for (const answer of [await whole({ ...body, messages }), await streamed({ ...body, messages })]) {
      says(/get_current_weather: {"temperature":"22","unit":"celsius"}/)(answer);
    }
  });
});

describe("code execution", () => {
  const content =
    "What is the sum of the first 50 prime numbers? Generate and run code for the calculation, and make sure you get all 50.";
  for (const model of ["gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-pro"]) {
    const tools = [{ type: "function", function: { name: "codeExecution" } }];
    const body = { model, messages: [{ role: "user", content }], tools };
    use(model, () => body, says(/```python\n[^`]+\n```\n\n```output\n50 5117\n\n```\n.*5117/s));
  }
});

describe("speech", () => {
  for (const model of ["gemini-2.5-flash-preview-tts", "gemini-2.5-pro-preview-tts"]) {
    use(
      model,
      () => ({ model, messages: [{ role: "user", content: "Say cheerfully: 你好！" }] }),
      ({ content, finish }) => {
        const [, base64 = ""] = /^\[audio\]\(data:audio\/wav;base64,([A-Za-z0-9+/=]+)\)$/.exec(content.trim()) ?? [];
        const sound = Buffer.from(base64, "base64");
        assert.equal(sound.toString("latin1", 0, 4) + sound.toString("latin1", 8, 12), "RIFFWAVE");
        assert.ok(sound.length > 24_000);
        assert.equal(finish, "stop");
      },
    );
  }
});

describe("licences", () => {
  const body = { model: "gemini-2.0-flash", messages: [{ role: "user", content: "你是什么模型" }], stream: true };

  test("an unknown licence is refused with 401 and told why", async () => {
    const response = await gateway.post(body, { authorization: "an-unknown-licence-of-nobody" });
    assert.equal(response.status, 401);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    assert.equal(error.code, "invalid_api_key");
    assert.match(error.message, /licence/);
  });

  test("the models named in the description can be looked up", async () => {
    for (const model of CHAT_MODELS) {
      const response = await gateway.get(`/gemini/v1/models/${model}`);
      assert.equal(response.status, 200, model);
      assert.equal(((await response.json()) as { id: string }).id, model);
    }
  });
});
