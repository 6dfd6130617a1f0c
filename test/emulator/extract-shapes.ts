// Draws published-shapes.json from Google's own client packages: names and types of fields, nothing else of them.
//
//   node test/emulator/extract-shapes.ts <path of @google-ai/generativelanguage> <path of @google/genai>
//
// Unpack both (`npm pack NAME && tar xf …`) and give the two folders. Writes the file beside this one.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type Fields = Record<string, string>;

interface Shapes {
  readonly package: string;
  readonly messages: Record<string, Fields>;
  readonly enums: Record<string, readonly string[]>;
}

/** What published-shapes.json holds. */
export interface PublishedShapes {
  readonly notice: string;
  readonly protos: Shapes;
  readonly types: Shapes & {
    /** Fields and enum values that only Vertex AI takes, as `Message.field` and `Enum.VALUE`. */
    readonly vertexOnly: readonly string[];
  };
}

const NOTICE =
  "Field names and types drawn from packages of Google LLC, licensed under the Apache License, Version 2.0 " +
  "(http://www.apache.org/licenses/LICENSE-2.0). Regenerate with extract-shapes.ts.";

const ROOTS = ["GenerateContentRequest", "CountTokensRequest", "CreateFileRequest"];

/** The SDK flattens the request; these are what is nested in it, and its flat part. */
const TYPE_ROOTS = ["Content", "Tool", "ToolConfig", "SafetySetting", "GenerationConfig", "GenerateContentConfig"];

/** One of the packages has CRLF line ends. */
const readLines = (path: string): string => readFileSync(path, "utf8").replaceAll("\r\n", "\n");

const versionOf = (folder: string): string => {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  return `${name} ${version}`;
};

/** A node of a protobuf.js JSON descriptor, as far as it is read. */
interface ProtoNode {
  readonly fields?: Record<string, { readonly type: string; readonly rule?: string; readonly keyType?: string }>;
  readonly values?: Record<string, number>;
  readonly nested?: Record<string, ProtoNode>;
}

const WELL_KNOWN: Readonly<Record<string, string>> = {
  "google.protobuf.Struct": "struct",
  "google.protobuf.Value": "any",
  "google.protobuf.Duration": "duration",
  "google.protobuf.Timestamp": "timestamp",
};

function readProtos(folder: string): Shapes {
  let scope = JSON.parse(readFileSync(join(folder, "build/protos/protos.json"), "utf8")) as ProtoNode;
  for (const name of ["google", "ai", "generativelanguage", "v1beta"]) scope = scope.nested?.[name] ?? {};
  const messages: Record<string, Fields> = {};
  const enums: Record<string, readonly string[]> = {};
  const find = (name: string) => name.split(".").reduce<ProtoNode | undefined>((at, key) => at?.nested?.[key], scope);
  /** The full name of a type seen from inside a message: nested names come first. */
  const resolve = (type: string, inside: string): string =>
    WELL_KNOWN[type] ?? (find(`${inside}.${type}`) ? `${inside}.${type}` : type);
  const visit = (name: string): void => {
    const node = find(name);
    if (node?.values !== undefined) enums[name] = Object.keys(node.values);
    if (node?.fields === undefined || messages[name] !== undefined) return;
    const fields: Fields = {};
    messages[name] = fields;
    for (const [field, { type, rule, keyType }] of Object.entries(node.fields)) {
      const full = resolve(type, name);
      fields[field] = rule === "repeated" ? `${full}[]` : keyType === undefined ? full : `map<${full}>`;
      visit(full);
    }
  };
  ROOTS.forEach(visit);
  return { package: versionOf(folder), messages, enums };
}

const DECLARATION = /^(?:export )?declare (interface|class|enum) (\w+)[^\n]*\{\n([^]*?)^\}/gm;
const MEMBER =
  /(?<comment>\/\*\*(?:(?!\*\/)[^])*\*\/\s*)?^ {4}(?<name>\w+)(?:\??: (?<type>[^;]+);| = "(?<value>[^"]+)")/gm;
const VERTEX_ONLY = /not\s+supported in Gemini API/;

interface Declared {
  readonly kind: string;
  readonly members: readonly { name: string; type: string; value: string; vertexOnly: boolean }[];
}

function readDeclarations(text: string): Map<string, Declared> {
  const declarations = new Map<string, Declared>();
  for (const [, kind = "", name = "", body = ""] of text.matchAll(DECLARATION)) {
    const members = [...body.matchAll(MEMBER)].map(({ groups = {} }) => ({
      name: groups["name"] ?? "",
      type: groups["type"] ?? "",
      value: groups["value"] ?? "",
      vertexOnly: VERTEX_ONLY.test(groups["comment"] ?? ""),
    }));
    declarations.set(name, { kind, members });
  }
  return declarations;
}

/** The converters to the Gemini API throw for what only Vertex AI takes: `imageConfigToMldev` for ImageConfig. */
function readRefusals(code: string): readonly string[] {
  return [...code.matchAll(/^function (\w)(\w*)ToMldev[^]*?^\}/gm)].flatMap(([body, first = "", rest = ""]) =>
    [...body.matchAll(/'(\w+) parameter is only supported in Gemini Enterprise/g)].flatMap(([, field]) => {
      const path = `${first.toUpperCase()}${rest}.${field}`;
      // The SDK's flat config spreads over two messages.
      return [path, path.replace(/^GenerateContentConfig\./, "GenerationConfig.")];
    }),
  );
}

function readTypes(folder: string): PublishedShapes["types"] {
  const declarations = readDeclarations(readLines(join(folder, "dist/genai.d.ts")));
  const messages: Record<string, Fields> = {};
  const enums: Record<string, readonly string[]> = {};
  const vertexOnly = new Set<string>();
  const visit = (name: string): void => {
    const declared = declarations.get(name);
    if (declared === undefined || messages[name] !== undefined || enums[name] !== undefined) return;
    for (const member of declared.members) {
      if (member.vertexOnly) vertexOnly.add(`${name}.${declared.kind === "enum" ? member.value : member.name}`);
    }
    if (declared.kind === "enum") {
      enums[name] = declared.members.map(({ value }) => value);
      return;
    }
    messages[name] = Object.fromEntries(declared.members.map(({ name: field, type }) => [field, type]));
    for (const { name: field, type } of declared.members) {
      if (!vertexOnly.has(`${name}.${field}`)) for (const [word] of type.matchAll(/\w+/g)) visit(word);
    }
  };
  for (const path of readRefusals(readLines(join(folder, "dist/index.mjs")))) vertexOnly.add(path);
  TYPE_ROOTS.forEach(visit);
  const known = [...vertexOnly].filter((path) => {
    const [type = "", member = ""] = path.split(".");
    return messages[type]?.[member] !== undefined || enums[type]?.includes(member) === true;
  });
  return { package: versionOf(folder), messages, enums, vertexOnly: known.toSorted() };
}

const [protoFolder, typesFolder] = process.argv.slice(2);
if (protoFolder === undefined || typesFolder === undefined) throw new Error("Two package folders are needed.");
const shapes: PublishedShapes = { notice: NOTICE, protos: readProtos(protoFolder), types: readTypes(typesFolder) };
writeFileSync(new URL("published-shapes.json", import.meta.url), `${JSON.stringify(shapes, undefined, 2)}\n`);
