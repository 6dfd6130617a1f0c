// The one question these tests ask, in the words of each face, and the answers taken apart.
import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import {
  ChatRequestSchema,
  Role,
  type ChatRequest,
  type StreamChatResponse,
} from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";

export const MODEL = "gemini-3.8-flash";

/** OpenAI's words. */
export function openAi(stream: boolean, facts: object = {}): object {
  return { model: MODEL, stream, messages: [{ role: "user", content: "hi" }], ...facts };
}

/** The contract's words. */
export function question(): ChatRequest {
  return create(ChatRequestSchema, {
    model: MODEL,
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: "hi" } }] }],
  });
}

export interface SseAnswer {
  /** Texts of `delta.content`, joined. */
  readonly content: string;
  readonly comments: number;
  readonly error:
    | { readonly code: string; readonly message: string; readonly type: string; readonly param: string | null }
    | undefined;
  readonly finishReasons: readonly string[];
  readonly done: boolean;
}

/** A whole event stream; fails on what no client could read. */
export function readSse(text: string): SseAnswer {
  const blocks = text.split("\n\n");
  assert.equal(blocks.pop(), "", "the stream ends inside an event");
  const comments = blocks.filter((block) => block.startsWith(":"));
  const events = blocks
    .filter((block) => !block.startsWith(":"))
    .map((block) => {
      assert.match(block, /^data: /);
      return block.slice("data: ".length);
    });
  const done = events.at(-1) === "[DONE]";
  const chunks = events.filter((event) => event !== "[DONE]").map((event) => JSON.parse(event) as Chunk);
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  return {
    content: choices.map(({ delta }) => delta.content ?? "").join(""),
    comments: comments.length,
    error: chunks.find(({ error }) => error)?.error,
    finishReasons: choices.flatMap(({ finish_reason: reason }) => (reason === null ? [] : [reason])),
    done,
  };
}

interface Chunk {
  readonly choices?: readonly {
    readonly delta: { readonly content?: string | null };
    readonly finish_reason: string | null;
  }[];
  readonly error?: NonNullable<SseAnswer["error"]>;
}

export interface StreamedAnswer {
  readonly text: string;
  readonly silentMessages: number;
  readonly finished: boolean;
  readonly failure: ConnectError | undefined;
}

/** A stream of the contract, read to its end, whatever that is. */
export async function readStream(stream: AsyncIterable<StreamChatResponse>): Promise<StreamedAnswer> {
  let text = "";
  let silentMessages = 0;
  let finished = false;
  try {
    for await (const { events } of stream) {
      if (events.length === 0) silentMessages++;
      for (const { event } of events) {
        if (event.case === "text") text += event.value;
        if (event.case === "finished") finished = true;
      }
    }
    return { text, silentMessages, finished, failure: undefined };
  } catch (error) {
    return { text, silentMessages, finished, failure: ConnectError.from(error) };
  }
}

export function reasonOf(failure: ConnectError | undefined): string | undefined {
  return failure?.findDetails(ErrorInfoSchema)[0]?.reason;
}

/** The failure of a promise that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<ConnectError> {
  try {
    await promise;
  } catch (error) {
    return ConnectError.from(error);
  }
  assert.fail("the call succeeded");
}
