import { join } from 'node:path';
import type { Command } from 'commander';
import { execa } from 'execa';
import { root } from '../sandbox/cli/project.js';
import { withControl } from './control/with-control.js';

const folder = join(root, 'docs/pictures');

/** A browser test takes the pictures of Zipkin, and `trace` draws its own. */
async function takePictures(frontUrl: string): Promise<void> {
  const env = { FRONT_PORT: new URL(frontUrl).port, SCREENSHOTS: folder };
  const node = (file: string, ...args: string[]) => execa('node', [join(root, 'dist', file), ...args], { env });
  await node('sandbox/cli/main.js', 'verify', '--count', '200'); // a cold sandbox is slow
  await node('test/e2e/zipkin-ui.test.js');
  await node('sandbox/cli/main.js', 'trace', '--svg', join(folder, 'waterfall.svg'));
}

/** Adds `pictures` to the program: it takes the pictures of the documents again. */
export function registerPictures(program: Command): void {
  program
    .command('pictures')
    .description('Start a sandbox and take the pictures in docs/pictures again. Needs Chromium.')
    .action(() => withControl(false, ({ sandbox }) => takePictures(sandbox.frontUrl)));
}
