// For information: what connect-node's adapter costs for one message per event when nothing else is done, not even an upstream asked.

import type { ChatRequest, StreamChatResponse } from "../../src/gen/gemini/chat/v1/chat_pb.ts";
import { BENCH_EVENT_CHARACTERS, benchText } from "../../test/support/faulty-gemini.ts";
import { serveGrpc, toMessage } from "./serve-grpc.ts";

const TEXT = benchText(BENCH_EVENT_CHARACTERS);

// oxlint-disable-next-line require-await -- Connect wants an async iterable
serveGrpc(async function* ({ model }: ChatRequest): AsyncGenerator<StreamChatResponse> {
  const events = Number(/^bench-s(\d+)$/.exec(model)?.[1]);
  for (let at = 0; at < events; at++) yield toMessage(TEXT);
});
