// The shape of a request with a note on each field that the table of fields has one for.
import type { TSchema } from "typebox";
import { fieldAt } from "../fields.ts";

/** Fields that only hold others have no row of their own. */
const CONTAINERS: Readonly<Record<string, string>> = {
  messages:
    "Any media part may hold an image, sound, a film or a document: as data URL, bare base64, http(s) or YouTube URL. The bytes decide the type.",
  audio: "Voice and container of generated sound.",
  tools: "Functions, custom tools, Gemini's own tools and remote MCP servers.",
  extra_body:
    "Gemini's own options under `google`; a top-level `google`, its options at the top, and camelCase keys are read too.",
};

/** The parts of a shape that hold shapes. */
interface Nest {
  readonly anyOf?: readonly TSchema[];
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
}

/** A copy of a shape with descriptions; `at` is its path ("" for the body). The shape itself stays as it is. */
export function withNotes(shape: TSchema, at: string): object {
  const { anyOf, items, properties } = shape as Nest;
  return {
    ...shape,
    ...(anyOf && { anyOf: anyOf.map((branch) => withNotes(branch, at)) }),
    ...(items && { items: withNotes(items, `${at}[]`) }),
    ...(properties && { properties: noteEach(properties, at) }),
  };
}

function noteEach(properties: Readonly<Record<string, TSchema>>, at: string): object {
  return Object.fromEntries(
    Object.entries(properties).map(([key, shape]) => {
      const path = at === "" ? key : `${at}.${key}`;
      const note = fieldAt(path)?.note ?? CONTAINERS[path];
      return [key, { ...withNotes(shape, path), ...(note !== undefined && { description: note }) }];
    }),
  );
}
