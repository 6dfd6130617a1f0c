// Thought signatures that come back: those of the current turn must be there, and all must be unaltered.

import { invalidArgument } from "../errors.ts";
import type { EmulatedModel } from "../models.ts";
import { isMessagePart } from "../prompt.ts";
import type { Content } from "../request.ts";
import { isBypass, isIssued, type SignatureScope } from "../signatures.ts";

/** Throws a 400 for altered and foreign signatures and, from Gemini 3 on, for missing ones. */
export function checkSignatures(contents: readonly Content[], model: EmulatedModel, scope: SignatureScope): void {
  for (const part of contents.flatMap((content) => content.parts ?? [])) {
    const signature = part.thoughtSignature;
    if (signature !== undefined && signature.length > 0 && !isBypass(signature) && !isIssued(signature, scope)) {
      throw invalidArgument("Corrupted thought signature.");
    }
  }
  if (model.generation >= 3) requireSignedCalls(contents);
}

/** The current turn is everything after the last user message; in it each step's first call must be signed. */
function requireSignedCalls(contents: readonly Content[]): void {
  const start = contents.findLastIndex(
    (content) => content.role !== "model" && (content.parts ?? []).some(isMessagePart),
  );
  contents.forEach((content, index) => {
    if (index <= start || content.role !== "model") return;
    const first = (content.parts ?? []).find((part) => part.functionCall !== undefined);
    if (first === undefined || (first.thoughtSignature?.length ?? 0) > 0) return;
    // The position counts turns from one, as in the recorded error ("position 2" for the second turn).
    throw invalidArgument(
      "Function call is missing a thought_signature in functionCall parts. This is required for tools to work " +
        "correctly, and missing thought_signature may lead to degraded model performance. Additional data, " +
        `function call \`default_api:${first.functionCall?.name}\` , position ${index + 1}. please refer to ` +
        "https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
    );
  });
}
