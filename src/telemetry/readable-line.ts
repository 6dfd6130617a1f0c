// Turns one JSON line of the log into one a person reads on a terminal.

const RESET = "\u001b[0m";
const DIM = "\u001b[2m";
const COLOURS: Record<string, string> = { warn: "\u001b[33m", error: "\u001b[31m", fatal: "\u001b[31m" };

/** `{"level":"info","time":"…T10:11:12.131Z","rpc":"Chat","msg":"call finished"}` → `10:11:12 info  call finished rpc=Chat` */
export function toReadableLine(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, string | number | boolean>;
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${toWord(value)}`);
  const clock = String(time).slice(11, 19);
  const word = `${COLOURS[String(level)] ?? ""}${String(level).padEnd(5)}${RESET}`;
  return `${DIM}${clock}${RESET} ${word} ${msg}${facts.length > 0 ? ` ${DIM}${facts.join(" ")}${RESET}` : ""}\n`;
}

/** A value as one word: quoted where a space or a control character would end it. */
function toWord(value: string | number | boolean): string {
  const text = String(value);
  return /^[^\s"\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}
