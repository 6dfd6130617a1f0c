// Goal: a conversation that went over an OpenAI client reaches Gemini as it would have without one.
// Method: every recorded request that holds earlier answers is played from its first turn: the mock gives the recorded answers, the openai
// client takes them and sends them back, and the last request that arrives means what was recorded. What does not count stands in IGNORED.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type OpenAI from "openai";
import { startFaultyGemini, type Answer, type FaultyGemini } from "../support/faulty-gemini.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { connect, user } from "./clients/openai-sdk.ts";
import { APART, NOT_RETURNED, REMEMBERED_ONLY } from "./conversations/apart.ts";
import { readAnswers, readConversations, type AnswerTurn, type Conversation } from "./conversations/found.ts";
import { toTurns, type Turn } from "./conversations/meaning.ts";
import { HABITS, type Habit, toMessages, toTools } from "./conversations/openai-words.ts";
import { answerOf } from "./replay/playback.ts";
import type { Json } from "./replay/recordings.ts";

type Message = OpenAI.ChatCompletionMessageParam;
type Tool = OpenAI.ChatCompletionFunctionTool;

const conversations = readConversations();
const played = conversations.filter(({ id }) => !(id in APART));
const answers = readAnswers();
const returned = answers.filter(({ id }) => !(id in NOT_RETURNED));

/** One for each recording: answers are known by their text, and some recordings have the same one with other signatures. */
const LICENCES = [...conversations, ...answers].map((_, index) => `conversation-licence-${index}`);
/** One that never had an answer. */
const FORGETFUL = "conversation-licence-forgetful";

let gemini: FaultyGemini;
let gateway: TestGateway;
before(async () => {
  // All are listed: no id is taken for a retired one.
  gemini = await startFaultyGemini({ models: [...new Set([...conversations, ...answers].map(({ model }) => model))] });
  gateway = await startGateway({
    GEMINI_BASE_URL: gemini.origin,
    UPSTREAM_OBJECTS: "on",
    LICENCES: [...LICENCES, FORGETFUL].join(),
  });
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await gemini.close();
});

test("nearly all recorded conversations and answers are played, and many answers are those of recorded exchanges", () => {
  assert.equal(conversations.length, 101);
  assert.equal(played.length + Object.keys(APART).length, conversations.length);
  assert.equal(answers.length, 271);
  assert.equal(returned.length + Object.keys(NOT_RETURNED).length, answers.length);
  const exchanges = played.flatMap(({ turns }) => turns.flatMap((turn) => ("exchange" in turn && turn.exchange) || []));
  assert.equal(exchanges.length, 55);
});

for (const habit of HABITS) {
  describe(habit.client, () => {
    for (const conversation of played) {
      test(`goes on with ${conversation.id} as it was recorded`, async () => {
        for (const streamedTurn of [0, 1]) await play(conversation, habit, streamedTurn);
      });
    }

    for (const answer of returned.filter(({ id }) => !habit.unremembered || !(id in REMEMBERED_ONLY))) {
      test(`gives Gemini back what it said in ${answer.id}`, async () => {
        for (const streamedTurn of [0, 1]) await play(answer, habit, streamedTurn);
      });
    }
  });
}

/** Plays all turns, every other one as a stream, and compares what arrived last. */
async function play(
  conversation: Conversation,
  { sendBack, unremembered }: Habit,
  streamedTurn: number,
): Promise<void> {
  const { model, system, turns } = conversation;
  const number = [...conversations, ...answers].indexOf(conversation);
  const openai = connect(gateway, { apiKey: LICENCES[number] });
  const tools = toTools(conversation);
  const messages: Message[] = system === "" ? [] : [{ role: "system", content: system }];
  const expected: Turn[] = [];
  let answer: OpenAI.ChatCompletionMessage | undefined;
  for (const [index, turn] of turns.entries()) {
    if (turn.role === "user") {
      messages.push(...toMessages(turn, answer));
      expected.push(turn);
      continue;
    }
    const streaming = Math.floor(index / 2) % 2 === streamedTurn;
    gemini.script(() => saidBy(turn, streaming));
    answer = await ask(openai, { model, messages: index === 0 ? user("?") : messages, tools }, streaming);
    messages.push(sendBack(answer));
    expected.push({ role: "model", parts: streaming ? turn.meant.streamed : turn.meant.whole });
  }
  gemini.script(({ streaming }) => said([{ text: "Done." }], streaming));
  await ask(unremembered ? connect(gateway, { apiKey: FORGETFUL }) : openai, { model, messages, tools }, false);
  const sent: Json = JSON.parse(gemini.calls.at(-1)?.body.toString("utf8") ?? "");
  assert.deepEqual(toTurns(sent.contents), expected);
  assert.equal(((sent.systemInstruction?.parts ?? []) as Json[]).map(({ text }) => text as string).join(), system);
}

async function ask(
  openai: OpenAI,
  body: Pick<OpenAI.ChatCompletionCreateParamsNonStreaming, "model" | "messages"> & { tools: Tool[] },
  streaming: boolean,
): Promise<OpenAI.ChatCompletionMessage> {
  if (streaming) return openai.chat.completions.stream(body).finalMessage();
  const { choices } = await openai.chat.completions.create(body);
  assert.ok(choices[0]);
  return choices[0].message;
}

function saidBy({ exchange, parts }: AnswerTurn, streaming: boolean): Answer {
  return exchange === undefined ? said(parts, streaming) : answerOf(exchange, streaming);
}

/** An answer of these parts, each in a chunk of its own where it is a stream. */
function said(parts: readonly Json[], streaming: boolean): Answer {
  const facts = { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 } };
  const chunkOf = (some: readonly Json[], finish: object): Json => ({
    candidates: [{ content: { role: "model", parts: some }, index: 0, ...finish }],
    ...facts,
  });
  const body = chunkOf(parts, { finishReason: "STOP" });
  const chunks = [...parts.map((part) => chunkOf([part], {})), chunkOf([{ text: "" }], { finishReason: "STOP" })];
  return answerOf({ response: { status: 200, headers: {}, ...(streaming ? { chunks } : { body }) } }, streaming);
}
