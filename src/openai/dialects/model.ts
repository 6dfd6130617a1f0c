// Options that others write into the model id, with letters that no id of Google's has: bars, brackets and colons. So no listed model can
// be meant, and the options move to where they belong. Suffixes of plain letters are read later, when the list of models is at hand.
import { EFFORTS } from "../schema.ts";
import { type Json } from "../json-object.ts";
import { fill, row, type Row } from "./row.ts";
import { Type } from "../shape.ts";

/** Nearly every id; the rest is only for others. */
const PLAIN = /^[A-Za-z0-9._-]*$/;
/** The provider in front of an id: OpenRouter's and Vertex' word, and LiteLLM's. */
const PROVIDER = /^(google|gemini)\//;
/** The seed's groups of keys: `name|[free]`, `name|[plus,pro]`. */
const GROUP = /\|\[[^\]]*\]/g;
/** The seed's parameters of a model: `name-[thinking]`. */
const BRACKETED = /-\[([A-Za-z0-9]+)\]/g;
/** openai-gemini's and OpenRouter's variants: `name:search`, `name:online`, `name:thinking`. */
const VARIANT = /:(search|online|thinking)$/;
/** CLIProxyAPI's thinking: `name(8192)`, `name(high)`, `name(auto)`. */
const IN_PARENTHESES = /\(([a-z0-9-]{1,10})\)$/;

export const MODEL_ROWS: readonly Row[] = [
  row(
    "model",
    Type.String(),
    (model, draft, { raise }) => {
      const id = model.replace(PROVIDER, "");
      const ungrouped = id.replace(GROUP, "");
      if (ungrouped !== id) {
        raise("parameter_ignored", "model", "Callers do not choose a group of keys here; the group was not read.");
      }
      const plain = ungrouped.replace(BRACKETED, "-$1");
      const [, variant] = VARIANT.exec(plain) ?? [];
      if (variant === "search" || variant === "online") addSearch(draft);
      const base = plain.replace(VARIANT, variant === "thinking" ? "-thinking" : "");
      draft["model"] = base.replace(IN_PARENTHESES, (whole, word: string) => toSuffix(word) ?? whole);
    },
    (model) => typeof model === "string" && !PLAIN.test(model),
  ),
];

function addSearch(draft: Json): void {
  fill(draft, "web_search_options", {});
}

/** The suffix that says the same; undefined for a word that means nothing. */
function toSuffix(word: string): string | undefined {
  if (/^[0-9]{1,7}$/.test(word)) return `-thinking-${word}`;
  if (word === "auto" || word === "-1") return "-thinking";
  if (word === "none") return "-nothinking";
  return (EFFORTS as readonly string[]).includes(word) ? `-${word}` : undefined;
}
