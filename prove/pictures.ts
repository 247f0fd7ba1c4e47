import { join } from 'node:path';
import type { Command } from 'commander';
import { execa } from 'execa';
import { root } from '../sandbox/cli/project.js';
import { withControl } from './control/with-control.js';

const folder = join(root, 'docs/pictures');

/** The browser's test takes those of Zipkin, `trace` draws its own. */
async function takePictures(frontUrl: string): Promise<void> {
  const env = { FRONT_PORT: new URL(frontUrl).port, SCREENSHOTS: folder };
  const node = (file: string, ...args: string[]) => execa('node', [join(root, 'dist', file), ...args], { env });
  await node('test/e2e/zipkin-ui.test.js');
  await node('sandbox/cli/main.js', 'verify', '--count', '50'); // warm, as a sandbox is that one looks at
  await node('sandbox/cli/main.js', 'trace', '--svg', join(folder, 'waterfall.svg'));
}

/** Adds `pictures` to the program: takes the pictures of the documents anew. */
export function registerPictures(program: Command): void {
  program
    .command('pictures')
    .description('Take the pictures in docs/pictures anew, of a sandbox of its own. Needs Chromium.')
    .action(() => withControl(false, ({ sandbox }) => takePictures(sandbox.frontUrl)));
}
