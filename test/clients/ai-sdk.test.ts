// Goal: programs with the AI SDK work, by its provider for compatible APIs and by its provider for OpenAI, which forgets signatures.
import { testClient } from "./test-client.ts";

await testClient("ai with @ai-sdk/openai-compatible and @ai-sdk/openai", () => import("./cases/ai-sdk.ts"));
