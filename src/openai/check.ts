// Holds a value against a typebox shape. Shapes are compiled when they are first needed; what does not fit is a Failure in OpenAI's words.
import type { Static, TSchema } from "typebox";
// `typebox/compile` does the same and loads 150 modules more, 50 ms of the start (measured).
import { Compile, type Validator } from "typebox/schema";
import { Failure } from "../chat/failures.ts";
import { explainMismatch } from "./explain.ts";

/** Returns the value, typed; throws INVALID_TYPE, INVALID_VALUE or MISSING_REQUIRED_PARAMETER. `at` is the value's own OpenAI parameter. */
export type Check<T extends TSchema> = (value: unknown, at?: string) => Static<T>;

export function checkerOf<T extends TSchema>(shape: T): Check<T> {
  let validator: Validator | undefined;
  return (value, at = "") => {
    validator ??= Compile(shape) as unknown as Validator;
    if (validator.Check(value)) return value as Static<T>;
    throw (
      explainMismatch(shape, value, at) ?? new Failure("INVALID_VALUE", `Invalid value for '${at}'.`, { field: at })
    );
  };
}
