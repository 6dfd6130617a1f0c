// The four ways to play a recording: REST as JSON and as a stream, gRPC as Chat and as StreamChat.
import { create } from "@bufbuild/protobuf";
import { createClient, type Client, type Transport } from "@connectrpc/connect";
import {
  ChatRequestSchema,
  ChatService,
  Role,
  type ChatRequest,
  type StreamChatResponse,
} from "../../../src/gen/gemini/chat/v1/chat_pb.ts";
import type { TestGateway } from "../../support/gateway.ts";
import { promptFor } from "./playback.ts";
import type { Recording } from "./recordings.ts";
import { wholeAnswer } from "./whole-answer.ts";

/** For fixtures that name no model. */
const SOME_MODEL = "gemini-3.8-flash";
const ANY_OBJECT = { type: "object" };

export interface Player {
  /** One request to the chat completions route. */
  rest(recording: Recording, stream: boolean): Promise<Response>;
  readonly chat: Client<typeof ChatService>;
}

export function createPlayer(gateway: TestGateway, transport: Transport): Player {
  return {
    rest: (recording, stream) => gateway.post({ ...toBody(recording), ...(stream && STREAM) }),
    chat: createClient(ChatService, transport),
  };
}

const STREAM = { stream: true, stream_options: { include_usage: true } };

/** The model that is asked for. */
export function modelOf({ model }: Recording): string {
  return model ?? SOME_MODEL;
}

function toBody(recording: Recording): Record<string, unknown> {
  const names = calledFunctions(recording);
  return {
    model: modelOf(recording),
    messages: [{ role: "user", content: promptFor(recording) }],
    ...(names.length > 0 && {
      tools: names.map((name) => ({ type: "function", function: { name, parameters: ANY_OBJECT } })),
    }),
  };
}

export function toChatRequest(recording: Recording): ChatRequest {
  return create(ChatRequestSchema, {
    model: modelOf(recording),
    messages: [{ role: Role.USER, parts: [{ kind: { case: "text", value: promptFor(recording) } }] }],
    tools: calledFunctions(recording).map((name) => ({
      kind: { case: "function" as const, value: { name, parametersJsonSchema: JSON.stringify(ANY_OBJECT) } },
    })),
  });
}

/** Every batch of a stream, and the error that ended it, if any. */
export async function collect(
  stream: AsyncIterable<StreamChatResponse>,
): Promise<{ readonly batches: StreamChatResponse[]; readonly error?: unknown }> {
  const batches: StreamChatResponse[] = [];
  try {
    for await (const batch of stream) batches.push(batch);
    return { batches };
  } catch (error) {
    return { batches, error };
  }
}

function calledFunctions(recording: Recording): string[] {
  if (recording.response.status !== 200) return [];
  const { candidates = [] } = wholeAnswer(recording);
  const parts = candidates[0]?.content.parts ?? [];
  return [
    ...new Set<string>(
      parts.flatMap(({ functionCall }: { functionCall?: { name: string } }) => functionCall?.name ?? []),
    ),
  ];
}
