// What the answer is: the form of its text, its kinds of content, and the shape of its images.
import type { ModelProfile } from "../chat/models.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { type ImageOptions, Modality, ModalitySchema, type OutputFormat } from "../gen/gemini/chat/v1/chat_pb.ts";
import { present } from "./json.ts";
import { type RaiseSchemaChange, readJsonSchema, toResponseSchema } from "./json-schema.ts";
import type { MappingContext } from "./mapping-context.ts";
import { toOpenApiSchema } from "./openapi-schema.ts";
import { tellChanges } from "./schema-changes.ts";
import { isRecursive } from "./schema-references.ts";
import type { WireGenerationConfig } from "./wire-request.ts";

/** The form of the text: fields of generationConfig or, where the model takes none, words that ask for it. */
export interface TextForm {
  readonly config: WireGenerationConfig;
  readonly instruction?: string;
}

/** Whether a form other than plain text is asked for. */
export function asksForForm(format: OutputFormat | undefined): boolean {
  return format?.kind.case !== undefined && format.kind.case !== "text";
}

/**
 * The form of the text. `besideTools`: tools are sent with which the model cannot hold a form.
 * Throws INVALID_VALUE for a schema that is broken.
 */
export function toTextForm(format: OutputFormat | undefined, besideTools: boolean, context: MappingContext): TextForm {
  if (format === undefined || !asksForForm(format)) return { config: {} };
  const { model, raise, budget } = context;
  if (format.kind.case === "jsonSchema") budget.spend(format.kind.value.schema, SCHEMA_FIELD);
  if (model.json && !besideTools) return { config: toFormConfig(format, context) };
  if (!model.outputs.includes(Modality.TEXT)) {
    raise("parameter_ignored", "output_format", `${model.id} gives no text.`);
    return { config: {} };
  }
  if (model.json)
    raise("json_with_tools", "output_format", "The form was put into the instructions, because tools are used.");
  else raise("json_as_instruction", "output_format", `${model.id} holds no form; it was put into the instructions.`);
  return { config: {}, instruction: toInstruction(format, raise) };
}

const SCHEMA_FIELD = "output_format.json_schema.schema";
const SCHEMA_ORIGIN = { subject: "the output format", field: SCHEMA_FIELD };

function toFormConfig({ kind }: OutputFormat, context: MappingContext): WireGenerationConfig {
  switch (kind.case) {
    case "jsonObject":
      return { responseMimeType: "application/json" };
    case "jsonSchema": {
      const { schema } = kind.value;
      const config = tellChanges(SCHEMA_FIELD, context.raise, (raise) => toSchemaConfig(schema, raise, context));
      return { responseMimeType: "application/json", ...config };
    }
    case "enumChoice":
      return { responseMimeType: "text/x.enum", responseSchema: { type: "STRING", enum: kind.value.values } };
    default:
      return {};
  }
}

/** Gemini 2.5 answers 500 to a schema that contains itself (recorded of 2.5-flash): there the circle is cut at once. */
function toSchemaConfig(text: string, raise: RaiseSchemaChange, context: MappingContext): WireGenerationConfig {
  const schema = readJsonSchema(text, SCHEMA_ORIGIN, raise);
  if (context.plainSchemas) return { responseSchema: toOpenApiSchema(schema, raise) };
  if (!context.model.recursiveSchemas && isRecursive(schema)) return { responseSchema: toOpenApiSchema(schema, raise) };
  return { responseJsonSchema: toResponseSchema(schema, raise) };
}

function toInstruction({ kind }: OutputFormat, raise: RaiseWarning): string {
  if (kind.case === "enumChoice") {
    return `Answer with exactly one of these texts and nothing else: ${JSON.stringify(kind.value.values)}`;
  }
  const plain = "Answer with a JSON value and nothing else, without code fences.";
  if (kind.case !== "jsonSchema") return plain;
  const { schema } = kind.value;
  const told = tellChanges(SCHEMA_FIELD, raise, (raiseChange) => readJsonSchema(schema, SCHEMA_ORIGIN, raiseChange));
  return `${plain} It must obey this JSON Schema:\n${JSON.stringify(told)}`;
}

/** responseModalities; undefined: the model needs none. It must name exactly what the model makes, but images may come without text. */
export function toResponseModalities(
  asked: readonly Modality[],
  model: ModelProfile,
  raise: RaiseWarning,
): string[] | undefined {
  const { outputs } = model;
  const wanted =
    asked.length === 0 ? outputs : [...new Set(asked)].filter((modality) => !isFormOfSpeech(modality, asked, model));
  const fits =
    wanted.every((modality) => outputs.includes(modality)) &&
    outputs.every((modality) => modality === Modality.TEXT || wanted.includes(modality));
  if (!fits) raise("modality_adjusted", "modalities", `${model.id} makes ${outputs.map(toWord).join(" and ")}.`);
  // Text is what is made unless something else is said; music comes with its lyrics by itself.
  const byItself = outputs.includes(Modality.TEXT) && !outputs.includes(Modality.IMAGE);
  return byItself ? undefined : (fits ? wanted : outputs).map(toWord);
}

/** OpenAI's clients cannot ask for speech without `text` beside it. */
function isFormOfSpeech(modality: Modality, asked: readonly Modality[], { outputs }: ModelProfile): boolean {
  return modality === Modality.TEXT && asked.includes(Modality.AUDIO) && !outputs.includes(Modality.TEXT);
}

function toWord(modality: Modality): string {
  return (ModalitySchema.value[modality]?.name ?? "").replace(/^MODALITY_/, "");
}

/** imageConfig; a shape that the model does not have would be a 400 and is left out. */
export function toImageConfig(
  image: ImageOptions | undefined,
  model: ModelProfile,
  raise: RaiseWarning,
): WireGenerationConfig["imageConfig"] {
  if (image === undefined) return undefined;
  const check = (value: string, allowed: readonly string[], path: string): string | undefined => {
    if (value === "" || allowed.includes(value)) return value || undefined;
    const known = allowed.length === 0 ? "none" : allowed.join(", ");
    raise("image_options_ignored", path, `${model.id} does not have ${value}, but ${known}; it was not sent.`);
    return undefined;
  };
  return present({
    aspectRatio: check(image.aspectRatio, model.aspectRatios, "image.aspect_ratio"),
    imageSize: check(image.size, model.imageSizes, "image.size"),
  });
}
