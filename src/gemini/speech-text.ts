// Text that is to be spoken: who says it and how. Models from 3.8 on read it verbatim and take speaker and style beside it; older
// ones are directed by the text itself (`Say cheerfully: …`, lines `Joe: …`).
import { Failure } from "../chat/failures.ts";
import type { Part } from "../gen/gemini/chat/v1/chat_pb.ts";
import { present } from "./json.ts";
import type { PartContext } from "./parts.ts";
import type { WirePart } from "./wire-request.ts";

type Direction = Pick<Part, "speaker" | "style">;

/** The parts that a text becomes. Throws when several speakers are set up and nothing says whose text it is. */
export function toSpeechParts(text: string, direction: Direction, path: string, context: PartContext): WirePart[] {
  if (!context.model.verbatimSpeech) return [{ text: toDirectedText(text, direction) }];
  const { speakers, raise } = context;
  if (speakers.length === 0) {
    if (direction.speaker !== "") raise("parameter_ignored", `${path}.speaker`, "One voice speaks all text.");
    return [toVerbatimPart(text, { speaker: "", style: direction.style })];
  }
  if (direction.speaker === "") return splitLines(text, direction.style, speakers, path);
  if (speakers.includes(direction.speaker)) return [toVerbatimPart(text, direction)];
  throw new Failure("INVALID_VALUE", `${direction.speaker} is not one of the speakers.`, { field: `${path}.speaker` });
}

function toDirectedText(text: string, { speaker, style }: Direction): string {
  if (speaker === "") return style === "" ? text : `Say ${style}: ${text}`;
  return style === "" ? `${speaker}: ${text}` : `${speaker} (${style}): ${text}`;
}

function toVerbatimPart(text: string, { speaker, style }: Direction): WirePart {
  const speechMetadata = present({ ...(speaker && { speaker }), ...(style && { style }) });
  return speechMetadata === undefined ? { text } : { text, speechMetadata };
}

/** Text written for older models: lines `Joe: …`, and before them a direction, which becomes the style. */
function splitLines(text: string, style: string, speakers: readonly string[], path: string): WirePart[] {
  const lines: { speaker: string; text: string }[] = [];
  const directions: string[] = [];
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    const speaker = line.slice(0, Math.max(colon, 0)).trim();
    const last = lines.at(-1);
    if (speakers.includes(speaker)) lines.push({ speaker, text: line.slice(colon + 1).trim() });
    else if (last) last.text += `\n${line}`;
    else directions.push(line);
  }
  if (lines.length === 0) {
    const message = `Each text needs a speaker: set it, or begin lines with \`${speakers.join(":` or `")}:\`.`;
    throw new Failure("MISSING_REQUIRED_PARAMETER", message, { field: `${path}.speaker` });
  }
  const styleOfAll = style === "" ? directions.join("\n").trim() : style;
  return lines.map((line) => toVerbatimPart(line.text.trimEnd(), { speaker: line.speaker, style: styleOfAll }));
}
