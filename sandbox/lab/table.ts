import { markdownTable } from 'markdown-table';
import type { LabCase } from './cases.js';

/** @returns the cases as the table of docs/lab.md, in Markdown */
export function labTable(cases: readonly LabCase[]): string {
  const rows = cases.map(({ name, does, picture, cause, hop }) => {
    const verdict = cause ? `\`${cause}\` at ${hop}` : 'whole';
    return [`\`${name}\``, does, picture, verdict];
  });
  return markdownTable([['case', 'what is broken', 'what you see', 'verdict'], ...rows], { alignDelimiters: false });
}
