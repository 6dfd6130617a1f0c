// Goal: what the documents say of the tree is true of the tree: the map, first lines, one vocabulary per folder, nothing of a machine.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { FAILURES } from "../src/chat/failures.ts";
import { WARNING_CODES } from "../src/chat/warnings.ts";

const files = readdirSync("src", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => `${entry.parentPath}/${entry.name}`)
  .filter((path) => !path.startsWith("src/gen"));

const readme = readFileSync("README.md", "utf8");

/** Comments may name things of the other side; code may not. */
function withoutComments(path: string): string {
  return readFileSync(path, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
}

test("the README's map names every folder of src, and no other", () => {
  const folders = readdirSync("src", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const mapped = [...readme.matchAll(/`src\/([a-z]+)\/`/g)].map(([, name]) => name);
  assert.deepEqual(new Set(mapped), new Set(folders.map(({ name }) => name)));
});

test("every link of the README leads to a file", () => {
  for (const [, path = ""] of readme.matchAll(/\]\(([^)]+\.md)\)/g)) assert.ok(existsSync(path), path);
});

test("every file says in its first line what it owns", () => {
  for (const path of files) assert.match(readFileSync(path, "utf8"), /^\/\/ \S.{10,}/, path);
});

test("no file is a drawer for leftovers", () => {
  for (const path of files) assert.doesNotMatch(path, /\b(utils?|helpers?|common|misc)\b/);
});

const VOCABULARIES: readonly { words: RegExp; folders: RegExp }[] = [
  {
    words: /\b(generateContent|functionCallingConfig|thinkingConfig|usageMetadata)\b/,
    folders: /^src\/(gemini|emulator|openai\/dialects)/,
  },
  { words: /\b(finish_reason|chat\.completion|max_completion_tokens|response_format)\b/, folders: /^src\/openai/ },
];

for (const { words, folders } of VOCABULARIES) {
  test(`the words ${words.source} stay in their folders`, () => {
    for (const path of files) {
      if (!folders.test(path)) assert.doesNotMatch(withoutComments(path), words, path);
    }
  });
}

test("outgoing requests are made in two places only", () => {
  for (const path of files) {
    if (/^src\/(gemini|media|emulator)\//.test(path)) continue;
    assert.doesNotMatch(readFileSync(path, "utf8"), /from "undici"|\bfetch\(|node:https"/, path);
  }
});

test("every warning and failure of the catalogues is raised somewhere", () => {
  const code = files
    .filter((path) => !/chat\/(warnings|failures)\.ts$/.test(path))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  for (const word of [...Object.keys(WARNING_CODES), ...Object.keys(FAILURES)])
    assert.ok(code.includes(`"${word}"`), word);
});

test("each dependency has its reason", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<
    string,
    Record<string, string>
  >;
  const reasons = readFileSync("docs/dependencies.md", "utf8");
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    assert.ok(reasons.includes(`\`${name}\``), name);
});

test("nothing that is committed names a machine's path or a registry's host", () => {
  const tracked = execFileSync("git", ["ls-files"], { encoding: "utf8" })
    .split("\n")
    .filter((path) => path !== "" && existsSync(path));
  for (const path of tracked) {
    if (path.startsWith("test/recordings/") || path === "test/structure.test.ts") continue;
    const text = readFileSync(path, "utf8");
    assert.doesNotMatch(text, /\/work\/|\/root\/|\/home\/[a-z]|registry\.npmjs|"resolved": "http/, path);
  }
});
