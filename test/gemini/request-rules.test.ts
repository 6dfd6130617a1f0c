// Whatever a request of the contract holds, its body keeps the rules of the wire, and the emulator (a strict Gemini) takes it.
// A request may also be refused, but only by a Failure that names a field.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import fc from "fast-check";
import { Failure } from "../../src/chat/failures.ts";
import { findModel, type EmulatedModel } from "../../src/emulator/models.ts";
import { readRequest } from "../../src/emulator/proto-reader.ts";
import { checkRequest } from "../../src/emulator/rules/check-request.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { ChatRequestSchema } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { assertKeepsRules } from "./body-rules.ts";
import { chatRequest } from "./chat-request-arbitrary.ts";
import { assistant, call, type Mapped, map, media, MODELS, type RequestInit, result, system, user } from "./mapping.ts";

const IDS = (
  "gemini-4-argon gemini-4-carbon gemini-4-hydrogen gemini-3.8-flash gemini-3.7-flash gemini-3.6-flash gemini-3.5-flash " +
  "gemini-3.5-flash-lite gemini-3.1-flash-lite gemini-3.1-pro-preview gemini-3-flash-preview gemini-2.5-pro gemini-2.5-flash " +
  "gemini-2.5-flash-lite gemini-flash-latest gemini-pro-latest gemini-flash-lite-latest gemini-2.5-computer-use-preview-10-2025 " +
  "gemini-robotics-er-2-preview gemini-robotics-er-1.6-preview gemma-4-31b-it gemma-3-27b-it gemma-3-1b-it gemma-3n-e4b-it " +
  "gemini-nano-banana-2.1 gemini-3.1-flash-image gemini-3.1-flash-lite-image gemini-3-pro-image nano-banana-pro-preview " +
  "gemini-2.5-flash-image gemini-3.8-flash-tts gemini-3.8-flash-lite-tts gemini-3.1-flash-tts-preview " +
  "gemini-2.5-flash-preview-tts gemini-2.5-pro-preview-tts lyria-3-clip-preview lyria-3-pro-preview"
).split(" ");

const RUNS_PER_MODEL = 60;

function emulated(id: string): EmulatedModel {
  const model = findModel(id);
  assert.ok(model, `the emulator serves ${id}`);
  return model;
}

/** undefined: refused by a Failure that names a field. */
function mapOrRefuse(request: RequestInit, id: string): Mapped | undefined {
  try {
    return map(request, id);
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.ok(error.field, error.message);
    assert.ok(error.row.httpStatus === 400, error.reason);
    return undefined;
  }
}

test("the arbitrary requests are valid by the contract", () => {
  const validator = createValidator();
  fc.assert(
    fc.property(chatRequest, (request) => {
      const whole = create(ChatRequestSchema, { model: "gemini-3.8-flash", ...request });
      assert.equal(validator.validate(ChatRequestSchema, whole).kind, "valid");
    }),
    { numRuns: 50 },
  );
});

describe("any request", () => {
  for (const id of IDS) {
    test(`to ${id} keeps rules 11 to 23 and is taken by the emulator`, () => {
      let taken = 0;
      fc.assert(
        fc.property(chatRequest, fc.boolean(), (request, streaming) => {
          const mapped = mapOrRefuse(request, id);
          if (mapped === undefined) return;
          assertKeepsRules(mapped.body, id);
          checkRequest(emulated(id), readRequest("GenerateContentRequest", JSON.stringify(mapped.body)), {
            streaming,
            project: "p",
          });
          taken++;
        }),
        { numRuns: RUNS_PER_MODEL },
      );
      assert.ok(taken > 0, "not everything is refused");
    });
  }

  test("to a model nobody knows keeps rules 11 to 23", () => {
    fc.assert(
      fc.property(chatRequest, (request) => {
        const mapped = mapOrRefuse(request, "gemini-99-quark");
        if (mapped) assertKeepsRules(mapped.body, "gemini-99-quark");
      }),
      { numRuns: RUNS_PER_MODEL },
    );
  });
});

describe("the emulator answers 200 over HTTP", () => {
  const conversation: RequestInit = {
    messages: [
      system("Be terse."),
      user("What is the weather?"),
      assistant(call("a", "get_weather"), call("b", "get_weather")),
      { role: 4, parts: [result("b", "18"), result("a", '{"t":7}')] },
      assistant("Warm."),
      user("And in Oslo?"),
    ],
    tools: [
      { kind: { case: "function", value: { name: "get_weather" } } },
      { kind: { case: "googleSearch", value: {} } },
      { kind: { case: "computerUse", value: {} } },
    ],
    sampling: { temperature: 0.2, presencePenalty: 1, maxOutputTokens: 1_000, candidateCount: 2 },
    thinking: { control: { case: "level", value: 3 } },
    outputFormat: { kind: { case: "jsonObject", value: {} } },
  };

  for (const id of IDS) {
    test(`to a conversation with everything, sent to ${id}`, async () => {
      await using emulator = await start();
      const { status, text } = await emulator.generate(id, map(conversation, id));
      assert.equal(status, 200, text);
    });
  }

  test("to an image that is asked about", async () => {
    await using emulator = await start();
    const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
    const request: RequestInit = { messages: [user("What is this?", media("image/png", png))] };
    for (const id of [MODELS.newest, MODELS.gemini25, MODELS.gemma, MODELS.image]) {
      assert.equal((await emulator.generate(id, map(request, id))).status, 200, id);
    }
  });
});

async function start() {
  const { origin, close } = await startEmulator({ host: "127.0.0.1", port: 0 });
  return {
    async generate(id: string, { body }: Mapped) {
      const answer = await fetch(`${origin}/v1beta/models/${id}:generateContent`, {
        method: "POST",
        headers: { "x-goog-api-key": "emulator", "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
      return { status: answer.status, text: await answer.text() };
    },
    [Symbol.asyncDispose]: close,
  };
}
