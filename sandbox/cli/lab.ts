import type { Command } from 'commander';
import { labCases, resetLab } from '../lab/cases.js';
import { verify } from '../observe/verify.js';
import { ZipkinClient } from '../observe/zipkin-client.js';
import { wrapLine } from '../picture/terminal-text.js';
import { findSandbox } from '../topology/running-sandbox.js';
import { ExitCode, exiting, UsageError } from './exit-code.js';
import { asDocument, explain } from './explain.js';
import { jsonOption, type RequestOptions } from './options.js';
import { cache, root } from './project.js';
import { requireShape } from './targets.js';
import { printJson, printLines, terminal } from './terminal.js';

/** Longest time of a whole request in the lab, in microseconds. The slow case takes two seconds. */
const within = 1_000_000;

function list(json?: true): ExitCode {
  const cases = labCases.map(({ name, does, picture, cause, hop }) => ({ name, does, picture, cause, hop }));
  if (json) printJson(cases);
  else {
    const width = Math.max(...cases.map(({ name }) => name.length));
    const { wrapAt } = terminal(process.stdout);
    const lines = cases.flatMap(({ name, does }) => wrapLine(`  ${name.padEnd(width)}  ${does}`, wrapAt, width + 4));
    const [how, end] = [
      'npm run lab -- <case> breaks the running sandbox:',
      'npm run lab -- reset repairs everything.',
    ];
    printLines([how, '', ...lines, '', end]);
  }
  return ExitCode.done;
}

/** Returns exit code 1 if the trace does not look as the case says. */
async function lab(name: string | undefined, { json }: Pick<RequestOptions, 'json'>): Promise<ExitCode> {
  if (name === undefined) return list(json);
  const labCase = labCases.find((each) => each.name === name);
  if (!labCase && name !== 'reset') {
    throw new UsageError(`the lab has no case '${name}'; 'npm run lab' lists them`);
  }
  const sandbox = await findSandbox(root, cache, process.env);
  await resetLab(sandbox);
  await labCase?.apply(sandbox);
  const path = sandbox.model.firstPath;
  const shape = requireShape(sandbox.model, path);
  const zipkin = new ZipkinClient(sandbox.zipkinUrl);
  const request = { url: new URL(sandbox.frontUrl + path), method: 'GET', headers: {} };
  const count = labCase?.requests ?? 1;
  const judged = await verify({ request, count, shape, zipkin, sandbox, limits: { within } });
  const [broken] = judged.filter(({ verdict }) => !verdict.whole);
  if (json) printJson({ case: name, traces: judged.map(asDocument) });
  else {
    const { wrapAt } = terminal(process.stdout);
    const said = labCase ? [labCase.does, `What to see: ${labCase.picture}`] : [];
    const verdict = broken ? await explain(broken, zipkin) : ['✓ the trace is whole'];
    const end = labCase ? ['', "The fault stays until you run 'npm run lab -- reset'."] : [];
    printLines([...said.flatMap((line) => wrapLine(line, wrapAt, 2)), ...(labCase ? [''] : []), ...verdict, ...end]);
  }
  const causes = judged.flatMap(({ diagnoses }) => diagnoses.map(({ cause }) => cause));
  const asExpected = labCase?.cause ? causes.includes(labCase.cause) : causes.length === 0;
  return asExpected ? ExitCode.done : ExitCode.incompleteTrace;
}

/** Adds `lab` to the program: it breaks propagation in the running sandbox, in one way at a time. */
export function registerLab(program: Command): void {
  program
    .command('lab')
    .description('Break one thing in the running sandbox, send a request and explain what is wrong with its trace.')
    .argument('[case]', "what to break; 'reset' repairs everything; without a case, lists the cases")
    .addOption(jsonOption())
    .action(exiting(lab));
}
