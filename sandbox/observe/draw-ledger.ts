import type { Ledger } from './ledger.js';
import type { LedgerRow } from './ledger-row.js';

const columns = ['expected', 'counted', 'stored', 'evicted', 'missing'] as const;

/**
 * Draws a ledger as a table. A row that has remarks has a line for each below the table.
 *
 * @returns lines without line ends; the columns `evicted` and `missing` only if a row has such spans; `?` for an
 *   unknown number
 */
export function drawLedger(ledger: Ledger): string[] {
  const shown = columns.filter(
    (column) => (column !== 'evicted' && column !== 'missing') || ledger.rows.some((row) => row[column] > 0),
  );
  const cells = (row: LedgerRow) => [row.reporter, ...shown.map((column) => row[column]?.toLocaleString('en') ?? '?')];
  const table = [['spans', ...shown], ...ledger.rows.map(cells)];
  const widths = ['', ...shown].map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const remarks = ledger.rows.flatMap(({ reporter, remarks }) => remarks.map((remark) => `${reporter}: ${remark}`));
  const traces = ledger.incompleteTraces.map((traceId) => `not whole: trace ${traceId}`);
  return [...lines, ...remarks, ...traces, ...ledger.notes.map((note) => `note: ${note}`)];
}
