/** Writes a line of progress with the time to stderr. */
export function sayWithTime(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
