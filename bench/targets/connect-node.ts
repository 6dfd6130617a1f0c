// Reference for gRPC: the floor's work over connect-node's own adapter, one message for each event of the upstream.

import type { ChatRequest, StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { scanLines, textOf, type GeminiAnswer } from "./gemini-answer.ts";
import { serveGrpc, toMessage } from "./serve-grpc.ts";
import { createUpstream } from "./upstream.ts";

const upstream = createUpstream();

serveGrpc(async function* ({ model, messages }: ChatRequest): AsyncGenerator<StreamChatResponse> {
  const texts = messages.map(({ parts }) => parts.map(({ kind }) => (kind.case === "text" ? kind.value : "")).join(""));
  const question = { model, stream: true, messages: texts.map((content) => ({ role: "user", content })) };
  const { body } = await upstream(question);
  let rest = Buffer.alloc(0);
  for await (const bytes of body) {
    const events: string[] = [];
    rest = Buffer.from(scanLines(Buffer.concat([rest, bytes as Buffer]), (json) => events.push(json)));
    for (const event of events) yield toMessage(textOf(JSON.parse(event) as GeminiAnswer));
  }
});
