// Goal: the loops of the npm package `openai` go on with the signatures that Gemini gave; its many other habits are shown in e2e/clients.
import { testClient } from "./test-client.ts";

await testClient("openai for Node", () => import("./cases/openai-node.ts"));
