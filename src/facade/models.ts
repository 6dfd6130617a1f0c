// GET /gemini/v1/models and /gemini/v1/models/{id}.
import type { Client } from "@connectrpc/connect";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../chat/failures.ts";
import type { Clock } from "../chat/ports.ts";
import type { Model, ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { toOpenAiModel, toOpenAiModelList } from "../openai/models.ts";
import { fromConnectError } from "../rpc/errors.ts";
import { toCallOptions, watchLeaving } from "./edge-call.ts";
import { edgeCallOf } from "./identity.ts";

export interface ModelsOptions {
  readonly models: Client<typeof ModelService>;
  readonly clock: Clock;
  readonly shutdown: AbortSignal;
}

export function handleModelList(options: ModelsOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> =>
    ask(options, request, reply, async (call) => {
      const models: Model[] = [];
      let pageToken = "";
      do {
        const page = await options.models.listModels({ pageSize: 0, pageToken }, call);
        models.push(...page.models);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return toOpenAiModelList(models);
    });
}

export function handleModel(options: ModelsOptions) {
  return async (request: FastifyRequest<{ Params: { "*": string } }>, reply: FastifyReply): Promise<unknown> =>
    ask(options, request, reply, async (call) => {
      const id = request.params["*"];
      const { model } = await options.models.getModel({ id }, call);
      if (!model) throw new Failure("MODEL_NOT_FOUND", `The model '${id}' does not exist.`, { field: "model" });
      return toOpenAiModel(model, id);
    });
}

async function ask(
  options: ModelsOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  question: (call: ReturnType<typeof toCallOptions>) => Promise<unknown>,
): Promise<unknown> {
  using leaving = watchLeaving(reply.raw, options.shutdown);
  try {
    const onModel = (): void => undefined;
    return await question(
      toCallOptions(edgeCallOf(request), request.headers, options.clock, leaving.signal, { stream: false, onModel }),
    );
  } catch (error) {
    throw fromConnectError(error);
  }
}
