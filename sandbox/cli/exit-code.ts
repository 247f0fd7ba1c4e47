/** The exit codes of every command. */
export const ExitCode = { done: 0, incompleteTrace: 1, wrongUsage: 2, failedRun: 3 } as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A wrong option or argument of the user. Its message is one line. */
export class UsageError extends Error {}

/** Makes a command's work an action of commander, which sets the exit code. */
export const exiting =
  <Arguments extends readonly unknown[]>(run: (...given: Arguments) => Promise<ExitCode>) =>
  async (...given: Arguments): Promise<void> => {
    process.exitCode = await run(...given);
  };
