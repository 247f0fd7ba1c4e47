import { execa } from 'execa';
import { root } from '../sandbox/cli/project.js';

/** Runs a command of the sandbox with its arguments, in this process's environment and `env`. */
export const command = (args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) =>
  execa('node', ['dist/sandbox/cli/main.js', ...args], { cwd: root, env, reject: false, stdin: 'ignore', all: true });
