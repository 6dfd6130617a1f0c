// Goal: programs with LangChain.js work; it forgets signatures and knows reasoning only by the name `reasoning_content`.
import { testClient } from "./test-client.ts";

await testClient("@langchain/openai", () => import("./cases/langchain.ts"));
