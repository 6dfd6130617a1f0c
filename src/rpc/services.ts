// The core's operations as implementations of the generated services, for transports in process and on the wire.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { Failure } from "../chat/failures.ts";
import type { ModelOperations } from "../chat/model-service.ts";
import type { CallContext, Clock } from "../chat/ports.ts";
import type { ChatOperations } from "../chat/service.ts";
import { ChatRequestSchema, CountTokensRequestSchema } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { ChatService, Started } from "../gen/gemini/chat/v1/chat_pb.ts";
import { GetModelRequestSchema, ListModelsRequestSchema, type ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { announceWarnings, requestIdKey, toCallContext } from "./call-context.ts";
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

/** For the facade in the same process: messages were made by our own code and are not validated, nor cut. All throw Failures. */
export function implementLocally({ chat, models, clock }: Operations): Implementations {
  return {
    chat: {
      chat: (request, handler) => chat.chat(request, toCallContext(handler, clock)),
      streamChat: (request, handler) => chat.streamChat(request, toCallContext(handler, clock)),
      countTokens: ({ chatRequest }, handler) =>
        chat.countTokens(required(chatRequest, "chat_request"), toCallContext(handler, clock)),
    },
    models: {
      listModels: (request, handler) => models.listModels(request, toCallContext(handler, clock)),
      getModel: (request, handler) => models.getModel(request, toCallContext(handler, clock)),
    },
  };
}

export interface WireServiceOptions {
  /** An empty stream message follows every such silence, in milliseconds. */
  readonly silenceMs: number;
  /** Told of calls that are refused before they reach the core. */
  readonly onRefused: (requestId: string, failure: Failure) => void;
}

/** For gRPC, Connect and gRPC-Web: everything is validated, streams are cut to size and kept alive. All throw ConnectErrors. */
export function implementOnWire({ chat, models, clock }: Operations, options: WireServiceOptions): Implementations {
  const open = async <Desc extends DescMessage>(
    schema: Desc,
    message: MessageShape<Desc>,
    handler: HandlerContext,
  ): Promise<CallContext> => {
    try {
      await validateMessage(schema, message);
      return toCallContext(handler, clock);
    } catch (error) {
      const refusal = toConnectError(error);
      options.onRefused(handler.values.get(requestIdKey), Failure.from(refusal.cause));
      throw refusal;
    }
  };
  return {
    chat: {
      async chat(request, handler) {
        const context = await open(ChatRequestSchema, request, handler);
        const response = await chat.chat(request, context).catch(rethrow);
        announceWarnings(handler, response.warnings);
        return response;
      },
      async *streamChat(request, handler) {
        const context = await open(ChatRequestSchema, request, handler);
        const onStarted = ({ warnings }: Started): void => announceWarnings(handler, warnings);
        try {
          yield* toWireStream(chat.streamChat(request, context), options.silenceMs, onStarted);
        } catch (error) {
          throw toConnectError(error);
        }
      },
      async countTokens(request, handler) {
        const context = await open(CountTokensRequestSchema, request, handler);
        return chat.countTokens(required(request.chatRequest, "chat_request"), context).catch(rethrow);
      },
    },
    models: {
      async listModels(request, handler) {
        return models.listModels(request, await open(ListModelsRequestSchema, request, handler)).catch(rethrow);
      },
      async getModel(request, handler) {
        return models.getModel(request, await open(GetModelRequestSchema, request, handler)).catch(rethrow);
      },
    },
  };
}

function rethrow(error: unknown): never {
  throw toConnectError(error);
}

function required<T>(value: T | undefined, field: string): T {
  if (value !== undefined) return value;
  throw new Failure("MISSING_REQUIRED_PARAMETER", `Missing '${field}'.`, { field });
}
