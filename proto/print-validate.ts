// Prints proto/buf/validate/validate.proto from the descriptor inside @bufbuild/protovalidate: buf needs the file to compile our contract,
// and no npm package ships it. Rules' own CEL programs are left out: only the shape of the options matters to a compiler.
import { mkdirSync, writeFileSync } from "node:fs";
import { file_buf_validate_validate as file } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

const LABELS = { 1: "optional", 2: "required", 3: "repeated" } as const;
const SCALARS: Record<number, string> = {
  1: "double",
  2: "float",
  3: "int64",
  4: "uint64",
  5: "int32",
  6: "fixed64",
  7: "fixed32",
  8: "bool",
  9: "string",
  12: "bytes",
  13: "uint32",
  15: "sfixed32",
  16: "sfixed64",
  17: "sint32",
  18: "sint64",
};

type Field = (typeof file.proto.messageType)[number]["field"][number];

function field(f: Field, label = true): string {
  const type = SCALARS[f.type] ?? f.typeName;
  const prefix = label ? `${LABELS[f.label as 1 | 2 | 3]} ` : "";
  return `${prefix}${type} ${f.name} = ${f.number};`;
}

function print(): string {
  const { proto } = file;
  const lines = [
    "// Printed by proto/print-validate.ts from @bufbuild/protovalidate (Apache-2.0). Do not edit.",
    'syntax = "proto2";',
    `package ${proto.package};`,
    ...proto.dependency.map((path) => `import "${path}";`),
  ];
  for (const extension of proto.extension) lines.push(`extend ${extension.extendee} {`, field(extension), "}");
  for (const message of proto.messageType) {
    lines.push(`message ${message.name} {`);
    for (const f of message.field) if (f.oneofIndex === undefined || !isSet(f)) lines.push(field(f));
    message.oneofDecl.forEach((oneof, index) => {
      lines.push(`oneof ${oneof.name} {`);
      for (const f of message.field) if (isSet(f) && f.oneofIndex === index) lines.push(field(f, false));
      lines.push("}");
    });
    for (const range of message.extensionRange) lines.push(`extensions ${range.start} to ${rangeEnd(range.end)};`);
    lines.push("}");
  }
  for (const item of proto.enumType) {
    lines.push(`enum ${item.name} {`, ...item.value.map((value) => `${value.name} = ${value.number};`), "}");
  }
  return `${lines.join("\n")}\n`;
}

/** protobuf-es keeps presence in the prototype: an own `oneofIndex` means the field is in a oneof, index 0 included. */
function isSet(f: Field): boolean {
  return Object.hasOwn(f, "oneofIndex");
}

function rangeEnd(exclusive: number): string {
  return exclusive > 536_870_911 ? "max" : String(exclusive - 1);
}

mkdirSync("proto/buf/validate", { recursive: true });
writeFileSync("proto/buf/validate/validate.proto", print());
