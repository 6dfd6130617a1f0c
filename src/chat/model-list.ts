// The models as the contract tells them: what the upstream lists, joined with what is known of abilities, lives and prices.
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Lifecycle, Lifecycle_Stage, type Model, type ThinkingAbility } from "../gen/gemini/chat/v1/models_pb.ts";
import { type AliasKnowledge, aliasesOf, aliasRow } from "./model-aliases.ts";
import { chats, isCatalogued, pricesOf } from "./model-catalogue.ts";
import { liveProfileOf } from "./model-live.ts";
import type { ModelProfile, ThinkingControl } from "./model-profile.ts";
import type { UpstreamModel } from "./ports.ts";

/** The models that answer Chat, by id. `-thinking` variants and aliases resolve but are not listed. */
export function listModels(upstream: Iterable<UpstreamModel>, knowledge: AliasKnowledge): Model[] {
  return [...upstream]
    .filter((model) => model.chats && chats(model.id))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
    .map((model) => toModel(model, knowledge));
}

/** One model of the upstream's list. */
export function toModel(upstream: UpstreamModel, knowledge: AliasKnowledge): Model {
  const profile = liveProfileOf(upstream.id, upstream);
  const thinking = toThinkingAbility(profile.thinking);
  return {
    $typeName: "gemini.chat.v1.Model",
    id: upstream.id,
    displayName: upstream.displayName,
    description: upstream.description,
    aliases: aliasesOf(upstream.id, knowledge),
    inputTokenLimit: upstream.inputTokenLimit,
    outputTokenLimit: upstream.outputTokenLimit,
    inputModalities: [...profile.inputs],
    outputModalities: [...profile.outputs],
    ...(thinking !== undefined && { thinking }),
    tools: toToolNames(profile),
    samplingHonoured: profile.sampling,
    lifecycle: toLifecycle(upstream.id, knowledge.today),
    prices: pricesOf(upstream.id, knowledge.today),
  };
}

function toThinkingAbility(control: ThinkingControl): ThinkingAbility | undefined {
  const $typeName = "gemini.chat.v1.ThinkingAbility";
  switch (control.kind) {
    case "none":
      return undefined;
    case "level":
      return { $typeName, levels: [...control.levels], canBeOff: false, offByDefault: false };
    case "budget": {
      const { min, max, canBeOff, offByDefault } = control;
      return { $typeName, levels: [], budgetMin: min, budgetMax: max, canBeOff, offByDefault };
    }
  }
}

function toToolNames(profile: ModelProfile): string[] {
  const names = profile.serverTools.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  return profile.functions ? ["function", ...names] : names;
}

function toLifecycle(id: string, today: Date | number): Lifecycle {
  const row = aliasRow(id);
  const end = row?.gone === undefined ? undefined : new Date(row.gone);
  return {
    $typeName: "gemini.chat.v1.Lifecycle",
    stage: toStage(id, end, today),
    ...(end !== undefined && { shutdownTime: timestampFromDate(end) }),
    successor: row?.to ?? "",
  };
}

function toStage(id: string, end: Date | undefined, today: Date | number): Lifecycle_Stage {
  if (end !== undefined) return Number(end) <= Number(today) ? Lifecycle_Stage.RETIRED : Lifecycle_Stage.DEPRECATED;
  if (/-(preview|exp|eap)(-|$)/.test(id)) return Lifecycle_Stage.PREVIEW;
  return isCatalogued(id) ? Lifecycle_Stage.STABLE : Lifecycle_Stage.UNSPECIFIED;
}
