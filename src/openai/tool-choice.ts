// tool_choice in all its forms → ToolChoice.
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { ToolChoice_Mode as Mode, type Tool, type ToolChoice } from "../gen/gemini/chat/v1/chat_pb.ts";
import { quoteForMessage } from "./quote.ts";
import type { ChatCompletionBody } from "./schema.ts";
import type { NamedTool } from "./schema/tools.ts";

type Choice = NonNullable<ChatCompletionBody["tool_choice"]>;

const WORDS: ReadonlyMap<string, Mode> = new Map([
  ["none", Mode.NONE],
  ["auto", Mode.AUTO],
  ["required", Mode.REQUIRED],
]);

/** The tools a choice names, and where. */
interface Names {
  readonly mode: Mode;
  readonly entries: readonly { readonly name: string; readonly param: string }[];
}

/** The choice among `tools`; undefined when nothing was said. Throws INVALID_VALUE for a tool that is not there. */
export function readToolChoice(
  body: ChatCompletionBody,
  tools: readonly Tool[],
  raise: RaiseWarning,
): ToolChoice | undefined {
  const choice = body.tool_choice ?? undefined;
  if (choice === undefined) return undefined;
  const { mode, entries } = readChoice(choice);
  if (tools.length === 0) {
    if (mode !== Mode.REQUIRED && entries.length === 0) return undefined;
    throw new Failure(
      "INVALID_VALUE",
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      {
        field: "tool_choice",
      },
    );
  }
  const allowedNames = entries.flatMap(({ name, param }) => nameOfFunction(name, param, tools, raise));
  // Gemini can be made to call a function, but none of its own tools.
  const free = entries.length > 0 && allowedNames.length === 0;
  return { $typeName: "gemini.chat.v1.ToolChoice", mode: free ? Mode.AUTO : mode, allowedNames };
}

function readChoice(choice: Choice): Names {
  if (typeof choice === "string") return { mode: WORDS.get(choice) ?? Mode.AUTO, entries: [] };
  if (choice.type !== "allowed_tools") return { mode: Mode.REQUIRED, entries: [entryOf(choice, "tool_choice")] };
  const { mode, tools } = choice.allowed_tools;
  return {
    mode: WORDS.get(mode) ?? Mode.AUTO,
    entries: tools.map((tool, index) => entryOf(tool, `tool_choice.allowed_tools.tools[${index}]`)),
  };
}

function entryOf(tool: NamedTool, at: string): Names["entries"][number] {
  return tool.type === "function"
    ? { name: tool.function.name, param: `${at}.function.name` }
    : { name: tool.custom.name, param: `${at}.custom.name` };
}

/** The name if it is a function's; none, with a warning, for one of Gemini's tools. */
function nameOfFunction(name: string, param: string, tools: readonly Tool[], raise: RaiseWarning): string[] {
  if (tools.some(({ kind }) => kind.case === "function" && kind.value.name === name)) return [name];
  const bare = name.replaceAll("_", "").toLowerCase();
  if (tools.some(({ kind }) => kind.case !== "function" && kind.case?.toLowerCase() === bare)) {
    raise("tool_choice_adjusted", param, `Gemini cannot be made to use its own tool ${quoteForMessage(name)}; it may.`);
    return [];
  }
  const message = `Invalid value for 'tool_choice': no tool is named ${quoteForMessage(name)} in 'tools'.`;
  throw new Failure("INVALID_VALUE", message, { field: param });
}
