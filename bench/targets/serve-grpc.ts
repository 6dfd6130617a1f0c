// What both gRPC references share: connect-node with its own adapter, one message for each text.

import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ChatService, type ChatRequest, type StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";

const NO_BYTES = new Uint8Array();

/** Serves StreamChat on a free port and says so. */
export function serveGrpc(streamChat: (request: ChatRequest) => AsyncIterable<StreamChatResponse>): void {
  const adapter = connectNodeAdapter({ routes: (router) => router.service(ChatService, { streamChat }) });
  const server = createServer(adapter);
  server.listen(0, "127.0.0.1", () => console.log(`listening 127.0.0.1:${(server.address() as AddressInfo).port}`));
}

/** A message with a single event. */
export function toMessage(text: string): StreamChatResponse {
  const event = { case: "text", value: text } as const;
  return {
    $typeName: "gemini.chat.v1.StreamChatResponse",
    events: [
      { $typeName: "gemini.chat.v1.ChatEvent", candidate: 0, part: 0, signature: NO_BYTES, inThought: false, event },
    ],
  };
}
