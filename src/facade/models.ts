// GET /gemini/v1/models and /gemini/v1/models/{id}.
import type { Client } from "@connectrpc/connect";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Failure } from "../chat/failures.ts";
import type { Model, ModelService } from "../gen/gemini/chat/v1/models_pb.ts";
import { toOpenAiModel, toOpenAiModelList } from "../openai/models.ts";
import { fromConnectError } from "../rpc/errors.ts";
import { toCallOptions, type EdgeLimits, type WatchLeaving } from "./edge-call.ts";
import { sendFailure } from "./errors.ts";
import { edgeCallOf } from "./identity.ts";

export interface ModelsOptions extends EdgeLimits {
  readonly models: Client<typeof ModelService>;
  readonly watchLeaving: WatchLeaving;
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
  using leaving = options.watchLeaving(reply.raw);
  const call = toCallOptions(edgeCallOf(request), request.headers, options, leaving.signal, { stream: false });
  try {
    return await question(call);
  } catch (error) {
    return sendFailure(reply, fromConnectError(error, leaving.signal));
  }
}
