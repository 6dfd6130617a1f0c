// What is measured: the requests, what a right answer holds, and the goals.

import { BENCH_EVENT_CHARACTERS, pngBase64 } from "../test/support/faulty-gemini.ts";

/** `openai` speaks to a gateway, `gemini` to the mock itself; `mapped` sends OpenAI's words and gets Gemini's back. */
export type Dialect = "openai" | "gemini" | "mapped";

export interface Scenario {
  readonly name: string;
  /** The mock chooses its answer by it. */
  readonly model: string;
  readonly streaming: boolean;
  readonly connections: number;
  /** Upstream events of one answer; 1 when unary. */
  readonly events: number;
  /** Marks in the answer's text: each event has one, whatever chunks a gateway makes of it. */
  readonly marks: number;
  readonly answerMinBytes: number;
  /** Base64 characters of the image in the request. */
  readonly imageCharacters: number;
  /** Highest accepted ratio of the gateway's CPU per request to the floor's. */
  readonly goal: number | undefined;
  /** Run only with `--all`, and measured longer because its requests are few. */
  readonly heavy: boolean;
}

export const ROUTE = "/gemini/v1/chat/completions";

const CHARACTERS_PER_MB = 1_048_576;
const UNARY_CHARACTERS = 200;

export const scenarios: readonly Scenario[] = [
  unary({ name: "unary", model: `bench-unary-${UNARY_CHARACTERS}`, goal: 1.25 }),
  stream({ name: "s50", model: "bench-s50", events: 50, goal: 1.15 }),
  stream({ name: "s200", model: "bench-s200", events: 200, goal: 1.0 }),
  stream({ name: "s50e", model: "bench-s50e", events: 50, goal: undefined }),
  heavy({ name: "media-in", model: "bench-media-in-5mb", imageCharacters: 5 * CHARACTERS_PER_MB, goal: 0.6 }),
  heavy({
    name: "media-out",
    model: "bench-media-out-2mb",
    goal: 0.5,
    marks: 0,
    answerMinBytes: 2 * CHARACTERS_PER_MB,
  }),
];

function unary(fields: Partial<Scenario> & Pick<Scenario, "name" | "model" | "goal">): Scenario {
  return {
    streaming: false,
    connections: 32,
    events: 1,
    marks: UNARY_CHARACTERS / BENCH_EVENT_CHARACTERS,
    answerMinBytes: UNARY_CHARACTERS,
    imageCharacters: 0,
    heavy: false,
    ...fields,
  };
}

function stream(fields: Pick<Scenario, "name" | "model" | "goal" | "events">): Scenario {
  const answerMinBytes = fields.events * BENCH_EVENT_CHARACTERS;
  return unary({ ...fields, streaming: true, marks: fields.events, answerMinBytes });
}

function heavy(fields: Partial<Scenario> & Pick<Scenario, "name" | "model" | "goal">): Scenario {
  return unary({ connections: 4, heavy: true, ...fields });
}

/** The bytes of one request, ready to be written again and again. */
export function toRequest(scenario: Scenario, dialect: Dialect, host: string, licence: string): Buffer {
  const isGemini = dialect === "gemini";
  const body = Buffer.from(JSON.stringify(isGemini ? toGeminiBody(scenario) : toOpenAiBody(scenario)));
  const method = scenario.streaming ? "streamGenerateContent?alt=sse" : "generateContent";
  const target = isGemini ? `/v1beta/models/${scenario.model}:${method}` : ROUTE;
  const credential = isGemini ? "x-goog-api-key: bench-key" : `authorization: Bearer ${licence}`;
  const head = `POST ${target} HTTP/1.1\r\nhost: ${host}\r\n${credential}\r\ncontent-type: application/json\r\n`;
  return Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]);
}

const PROMPT = "What is the capital of France, and since when? Answer in two sentences.";

function toOpenAiBody({ model, streaming, imageCharacters }: Scenario): object {
  const url = `data:image/png;base64,${imageOf(imageCharacters)}`;
  const content =
    imageCharacters === 0
      ? PROMPT
      : [
          { type: "text", text: PROMPT },
          { type: "image_url", image_url: { url } },
        ];
  const system = { role: "system", content: "You are a helpful assistant." };
  return { model, messages: [system, { role: "user", content }], temperature: 0.7, ...(streaming && { stream: true }) };
}

function toGeminiBody({ imageCharacters }: Scenario): object {
  const image = { inlineData: { mimeType: "image/png", data: imageOf(imageCharacters) } };
  return {
    contents: [{ role: "user", parts: [{ text: PROMPT }, ...(imageCharacters === 0 ? [] : [image])] }],
    systemInstruction: { parts: [{ text: "You are a helpful assistant." }] },
    generationConfig: { temperature: 0.7 },
  };
}

function imageOf(characters: number): string {
  return characters === 0 ? "" : pngBase64(characters);
}
