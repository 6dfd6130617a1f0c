// Installs the packages of this folder, once for each lockfile. `npm test` begins with it; `npm ci` of the project does not need them.
// No registry within reach is no failure, unless REQUIRE_ALL=1: the clients' tests are skipped then.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { areClientsInstalled, FOLDER, lockfileDigest, STAMP } from "./installed.ts";

/** 45 packages: seconds, and on a slow line a few minutes. */
const INSTALL_TIMEOUT_MS = 300_000;

/** None of the packages needs an install script. The prefix overrules that of the npm that runs the tests. */
const OPTIONS = [
  "--prefix",
  FOLDER,
  "--ignore-scripts",
  "--prefer-offline",
  "--no-audit",
  "--no-fund",
  "--fetch-retries=1",
  "--fetch-timeout=60000",
];

if (!areClientsInstalled()) {
  console.log("installing the packages of test/clients");
  const { status, error } = spawnSync("npm", ["ci", ...OPTIONS], {
    cwd: FOLDER,
    stdio: "inherit",
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (status === 0) writeFileSync(STAMP, lockfileDigest());
  else {
    console.error(`test/clients could not be installed (${error?.message ?? `npm ci ended with ${status}`})`);
    if (process.env["REQUIRE_ALL"] === "1") process.exitCode = 1;
  }
}
