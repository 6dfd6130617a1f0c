// The program: configuration → app → listening → drain. Exit codes: 0 after a drain, 78 for a bad configuration, 1 for anything else.
// Users start it by start.js, which makes the start shorter and the process smaller.
import { enableCompileCache } from "node:module";

// For those who run this file itself: compiled code is kept between starts.
enableCompileCache();
const { run } = await import("./run.ts");
await run();
