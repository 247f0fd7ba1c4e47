import { Listr, ListrLogger, type ListrLogLevels, type ListrTask } from 'listr2';
import { canOverwrite } from './terminal.js';

/** Progress without a terminal: one line for each step. A failure's reason goes to stderr, once. */
class ProgressLines extends ListrLogger<ListrLogLevels> {
  override log(level: ListrLogLevels, message: string): void {
    super.log(level, message);
  }
}

/**
 * Runs tasks one after the other and shows their progress: rewritten in place on a terminal, else in plain lines.
 *
 * @param progress given to each task
 * @throws Error as a task does
 */
export async function runTasks<Progress>(tasks: ListrTask<Progress>[], progress: Progress): Promise<void> {
  const listr = new Listr(tasks, {
    ctx: progress,
    fallbackRenderer: 'simple',
    fallbackRendererCondition: () => !canOverwrite(process.stdout),
    fallbackRendererOptions: { logger: new ProgressLines({ useIcons: true }) },
    rendererOptions: { collapseSubtasks: false, collapseErrors: false, showErrorMessage: false },
    registerSignalListeners: false,
  });
  await listr.run();
}
