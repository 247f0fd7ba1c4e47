import { Command, CommanderError } from 'commander';
import { ExitCode, UsageError } from './exit-code.js';

/**
 * A program of several commands, each with an npm script.
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
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sandbox: ')) });
}

/** Runs the command that the arguments name. It alone prints errors, each as one line, and sets the exit code. */
export async function runProgram(program: Command): Promise<void> {
  const usageOf = (command: Command) => `usage: ${command.createHelp().commandUsage(command)}`;
  for (const command of program.commands) {
    command.configureHelp(program.configureHelp()).showHelpAfterError(usageOf(command));
  }
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.wrongUsage;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`sandbox: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    const command = program.commands.find((each) => each.name() === program.args[0]);
    if (error instanceof UsageError && command) {
      process.stderr.write(`usage: ${program.configureHelp().commandUsage?.(command)}\n`);
    }
    process.exitCode = error instanceof UsageError ? ExitCode.wrongUsage : ExitCode.failedRun;
  }
}
