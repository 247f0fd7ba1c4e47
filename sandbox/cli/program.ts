import { Command, CommanderError } from 'commander';
import { withoutCredentials } from '../topology/ask.js';
import { askThisMachineDirectly } from '../topology/this-machine.js';
import { ExitCode, UsageError } from './exit-code.js';

/**
 * Creates a program of several commands, each with an npm script.
 *
 * @param npmScript how a command is called, for example `npm run trace --`
 */
export function createProgram(name: string, description: string, npmScript: (command: string) => string): Command {
  return new Command(name)
    .description(description)
    .configureHelp({
      commandUsage: (command) => `${npmScript(command.parent ? command.name() : '<command>')} ${command.usage()}`,
    })
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(withoutCredentials(text.replace(/^error: /, 'sandbox: '))),
    });
}

/**
 * The errors of Node and of the tools for a read-only or a full file system. On a read-only one, Node's mkdir says
 * ENOENT.
 */
const noPlace = /, mkdir '|EROFS|ENOSPC|EDQUOT|No space left|Read-only file system/;

/** A reader that has gone, such as `head`, wants no more output. The rest is dropped, and `start` stops. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.emit('disconnect');
}

/** @throws UsageError if npm has taken an option for its own, because no `--` stands before it */
function requireOptionsAfterDashes(command: Command): void {
  const taken = command.options.find(({ long = '' }) => {
    const name = long.replace(/^--(no-)?/, '').replaceAll('-', '_');
    return (
      name !== 'json' && `npm_config_${name}` in process.env && !process.argv.some((each) => each.startsWith(long))
    );
  });
  if (taken) throw new UsageError(`npm took the option ${taken.long} for itself; write -- before the options`);
}

/**
 * Runs the command that the arguments name. Only this function prints errors, each as one line, and sets the exit code.
 */
export async function runProgram(program: Command): Promise<void> {
  const usageOf = (command: Command) => command.createHelp().commandUsage(command);
  for (const command of program.commands) {
    command.configureHelp(program.configureHelp()).showHelpAfterError(`usage: ${usageOf(command)}`);
  }
  const called = program.commands.find((each) => each.name() === process.argv[2]);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endQuietly);
  askThisMachineDirectly(process.env);
  try {
    if (called) requireOptionsAfterDashes(called);
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.wrongUsage;
      return;
    }
    const message = withoutCredentials(error instanceof Error ? error.message : String(error));
    const place = noPlace.test(message) ? '; set SANDBOX_CACHE to a folder that can be written' : '';
    process.stderr.write(`sandbox: ${message.replaceAll(/\s*\n\s*/g, ' ')}${place}\n`);
    if (error instanceof UsageError && called) process.stderr.write(`usage: ${usageOf(called)}\n`);
    process.exitCode = error instanceof UsageError ? ExitCode.wrongUsage : ExitCode.failedRun;
  }
}
