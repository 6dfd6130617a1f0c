// Conversations that are not as Gemini wants its turns: who speaks when, and what stands where.
import { model, says, text, user, type RequestHabit } from "./request-case.ts";

const assistant = (content: unknown): object => ({ role: "assistant", content });
const system = (content: string): object => ({ role: "system", content });
const GEMMA = "gemma-3-27b-it";

export const TURN_HABITS: RequestHabit = {
  name: "a client that does not know Gemini's turns",
  cases: [
    {
      title: "and speaks twice",
      body: { messages: [user("A"), user("B")] },
      arrives: { contents: [says(text("A"), text("B"))] },
    },
    {
      title: "and lets the assistant speak twice",
      body: { messages: [user("A"), assistant("B"), assistant("C"), user("D")] },
      arrives: { contents: [says(text("A")), model(text("B"), text("C")), says(text("D"))] },
    },
    {
      title: "and ends with the assistant",
      body: { messages: [user("A"), assistant("B")] },
      arrives: { contents: [says(text("A")), model(text("B")), says(text("Continue."))] },
      warnings: ["trailing_model_turn:messages[1]"],
    },
    {
      title: "and ends with the assistant on a model that takes it",
      body: { model: "gemini-2.5-flash-lite", messages: [user("A"), assistant("B")] },
      arrives: { contents: [says(text("A")), model(text("B"))] },
    },
    {
      title: "and begins with the assistant",
      body: { messages: [assistant("Hello!"), user("A")] },
      arrives: { contents: [model(text("Hello!")), says(text("A"))] },
    },
    {
      title: "and only instructs",
      body: { messages: [system("Tell a joke.")] },
      arrives: { contents: [says(text("Tell a joke."))] },
      warnings: ["role_adjusted:messages[0]"],
    },
    {
      title: "and instructs in the middle",
      body: { messages: [user("A"), assistant("B"), system("Be terse."), user("C")] },
      arrives: {
        contents: [says(text("A")), model(text("B")), says(text("<system>\nBe terse.\n</system>"), text("C"))],
      },
      warnings: ["system_in_place:messages[2]"],
    },
    {
      title: "and instructs Gemma, which has no instructions",
      body: { model: GEMMA, messages: [system("Be terse."), user("A")] },
      arrives: { contents: [says(text("Be terse.\n\nA"))] },
      warnings: ["system_as_user_text:messages[0]"],
    },
    {
      title: "and says nothing in one message",
      body: { messages: [user("A"), assistant(""), user("B")] },
      arrives: { contents: [says(text("A"), text("B"))] },
      warnings: ["message_dropped:messages[1]"],
    },
    {
      title: "and says nothing at all",
      body: { messages: [user("")] },
      refused: { param: "messages", code: "missing_required_parameter" },
    },
    {
      title: "and sends a result for no call",
      body: { messages: [user("A"), { role: "tool", tool_call_id: "call_9", content: "lost" }, user("B")] },
      arrives: { contents: [says(text("A"), text("B"))] },
      warnings: ["tool_result_orphaned:messages[1].content"],
    },
    { title: "and sends no messages", body: { messages: [] }, refused: { param: "messages", code: "invalid_value" } },
    {
      title: "and has a role of its own",
      body: { messages: [{ role: "narrator", content: "A" }] },
      refused: { param: "messages[0].role", code: "invalid_value" },
    },
    {
      title: "and names a sound it heard before",
      body: { messages: [user("A"), assistant("B"), { role: "assistant", audio: { id: "audio_1" } }, user("C")] },
      arrives: { contents: [says(text("A")), model(text("B")), says(text("C"))] },
      warnings: ["audio_reference_ignored:messages[2].audio", "message_dropped:messages[2]"],
    },
  ],
};
