// Runs a client's tests where its package is there, and else tells by name that they are skipped.
import { test } from "node:test";
import { areClientsInstalled } from "./installed.ts";

const MISSING = "the packages of test/clients are not installed; `node test/clients/install.ts` does it";

/** Loads the tests of a client, which import its package. Without it they are one skipped test, or with REQUIRE_ALL=1 a failed one. */
export async function testClient(name: string, load: () => Promise<unknown>): Promise<void> {
  if (areClientsInstalled()) {
    await load();
    return;
  }
  test(name, { skip: process.env["REQUIRE_ALL"] === "1" ? false : MISSING }, () => {
    throw new Error(MISSING);
  });
}
