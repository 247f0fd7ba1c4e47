import { Command, CommanderError } from 'commander';
import { registerBench } from './bench.js';
import { registerCluster } from './cluster.js';
import { registerDoctor } from './doctor.js';
import { ExitCode, UsageError } from './exit-code.js';
import { registerFaults } from './faults.js';
import { registerHeaders } from './headers.js';
import { registerLab } from './lab.js';
import { registerLoad } from './load.js';
import { registerSize } from './size.js';
import { registerSoak } from './soak.js';
import { start } from './start.js';
import { registerTrace } from './trace.js';
import { registerVerify } from './verify.js';

const usageOf = (command: Command) => `npm run ${command.name()} -- ${command.usage()}`;

const program = new Command('sandbox')
  .description('A request through Envoy sidecars, followed span by span in Zipkin.')
  .configureHelp({
    commandUsage: (command) => (command.parent ? usageOf(command) : 'npm run <command> -- [options]'),
  })
  .helpCommand(false)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sandbox: ')) });

program
  .command('start')
  .description('Run the sandbox without Docker: Zipkin, two services with their sidecars, the front proxy.')
  .action(async () => {
    process.exitCode = await start();
  });
registerTrace(program);
registerVerify(program);
registerHeaders(program);
registerLab(program);
registerDoctor(program);
registerLoad(program);
registerBench(program);
registerFaults(program);
registerSoak(program);
registerCluster(program);
registerSize(program);

for (const command of program.commands) command.showHelpAfterError(`usage: ${usageOf(command)}`);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.wrongUsage;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`sandbox: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    const command = program.commands.find((each) => each.name() === program.args[0]);
    if (error instanceof UsageError && command) process.stderr.write(`usage: ${usageOf(command)}\n`);
    process.exitCode = error instanceof UsageError ? ExitCode.wrongUsage : ExitCode.failedRun;
  }
}
