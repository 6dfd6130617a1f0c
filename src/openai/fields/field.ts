// One row of the table of request fields: what becomes of a field that a caller may send.
import type { ModelProfile } from "../../chat/models.ts";
import type { WarningCode } from "../../chat/warnings.ts";

/**
 * - `mapped`: it reaches the model or shapes the answer.
 * - `tolerated`: nothing comes of it and nothing is lost, because it is what always happens or an echo of an earlier answer.
 * - `warned`: it cannot be honoured; a warning says so, and strict mode refuses the request.
 */
export type Standing = "mapped" | "tolerated" | "warned";

export interface Field {
  /** Path in the plain body, `[]` for each item of a list: `messages[].content[].image_url.url`. */
  readonly path: string;
  readonly standing: Standing;
  /** Path in ChatRequest, or in ChatIntent where it begins with a field of that; "" when it goes nowhere. */
  readonly to: string;
  /** One line for the reader of the documents. */
  readonly note: string;
  /** The ability of the model on which it depends; undefined: none. */
  readonly ability: keyof ModelProfile | undefined;
  /** Of a `warned` field that is read: what its reader warns with. One that is not read at all is told as such (unread.ts). */
  readonly code: WarningCode | undefined;
}

export function mapped(path: string, to: string, note: string, ability?: keyof ModelProfile): Field {
  return { path, standing: "mapped", to, note, ability, code: undefined };
}

export function tolerated(path: string, note: string): Field {
  return { path, standing: "tolerated", to: "", note, ability: undefined, code: undefined };
}

export function warned(path: string, note: string, code?: WarningCode): Field {
  return { path, standing: "warned", to: "", note, ability: undefined, code };
}
