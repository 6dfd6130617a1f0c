// Whether the packages of this folder are there as its lockfile wants them.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where `npm ci` of this folder runs. */
export const FOLDER: string = import.meta.dirname;

/** Written after an installation: the digest of the lockfile it followed. */
export const STAMP: string = join(FOLDER, "node_modules/.lockfile-sha256");

export function lockfileDigest(): string {
  return createHash("sha256")
    .update(readFileSync(join(FOLDER, "package-lock.json")))
    .digest("hex");
}

/** False also when the lockfile has changed since. */
export function areClientsInstalled(): boolean {
  try {
    return readFileSync(STAMP, "utf8") === lockfileDigest();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
