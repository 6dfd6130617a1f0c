// Goal: programs with the OpenAI Agents SDK work over chat completions; it forgets signatures when it streams.
import { testClient } from "./test-client.ts";

await testClient("@openai/agents", () => import("./cases/agents.ts"));
