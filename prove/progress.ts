/** Says on stderr what goes on, and the time. */
export function sayWithTime(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
