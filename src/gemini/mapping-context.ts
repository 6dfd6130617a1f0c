// What every mapping of a request depends on beside the request itself.
import type { ModelProfile } from "../chat/models.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import type { JsonBudget } from "./json-budget.ts";

export interface MappingContext {
  readonly model: ModelProfile;
  readonly raise: RaiseWarning;
  /** Objects that lie upstream (files, caches, file stores) may be named; they belong to one project and to no licence. */
  readonly upstreamObjects: boolean;
  /** Schemas go up in the OpenAPI subset: Gemini refused them as JSON Schema. */
  readonly plainSchemas: boolean;
  readonly budget: JsonBudget;
}
