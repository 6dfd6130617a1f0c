// Holds a value against a shape. What does not fit is a Failure in OpenAI's words.
import type { Static, TSchema } from "typebox";
import { Failure } from "../chat/failures.ts";
import { explainMismatch } from "./explain.ts";

/** Returns the value, typed; throws INVALID_TYPE, INVALID_VALUE or MISSING_REQUIRED_PARAMETER. `at` is the value's own OpenAI parameter. */
export type Check<T extends TSchema> = (value: unknown, at?: string) => Static<T>;

/** `fits` is a faster judge, compiled from the same shape; without one every value is gone through for its explanation. */
export function checkerOf<T extends TSchema>(shape: T, fits?: (value: unknown) => boolean): Check<T> {
  return (value, at = "") => {
    if (fits?.(value)) return value as Static<T>;
    const misfit = explainMismatch(shape, value, at);
    if (!fits && !misfit) return value as Static<T>;
    throw misfit ?? new Failure("INVALID_VALUE", `Invalid value for '${at}'.`, { field: at });
  };
}
