// Holds a request body against its shape, by code that typebox has compiled from the shape before (`npm run generate`).
import { fitsBody } from "../gen/openai/fits-body.ts";
import { checkerOf } from "./check.ts";
import { ChatCompletionBody } from "./schema.ts";

/** Throws INVALID_TYPE, INVALID_VALUE or MISSING_REQUIRED_PARAMETER that names the parameter. */
export const checkBody = checkerOf(ChatCompletionBody, fitsBody);
