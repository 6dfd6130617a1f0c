// From the model id that a caller wrote to the model that is called, and the thinking that its suffix asks for.
import type { Thinking } from "../gen/gemini/chat/v1/chat_pb.ts";
import { Failure } from "./failures.ts";
import { type AliasKnowledge, aliasRow, nextId } from "./model-aliases.ts";
import { isCatalogued, refuseOtherMethods } from "./model-catalogue.ts";
import { liveProfileOf } from "./model-live.ts";
import type { ModelProfile } from "./model-profile.ts";
import { cutSuffix, type SuffixAsk, thinkingOfSuffix } from "./model-suffixes.ts";
import type { RaiseWarning } from "./warnings.ts";

export { aliasOnce } from "./model-aliases.ts";
export { type ModelProfile, profileOf, type ThinkingControl } from "./model-profile.ts";

export interface ResolvedModel {
  readonly profile: ModelProfile;
  /** What a suffix of the id asks for; undefined: nothing. */
  readonly thinking: Thinking | undefined;
}

const MODEL_ID = /^(tunedModels\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Finds the model behind an id: cuts `models/`, follows aliases (each use warns) and reads a suffix when the whole id is not listed.
 * Throws INVALID_VALUE for what is no id, MODEL_NOT_FOUND for models that do not chat. An unknown id is left to the upstream.
 */
export function resolveModel(asked: string, knowledge: AliasKnowledge, raise: RaiseWarning): ResolvedModel {
  const id = checkId(asked);
  const { called, ask, aliased } = followId(id, knowledge);
  if (aliased !== undefined) {
    const why = aliasRow(aliased) === undefined ? "an alias" : "retired";
    raise("model_aliased", "model", `${aliased} is ${why}; ${called} is called instead.`);
  } else if (ask !== undefined && !isListed(called, knowledge)) {
    raise(
      "model_suffix",
      "model",
      `No model ${id} is known: its end was read as a thinking setting, and ${called} is called.`,
    );
  }
  const profile = liveProfileOf(called, knowledge.known?.get?.(called));
  return { profile, thinking: ask === undefined ? undefined : thinkingOfSuffix(ask, profile.thinking) };
}

function checkId(asked: string): string {
  if (asked === "") throw new Failure("MISSING_REQUIRED_PARAMETER", "A model is required.", { field: "model" });
  const id = asked.replace(/^models\//, "");
  if (MODEL_ID.test(id)) return id;
  const rule = "letters, digits, `.`, `_` and `-`, 128 at most";
  throw new Failure("INVALID_VALUE", `The model id is not valid: it may have ${rule}.`, { field: "model" });
}

interface Path {
  readonly called: string;
  /** Of the first suffix on the way. */
  readonly ask: SuffixAsk | undefined;
  /** The first id on the way that an alias row replaced. */
  readonly aliased: string | undefined;
}

/** Steps along aliases and suffixes until neither leads on, or a circle of the operator's rows would close. */
function followId(id: string, knowledge: AliasKnowledge): Path {
  const seen = new Set<string>();
  let called = id;
  let ask: SuffixAsk | undefined;
  let aliased: string | undefined;
  for (;;) {
    refuseOtherMethods(called);
    seen.add(called);
    const alias = nextId(called, knowledge);
    const suffix = alias === undefined && !isListed(called, knowledge) ? cutSuffix(called) : undefined;
    const next = alias ?? suffix?.base;
    if (next === undefined || seen.has(next)) return { called, ask, aliased };
    if (alias !== undefined) aliased ??= called;
    ask ??= suffix?.ask;
    called = next;
  }
}

function isListed(id: string, { known }: AliasKnowledge): boolean {
  // The upstream lists no tuned models, and their names are their owners' own.
  if (id.startsWith("tunedModels/")) return true;
  return known === undefined ? isCatalogued(id) || aliasRow(id) !== undefined : known.has(id);
}
