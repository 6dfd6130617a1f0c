// Form of the answer: response_format, kinds of output, images, service tier, and how it is delivered.
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { Modality, ServiceTier, type ImageOptions, type OutputFormat } from "../gen/gemini/chat/v1/chat_pb.ts";
import type { Delivery } from "./intent.ts";
import { toJsonText } from "./json-text.ts";
import { quoteForMessage } from "./quote.ts";
import type { ChatCompletionBody } from "./schema.ts";

const MODALITIES = { text: Modality.TEXT, image: Modality.IMAGE, audio: Modality.AUDIO } as const;

const DELIVERIES = ["markdown", "images", "both"] as const;

/** Form of the text; undefined for plain text. */
export function readOutputFormat({ response_format: format }: ChatCompletionBody): OutputFormat | undefined {
  switch (format?.type) {
    case undefined:
    case "text":
      return undefined;
    case "json_object":
      return formatOf({ case: "jsonObject", value: { $typeName: "gemini.chat.v1.JsonObject" } });
    case "enum":
      return formatOf({
        case: "enumChoice",
        value: { $typeName: "gemini.chat.v1.EnumChoice", values: format.enum.map(wellFormed) },
      });
    case "json_schema": {
      const { name, description, schema, strict } = format.json_schema;
      if (!schema) return formatOf({ case: "jsonObject", value: { $typeName: "gemini.chat.v1.JsonObject" } });
      return formatOf({
        case: "jsonSchema",
        value: {
          $typeName: "gemini.chat.v1.JsonSchema",
          name: name.toWellFormed(),
          description: (description ?? "").toWellFormed(),
          schema: toJsonText(schema, "response_format.json_schema.schema"),
          strict: strict ?? false,
        },
      });
    }
  }
}

function formatOf(kind: OutputFormat["kind"]): OutputFormat {
  return { $typeName: "gemini.chat.v1.OutputFormat", kind };
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}

export function readModalities({ modalities }: ChatCompletionBody): Modality[] {
  return modalities ? [...new Set(modalities)].map((word) => MODALITIES[word]) : [];
}

export function readImageOptions({ extra_body: extra }: ChatCompletionBody): ImageOptions | undefined {
  const { aspect_ratio: aspectRatio, image_size: size } = extra?.google?.image_config ?? {};
  if (!aspectRatio && !size) return undefined;
  return { $typeName: "gemini.chat.v1.ImageOptions", aspectRatio: aspectRatio ?? "", size: size ?? "" };
}

/** OpenAI's tiers that Google lacks become the standard one: a dearer tier is never chosen for a caller. */
export function readServiceTier({ service_tier: tier }: ChatCompletionBody, raise: RaiseWarning): ServiceTier {
  switch (tier) {
    case "flex":
      return ServiceTier.FLEX;
    case "priority":
      return ServiceTier.PRIORITY;
    case "scale":
    case "fast":
      raise(
        "service_tier_adjusted",
        "service_tier",
        `Google has no service tier '${tier}'; the standard one was asked for.`,
      );
      return ServiceTier.STANDARD;
    case "default":
    case "standard":
      return ServiceTier.STANDARD;
    default:
      return ServiceTier.UNSPECIFIED;
  }
}

/** How the answer is written. `images` is the header x-gateway-images. Throws INVALID_VALUE. */
export function readDelivery(
  body: ChatCompletionBody,
  images: string | undefined,
  legacyFunctions: boolean,
  raise: RaiseWarning,
): Delivery {
  const stream = body.stream ?? false;
  const { stream_options: options, response_format: format, modalities } = body;
  if (options && !stream) {
    const message = "Invalid value for 'stream_options': it is only allowed when 'stream' is true.";
    throw new Failure("INVALID_VALUE", message, { field: "stream_options" });
  }
  if (options?.include_obfuscation) {
    raise("parameter_ignored", "stream_options.include_obfuscation", "Chunks are not padded.");
  }
  return {
    model: body.model,
    stream,
    includeUsage: options?.include_usage ?? false,
    images: readImageDelivery(images) ?? (modalities?.includes("image") ? "images" : "markdown"),
    audio: modalities?.includes("audio") ? "message" : "link",
    structured: format !== undefined && format !== null && format.type !== "text",
    legacyFunctions,
    customTools: new Set((body.tools ?? []).flatMap((tool) => (tool.type === "custom" ? tool.custom.name : []))),
    logprobs: body.logprobs ?? false,
  };
}

function readImageDelivery(header: string | undefined): Delivery["images"] | undefined {
  if (header === undefined) return undefined;
  const word = header.trim().toLowerCase();
  const known = DELIVERIES.find((delivery) => delivery === word);
  if (known !== undefined) return known;
  const supported = DELIVERIES.map(quoteForMessage).join(", ");
  const message = `Invalid value: ${quoteForMessage(header)} in the header 'x-gateway-images'. Supported values are: ${supported}.`;
  throw new Failure("INVALID_VALUE", message, { field: "x-gateway-images" });
}
