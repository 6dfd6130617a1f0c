// The version of this build, from package.json: the one place where it is written.
import { readFileSync } from "node:fs";

interface PackageFacts {
  readonly version: string;
}

export const VERSION: string = (
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as PackageFacts
).version;
