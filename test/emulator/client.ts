// A small client of the emulator for its tests: starts one, sends JSON, takes streams apart.

import assert from "node:assert/strict";
import { startEmulator, type EmulatorOptions } from "../../src/emulator/server.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Answers are asserted on, not typed: their shape is what the tests are about.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export interface TestEmulator extends AsyncDisposable {
  readonly origin: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  generate(model: string, body: object): Promise<Answer>;
  /** Events of an SSE stream, parsed. */
  // oxlint-disable-next-line typescript/no-explicit-any
  stream(model: string, body: object): Promise<any[]>;
}

export const KEY = { "x-goog-api-key": "emulator" };

/** An emulator on a free port; `await using` closes it. */
export async function startTestEmulator(options: Partial<EmulatorOptions> = {}): Promise<TestEmulator> {
  const { origin, close } = await startEmulator({ host: "127.0.0.1", port: 0, ...options });
  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(origin + path, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = KEY) =>
    call(path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  return {
    origin,
    get: (path, headers = KEY) => call(path, { headers }),
    post,
    generate: (model, body) => post(`/v1beta/models/${model}:generateContent`, body),
    stream: async (model, body) => {
      const answer = await post(`/v1beta/models/${model}:streamGenerateContent?alt=sse`, body);
      assert.equal(answer.status, 200, answer.text);
      return readEvents(answer.text);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Parses strictly: every event is one `data:` line and an empty one, both ended by CRLF. */
// oxlint-disable-next-line typescript/no-explicit-any
export function readEvents(text: string): any[] {
  const events = text.split("\r\n\r\n");
  assert.equal(events.pop(), "", "the stream ends after the last event");
  return events.map((event) => {
    assert.match(event, /^data: [^\r\n]*$/);
    return JSON.parse(event.slice("data: ".length));
  });
}

/** A request with one user text. */
export const ask = (text: string, rest: object = {}) => ({ contents: [{ role: "user", parts: [{ text }] }], ...rest });

/** Text of all candidates' parts that are no thoughts. */
// oxlint-disable-next-line typescript/no-explicit-any
export const textOf = (body: any): string =>
  partsOf(body)
    .map((part) => (part.thought ? "" : (part.text ?? "")))
    .join("");

// oxlint-disable-next-line typescript/no-explicit-any
export const partsOf = (body: any): any[] => body.candidates?.[0]?.content?.parts ?? [];

export const WEATHER = {
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
};

export const withFunctions = (...functionDeclarations: object[]) => ({ tools: [{ functionDeclarations }] });
