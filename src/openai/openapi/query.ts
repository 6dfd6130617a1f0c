// Query parameters of a chat completion, as OpenAPI describes them: the seed's later parameters, which the body may say too.
import { Type } from "../shape.ts";

const inQuery = (name: string, schema: object, description: string): object => ({
  name,
  in: "query",
  schema,
  description: `${description} The body counts before it.`,
});

export const QUERY: readonly object[] = [
  inQuery("thinking_budget", Type.Integer({ minimum: -1 }), "Thinking tokens."),
  inQuery("close_reasoning_content", Type.Boolean(), "Thoughts are not told."),
  inQuery("return_reasoning_content", Type.Boolean(), "Thoughts are told, in `reasoning_content`."),
  inQuery("retry_attempt", Type.Integer({ minimum: 0 }), "How often a failed call is made again."),
  inQuery("resolution", Type.Enum(["512", "1K", "2K", "4K"]), "Size of generated images."),
  inQuery("aspect_ratio", Type.String(), "Shape of generated images, such as `16:9`."),
];
