// ModelService: the upstream's list, joined with what we know, a page or one model at a time.
import type {
  GetModelRequest,
  GetModelResponse,
  ListModelsRequest,
  ListModelsResponse,
  Model,
} from "../gen/gemini/chat/v1/models_pb.ts";
import { startDeadline } from "./deadline.ts";
import { Failure } from "./failures.ts";
import { Meter } from "./meter.ts";
import type { AliasKnowledge } from "./model-aliases.ts";
import { listModels } from "./model-list.ts";
import { resolveModel } from "./models.ts";
import type { CallContext, CallOutcome, Clock, ModelDirectory, Telemetry } from "./ports.ts";

export interface ModelPorts {
  readonly directory: ModelDirectory;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly aliases: AliasKnowledge["aliases"];
}

/** The service behind every transport. Both methods reject with a Failure. */
export interface ModelOperations {
  listModels(request: ListModelsRequest, context: CallContext): Promise<ListModelsResponse>;
  getModel(request: GetModelRequest, context: CallContext): Promise<GetModelResponse>;
}

/** Models on a page when the request does not say. */
const MAX_PAGE_SIZE = 1_000;
/** The upstream answers its list in well under a second; a call for it that takes longer is given up, in milliseconds. */
const LIMIT_MS = 30_000;

interface Known {
  readonly models: readonly Model[];
  readonly knowledge: AliasKnowledge;
}

export function createModelService(ports: ModelPorts): ModelOperations {
  return {
    listModels: (request, context) =>
      answer(ports, "ListModels", "", context, ({ models }) => {
        const from = models.findIndex(({ id }) => id > request.pageToken);
        const size = request.pageSize === 0 ? MAX_PAGE_SIZE : request.pageSize;
        const page = from < 0 ? [] : models.slice(from, from + size);
        const more = from >= 0 && from + size < models.length;
        return {
          $typeName: "gemini.chat.v1.ListModelsResponse",
          models: page,
          nextPageToken: more ? (page.at(-1)?.id ?? "") : "",
        };
      }),
    getModel: (request, context) =>
      answer(ports, "GetModel", request.id, context, ({ models, knowledge }) => {
        const { profile } = resolveModel(request.id, knowledge, () => undefined);
        const model = models.find(({ id }) => id === profile.id);
        if (model) return { $typeName: "gemini.chat.v1.GetModelResponse", model };
        throw new Failure("MODEL_NOT_FOUND", `The model '${request.id}' does not exist.`, { field: "model" });
      }),
  };
}

async function answer<T>(
  ports: ModelPorts,
  rpc: CallOutcome["rpc"],
  model: string,
  context: CallContext,
  find: (known: Known) => T,
): Promise<T> {
  using deadline = startDeadline(ports.clock, context, LIMIT_MS);
  const meter = new Meter(ports, rpc, model, context);
  try {
    const upstream = await ports.directory.list(deadline.signal);
    const knowledge = { known: upstream, aliases: ports.aliases, today: ports.clock.wall() };
    const found = find({ models: listModels(upstream.values(), knowledge), knowledge });
    meter.firstEvent();
    meter.succeed();
    return found;
  } catch (error) {
    throw meter.fail(error);
  }
}
