// Prints src/gen/openai/fits-body.ts: what typebox compiles from the shape of the request body. Compiled here, it costs a start none of
// typebox's modules and the first request no compiling. With --check it only tells whether the committed file is up to date.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Build } from "typebox/schema";
import { ChatCompletionBody } from "../src/openai/schema.ts";

const FILE = "src/gen/openai/fits-body.ts";

function print(): string {
  const build = Build(ChatCompletionBody);
  const { identifier, variables } = build.External();
  // Patterns print as they are written; whatever else there could be would not.
  const known = variables.every((variable: unknown) => variable instanceof RegExp) && !build.UseUnevaluated();
  if (!known) throw new Error("the shape needs something that cannot be printed");
  return `// Printed by proto/print-fits-body.ts from the shape in src/openai/schema.ts. Do not edit.
// @ts-nocheck
import { Guard } from "typebox/guard";

const ${identifier} = [${variables.join(", ")}];
${build.Functions().join(";\n")};

/** Whether a value has the shape of a request body. */
export const fitsBody: (value: unknown) => boolean = (value) => ${build.Entry()};
`;
}

const text = print();
if (process.argv.includes("--check")) {
  if (readFileSync(FILE, "utf8") !== text) {
    console.error(`${FILE} is out of date: npm run generate`);
    process.exitCode = 1;
  }
} else {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, text);
}
