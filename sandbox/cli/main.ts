import { Command, CommanderError } from 'commander';
import { ExitCode, UsageError } from './exit-code.js';
import { start } from './start.js';

const program = new Command('sandbox')
  .description('A request through Envoy sidecars, followed span by span in Zipkin.')
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sandbox: ')) });

program
  .command('start')
  .description('Run the sandbox without Docker: Zipkin, two services with their sidecars, the front proxy.')
  .action(async () => {
    process.exitCode = await start();
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.wrongUsage;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`sandbox: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    process.exitCode = error instanceof UsageError ? ExitCode.wrongUsage : ExitCode.failedRun;
  }
}
