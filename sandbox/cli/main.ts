import type { Command } from 'commander';
import { createProgram, runProgram } from './program.js';

/** Loads a command and adds it to the program. Only the command that is called is loaded; the help loads all. */
const commands = new Map<string, (program: Command) => Promise<void>>([
  ['start', async (program) => (await import('./start.js')).registerStart(program)],
  ['trace', async (program) => (await import('./trace.js')).registerTrace(program)],
  ['verify', async (program) => (await import('./verify.js')).registerVerify(program)],
  ['headers', async (program) => (await import('./headers.js')).registerHeaders(program)],
  ['lab', async (program) => (await import('./lab.js')).registerLab(program)],
  ['doctor', async (program) => (await import('./doctor.js')).registerDoctor(program)],
  ['load', async (program) => (await import('./load.js')).registerLoad(program)],
]);

const description = 'Follow one request through Envoy sidecars, span by span, in Zipkin.';
const program = createProgram('sandbox', description, (command) => `npm run ${command} --`);
const called = commands.get(process.argv[2] ?? '');
for (const load of called ? [called] : commands.values()) await load(program);
await runProgram(program);
