// The core's operations as implementations of the generated services, for transports in process and on the wire.
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { ModelOperations } from "../chat/model-service.ts";
import type { Clock } from "../chat/ports.ts";
import type { ChatOperations } from "../chat/service.ts";
import { ChatRequestSchema, CountTokensRequestSchema, type ChatService } from "../gen/gemini/chat/v1/chat_pb.ts";
import { GetModelRequestSchema, ListModelsRequestSchema, type ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { Failure } from "../chat/failures.ts";
import { toCallContext } from "./call-context.ts";
import { toConnectError } from "./errors.ts";
import { validateMessage } from "./validation.ts";
import { toWireStream } from "./wire-stream.ts";

export interface Operations {
  readonly chat: ChatOperations;
  readonly models: ModelOperations;
  readonly clock: Clock;
}

export interface Implementations {
  readonly chat: ServiceImpl<typeof ChatService>;
  readonly models: ServiceImpl<typeof ModelService>;
}

/** For the facade in the same process: messages were made by our own code and are not validated, nor cut. */
export function implementLocally({ chat, models, clock }: Operations): Implementations {
  return {
    chat: {
      chat: (request, handler) => chat.chat(request, toCallContext(handler, clock)).catch(rethrow),
      streamChat: (request, handler) => withConnectErrors(chat.streamChat(request, toCallContext(handler, clock))),
      countTokens: ({ chatRequest }, handler) =>
        chat.countTokens(required(chatRequest, "chat_request"), toCallContext(handler, clock)).catch(rethrow),
    },
    models: {
      listModels: (request, handler) => models.listModels(request, toCallContext(handler, clock)).catch(rethrow),
      getModel: (request, handler) => models.getModel(request, toCallContext(handler, clock)).catch(rethrow),
    },
  };
}

/** For gRPC, Connect and gRPC-Web: everything is validated, streams are cut to size and kept alive. */
export function implementOnWire(operations: Operations, silenceMs: number): Implementations {
  const local = implementLocally(operations);
  return {
    chat: {
      async chat(request, handler) {
        await validateMessage(ChatRequestSchema, request);
        return local.chat.chat(request, handler);
      },
      async *streamChat(request, handler) {
        await validateMessage(ChatRequestSchema, request);
        yield* wireStream(operations, request, handler, silenceMs);
      },
      async countTokens(request, handler) {
        await validateMessage(CountTokensRequestSchema, request);
        return local.chat.countTokens(request, handler);
      },
    },
    models: {
      async listModels(request, handler) {
        await validateMessage(ListModelsRequestSchema, request);
        return local.models.listModels(request, handler);
      },
      async getModel(request, handler) {
        await validateMessage(GetModelRequestSchema, request);
        return local.models.getModel(request, handler);
      },
    },
  };
}

async function* wireStream(
  { chat, clock }: Operations,
  request: Parameters<ChatOperations["streamChat"]>[0],
  handler: HandlerContext,
  silenceMs: number,
): ReturnType<ChatOperations["streamChat"]> {
  try {
    yield* toWireStream(chat.streamChat(request, toCallContext(handler, clock)), silenceMs);
  } catch (error) {
    throw toConnectError(error);
  }
}

/** The same stream with its failures as ConnectErrors. By hand: a generator around a generator costs more than the event itself. */
function withConnectErrors<T>(source: AsyncGenerator<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => source.next().catch(rethrow),
      return: () => source.return(undefined),
    }),
  };
}

function rethrow(error: unknown): never {
  throw toConnectError(error);
}

function required<T>(value: T | undefined, field: string): T {
  if (value !== undefined) return value;
  throw new Failure("MISSING_REQUIRED_PARAMETER", `Missing '${field}'.`, { field });
}
