// Headers of the HTTP facade, as OpenAPI describes them.
import { Type } from "../shape.ts";

const inHeader = (name: string, schema: object, description: string): object => ({
  name,
  in: "header",
  schema,
  description,
});

const common = {
  "x-request-id": { schema: Type.String(), description: "Of this call; also in the logs." },
};

export const HEADERS = {
  request: [
    inHeader("x-gateway-strict", Type.Boolean(), "Refuse with 400 what would otherwise become a warning."),
    inHeader("x-gateway-images", Type.Enum(["markdown", "images", "both"]), "Where generated images go."),
    inHeader("x-request-timeout", Type.Number({ exclusiveMinimum: 0 }), "Seconds until the caller gives up."),
    inHeader("x-request-id", Type.String({ pattern: "^[A-Za-z0-9._-]{8,64}$" }), "Kept as the id of this call."),
  ],
  common,
  answer: {
    ...common,
    "x-gateway-model": { schema: Type.String(), description: "The Gemini model that is called." },
    "x-gateway-warnings": { schema: Type.String(), description: "`code:param, …`: what could not be honoured." },
  },
  failure: {
    ...common,
    "retry-after": { schema: Type.Integer(), description: "Seconds; on 429 and 503." },
    "x-should-retry": { schema: Type.Boolean(), description: "Whether a retry can help." },
  },
};
