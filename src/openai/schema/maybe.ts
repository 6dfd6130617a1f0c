// OpenAI's optional fields: absent and null mean the same.
import type { TNull, TOptional, TSchema, TUnion } from "typebox";
import { Type } from "../shape.ts";

/** A field that may be left out or null. Read it with `?? undefined`. */
export function maybe<T extends TSchema>(shape: T): TOptional<TUnion<[T, TNull]>> {
  return Type.Optional(Type.Union([shape, Type.Null()]));
}
