/** What a table consists of, cell by cell. */
export type Row = readonly string[];

/**
 * @param head the columns' names
 * @param rows as many cells each
 * @param numbers whether every column but the first holds numbers, and stands to the right
 * @returns a table in Markdown
 * @see https://github.github.com/gfm/#tables-extension-
 */
export function markdownTable(head: Row, rows: readonly Row[], { numbers = false } = {}): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (numbers && column > 0 ? '---:' : '---'));
  return [head, rule, ...rows].map(line).join('\n');
}
