// Values that the contract carries as JSON text.
import { Failure } from "../chat/failures.ts";

/** JSON text of a value; INVALID_VALUE when it is nested deeper than the serialiser can follow. `at` is its OpenAI parameter. */
export function toJsonText(value: unknown, at: string): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new Failure("INVALID_VALUE", `Invalid '${at}': nested too deeply.`, { field: at, cause });
  }
}
