// The bench's mock upstream: the faulty Gemini, answering by model name.

import { startFaultyGemini } from "../../test/support/faulty-gemini.ts";

const gemini = await startFaultyGemini({ keepCalls: 0 });
console.log(`listening ${gemini.origin}`);
