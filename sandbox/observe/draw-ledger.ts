import type { Ledger, SpanAccount } from './ledger.js';

const columns = ['recorded', 'sent', 'accepted', 'stored', 'evicted', 'missing'] as const;

/**
 * Draws a ledger as a table, with a line for each reason why spans are missing.
 *
 * @returns lines without line ends; the column `evicted` only where something was
 */
export function drawLedger(ledger: Ledger): string[] {
  const shown = columns.filter((column) => column !== 'evicted' || ledger.total.evicted > 0);
  const cells = (label: string, account: SpanAccount): string[] => [
    label,
    ...shown.map((column) => account[column].toLocaleString('en')),
  ];
  const table = [
    ['spans', ...shown],
    ...ledger.rows.map((row) => cells(row.reporter, row)),
    cells('all', ledger.total),
  ];
  const widths = ['spans', ...shown].map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const reasons = ledger.rows.flatMap(({ reporter, losses }) =>
    losses.map(({ spans, reason }) => `missing: ${spans.toLocaleString('en')} of ${reporter}: ${reason}`),
  );
  const traces = ledger.incompleteTraces.map((traceId) => `not whole: trace ${traceId}`);
  return [...lines, ...reasons, ...traces, ...ledger.notes.map((note) => `note: ${note}`)];
}
