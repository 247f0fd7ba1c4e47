import { escapeXml } from './waterfall-svg.js';

/** One test case of a report. It failed if it has failures. */
export interface ReportedCase {
  readonly name: string;
  readonly seconds: number;
  readonly failures: readonly string[];
}

/**
 * Writes a JUnit XML document, as CI systems read it.
 *
 * @param suite the name of the test suite
 * @see https://github.com/testmoapp/junitxml
 */
export function junitReport(suite: string, cases: readonly ReportedCase[]): string {
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  const lines = cases.map(({ name, seconds, failures }) => {
    const head = `    <testcase name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`;
    if (failures.length === 0) return `${head}/>`;
    const [first = ''] = failures;
    return `${head}>\n      <failure message="${escapeXml(first)}">${escapeXml(failures.join('\n'))}</failure>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${escapeXml(suite)}" tests="${cases.length}" failures="${failed}">`,
    ...lines,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
