import { readFileSync } from 'node:fs';
import { type Environment, interpolate } from './interpolation.js';

const assignment = new RegExp(
  [
    /[ \t]*(?:export[ \t]+)?(?<name>[\w.-]+)[ \t]*/,
    /(?:[=:][ \t]*(?:"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>(?:[^'\\]|\\.)*)'|(?<bare>(?!["'])[^\r\n]*))|(?=\r?\n|$))/,
    /|\s*(?:#[^\n]*)?(?:\n|$)/, // only a comment
  ]
    .map(({ source }) => source)
    .join(''),
  'sy',
);
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', $: '$$' };

/**
 * Reads a file of variables as Compose reads `.env`: comments, quotes, escapes, variables in values, CRLF.
 *
 * @param text the content of the file
 * @param environment the shell's variables, which override the file's, also inside its values
 * @returns the variables of the file and of the shell
 * @throws Error that names the line that is not an assignment
 * @see https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
 */
export function parseDotEnv(text: string, environment: Environment): Record<string, string | undefined> {
  const read: Record<string, string | undefined> = { ...environment };
  const body = text.replace(/^\uFEFF/, '');
  for (let at = 0; at < body.length; at = assignment.lastIndex) {
    assignment.lastIndex = at;
    const found = assignment.exec(body);
    if (!found) throw new Error(`line ${body.slice(0, at).split('\n').length} is not NAME=value; correct it`);
    const { name, double, single, bare } = found.groups ?? {};
    const escaped = double?.replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character);
    const value = escaped ?? bare?.replace(/(^| )#.*/, '').trim();
    if (name === undefined || name in environment) continue;
    if (single !== undefined) read[name] = single.replaceAll("\\'", "'");
    else if (value !== undefined) read[name] = interpolate(value, read);
  }
  return read;
}

/**
 * @param file the `.env` that Compose reads too; it may be missing
 * @returns its variables and those of the shell, which override them
 * @throws Error of one line where Compose refuses the file too
 */
export function withDotEnv(file: string, environment: Environment): Record<string, string | undefined> {
  try {
    return parseDotEnv(readFileSync(file, 'utf8'), environment);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { ...environment };
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
