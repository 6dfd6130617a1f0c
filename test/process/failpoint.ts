// A bug on demand, in a gateway as its users run it.

/** What to give as NODE_OPTIONS: code that is loaded before the program and runs the statement once it is sent SIGUSR2. */
export function failpoint(statement: string): string {
  const code = `process.once("SIGUSR2", () => setImmediate(() => { ${statement} }))`;
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}
