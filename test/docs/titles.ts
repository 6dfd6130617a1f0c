// Whether a test that a page names is there.
import { readFileSync } from "node:fs";

const OPENINGS = ["test", "it"].flatMap((word) => ['"', "'", "`"].map((quote) => [`${word}(${quote}`, quote] as const));

/** Whether a test of this title stands in a file under test/, and is not skipped. */
export function hasTest(file: string, title: string): boolean {
  // A long title stands on a line of its own.
  const text = readFileSync(new URL(`../${file}`, import.meta.url), "utf8").replaceAll(/\b(test|it)\(\s+/g, "$1(");
  return OPENINGS.some(([opening, quote]) => text.includes(`${opening}${title}${quote},`));
}
