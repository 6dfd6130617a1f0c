// The program's file: prepares the runtime, then runs main.ts. JavaScript, because with a warm compile cache nothing else needs Node's
// TypeScript compiler, which is 13 MB and 25 ms of every start.
import { enableCompileCache, flushCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// Bodies of pictures lie outside of the heap. V8 else goes through the whole heap once for some 60 MB of them, however much of it is in
// use: a third of the CPU of a 5 MB picture (measured). A larger factor costs more memory when many large bodies come at once.
setFlagsFromString("--external-memory-accounted-in-global-limit");
setFlagsFromString("--external-memory-max-growing-factor=1.1");
// Loading makes objects that live long. Young space would grow to 32 MB for them, stay so while the server idles, and be empty. Node warns
// of flags that change while V8 runs; this one it reads anew whenever young space is to grow, and nothing is derived from it.
setFlagsFromString("--semi-space-growth-factor=1");
enableCompileCache();
await import("./main.ts");
// Now, so that a killed process leaves it too; and before the flag changes, which is part of the cache's key.
flushCompileCache();
// V8's own: young space grows with the load.
setFlagsFromString("--semi-space-growth-factor=2");
// Functions that run once for each request else wait for some 16,000 of these before V8 optimises them; that long a request costs a
// third more, and half of that is compiling in between. Now it is done sooner (measured: unary 0.77, 50 events 0.91, 200 events 0.95).
setFlagsFromString("--invocation-count-for-turbofan=500");
