// What can be corrected of a plan after the upstream refused it. Pure: answer.ts plans anew and tries again.
import { Failure } from "./failures.ts";
import { aliasOnce } from "./models.ts";

/** All that the upstream has refused of the plans of one answer. */
export interface Correction {
  /** An id that it called gone: its alias applies although no date says so. */
  readonly retired?: string;
  /** It refused a thought signature: none of them is sent. */
  readonly unsigned?: boolean;
  /** It refused a JSON Schema, if it said so that in `field`: schemas are sent in the cleaned OpenAPI subset. */
  readonly plainSchemas?: { readonly field: string };
}

/**
 * What was corrected before and, on top, what `error` asks for; undefined when nothing can be done about it. Each kind once, so an
 * answer is corrected at most as often as there are kinds.
 */
export function correctionOf(
  error: unknown,
  made: Correction,
  model: string,
  aliases: readonly (readonly [string, string])[],
): Correction | undefined {
  if (!(error instanceof Failure)) return undefined;
  switch (error.reason) {
    case "MODEL_NOT_FOUND":
      if (made.retired !== undefined || aliasOnce(model, aliases) === undefined) return undefined;
      return { ...made, retired: model };
    case "THOUGHT_SIGNATURE_INVALID":
      return made.unsigned ? undefined : { ...made, unsigned: true };
    case "SCHEMA_REJECTED":
      return made.plainSchemas ? undefined : { ...made, plainSchemas: { field: error.field ?? "" } };
    default:
      return undefined;
  }
}
