// OpenAI messages → messages of the contract, one for one, so that a place in one is the same place in the other.
import { Failure } from "../chat/failures.ts";
import type { RaiseWarning } from "../chat/warnings.ts";
import { Role, type Media, type Message } from "../gen/gemini/chat/v1/chat_pb.ts";
import { readAssistantMessage } from "./assistant-message.ts";
import { readMedia } from "./media.ts";
import { PartList } from "./part-list.ts";
import type { Message as PlainMessage, ToolMessage } from "./schema/messages.ts";

interface ReadMessages {
  /** As many as were given. One that says nothing has no parts; the service leaves it out and says so. */
  readonly messages: Message[];
  /** For each part of each message the OpenAI parameter it was read from, relative to the message. */
  readonly partParams: readonly (readonly string[])[];
}

/** As many media as a tool result of the contract may have. */
const RESULT_MEDIA_MAX = 64;

/** Reads a conversation. Throws a Failure that names the OpenAI parameter. */
export function readMessages(messages: readonly PlainMessage[], raise: RaiseWarning): ReadMessages {
  const callNames = new Map<string, string>();
  const lists = messages.map((message, index) => {
    const list = readMessage(message, `messages[${index}]`, callNames, raise);
    for (const { kind } of list.parts) if (kind.case === "toolCall") callNames.set(kind.value.id, kind.value.name);
    return list;
  });
  return {
    messages: messages.map((message, index) => ({
      $typeName: "gemini.chat.v1.Message",
      role: toRole(message.role),
      name: (message.name ?? "").toWellFormed(),
      parts: lists[index]?.parts ?? [],
    })),
    partParams: lists.map(({ params }) => params),
  };
}

function toRole(role: PlainMessage["role"]): Role {
  switch (role) {
    case "system":
    case "developer":
      return Role.SYSTEM;
    case "user":
      return Role.USER;
    case "assistant":
      return Role.ASSISTANT;
    case "tool":
      return Role.TOOL;
  }
}

function readMessage(
  message: PlainMessage,
  at: string,
  callNames: ReadonlyMap<string, string>,
  raise: RaiseWarning,
): PartList {
  if (message.role === "assistant") return readAssistantMessage(message, at, raise);
  if (message.role === "tool") return readToolMessage(message, at, callNames, raise);
  const list = new PartList(at, raise);
  if (message.role === "user") list.addContent(message.content);
  else list.addTexts(message.content);
  return list;
}

/** One result. Its text goes as it is, several texts as lines; the function's name is looked up from the call. */
function readToolMessage(
  message: ToolMessage,
  at: string,
  callNames: ReadonlyMap<string, string>,
  raise: RaiseWarning,
): PartList {
  const { texts, media } = readResult(message, at);
  const toolCallId = (message.tool_call_id ?? "").toWellFormed();
  const list = new PartList(at, raise);
  list.add(
    {
      case: "toolResult",
      value: {
        $typeName: "gemini.chat.v1.ToolResult",
        toolCallId,
        name: callNames.get(toolCallId) ?? (message.name ?? "").toWellFormed(),
        content: texts.join("\n"),
        isError: false,
        media,
      },
    },
    "content",
  );
  return list;
}

/** Text stays whole, also with images in it: what a function says is data, not a message. */
function readResult({ content }: ToolMessage, at: string): { texts: string[]; media: Media[] } {
  const texts: string[] = [];
  const media: Media[] = [];
  if (typeof content === "string") texts.push(content.toWellFormed());
  for (const [index, part] of Array.isArray(content) ? content.entries() : []) {
    if (part.type === "text") texts.push(part.text.toWellFormed());
    else media.push(readMedia(part, `${at}.content[${index}]`).media);
  }
  if (media.length > RESULT_MEDIA_MAX) {
    const field = `${at}.content`;
    throw new Failure(
      "INVALID_VALUE",
      `Invalid '${field}': a tool result has at most ${RESULT_MEDIA_MAX} media parts.`,
      { field },
    );
  }
  return { texts, media };
}
