// Models in the shape of OpenAI's model list.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Model } from "../gen/gemini/chat/v1/models_pb.ts";

export interface OpenAiModel {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: "google";
  /** Day on which the model ends, `YYYY-MM-DD`; absent when none is announced. */
  readonly shutdown_date?: string;
}

export interface OpenAiModelList {
  readonly object: "list";
  readonly data: readonly OpenAiModel[];
}

/** Google tells no creation date, and clients only need a number that stays the same: 2023-12-06, when the first Gemini came. */
const CREATED_SECONDS = 1_701_820_800;

/** One model; `id` is what the client asked for, such as an alias or an id with a suffix. */
export function toOpenAiModel(model: Model, id: string = model.id): OpenAiModel {
  const end = model.lifecycle?.shutdownTime;
  return {
    id,
    object: "model",
    created: CREATED_SECONDS,
    owned_by: "google",
    ...(end === undefined ? {} : { shutdown_date: timestampDate(end).toISOString().slice(0, 10) }),
  };
}

/** All models; each that can think stands a second time as `<id>-thinking`, the suffix that asks for thoughts. */
export function toOpenAiModelList(models: readonly Model[]): OpenAiModelList {
  return {
    object: "list",
    data: models.flatMap((model) =>
      model.thinking === undefined
        ? [toOpenAiModel(model)]
        : [toOpenAiModel(model), toOpenAiModel(model, `${model.id}-thinking`)],
    ),
  };
}
