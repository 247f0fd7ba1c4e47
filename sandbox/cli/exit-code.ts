/** What every command of the sandbox ends with. */
export const ExitCode = { done: 0, incompleteTrace: 1, wrongUsage: 2, failedRun: 3 } as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What the user asked for cannot be: a bad option or argument. Its message is one line. */
export class UsageError extends Error {}
