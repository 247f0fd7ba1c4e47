import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { parseDotEnv, withDotEnv } from '../../sandbox/topology/dot-env.js';
import { withoutCompose } from '../machines/docker.js';
import { scratchFolder } from '../scratch.js';

const folder = await scratchFolder();

const text = String.raw`# a comment

PLAIN=text
COMMENT=with # comment
NO_COMMENT=no#comment
DOUBLE="kept # here, $PLAIN ${'$'}{PLAIN} \n \$PLAIN \"" # not here
SINGLE='$PLAIN # kept, it\'s'
DEFAULT=a ${'$'}{PLAIN:-d} ${'$'}{NOPE-fallback} $SHELL_ONE
SHELL_ONE=not this
export EXPORTED=yes
  SPACES = around  ${'\t\r'}
CRLF=crlf${'\r'}
EMPTY=
LINES="one
two"
COLON: value
DOLLAR=a$$b
EQUALS=x=y
NOTHING
LAST=last`;

test('.env is read as Compose reads it; the shell overrides it', { skip: withoutCompose }, async () => {
  const shell = { SHELL_ONE: 'shell' };
  const read = parseDotEnv(text, shell);
  const names = [...Object.keys(read), 'NOTHING'];
  await writeFile(join(folder, '.env'), text);
  const environment = Object.fromEntries(names.map((name) => [name, `<\${${name}-unset}>`]));
  await writeFile(join(folder, 'compose.yml'), JSON.stringify({ services: { a: { image: 'a', environment } } }));
  const { PATH, HOME } = process.env;
  const { stdout } = await execa('docker', ['compose', 'config', '--format', 'json', '--no-interpolate=false'], {
    cwd: folder,
    env: { PATH, HOME, ...shell },
    extendEnv: false,
  });
  const config = JSON.parse(stdout) as { services: { a: { environment: Record<string, string> } } };
  const shown = (name: string) => `<${read[name] ?? 'unset'}>`.replaceAll('$', '$$$$');
  assert.deepEqual(config.services.a.environment, Object.fromEntries(names.map((name) => [name, shown(name)])));
  assert.equal(names.length, 17);
});

for (const [line, says] of [
  ['A=1\n="x"', /\.env: line 2 is not NAME=value; correct it$/],
  ['A="open', /\.env: line 1 is not NAME=value; correct it$/],
  ['A=${B:?must}', /\.env: B is not set: must$/],
] as const) {
  test(`refused: ${JSON.stringify(line)}`, async () => {
    await writeFile(join(folder, '.env'), line);
    assert.throws(() => withDotEnv(join(folder, '.env'), {}), says);
  });
}

test('no file: only the variables of the shell; a byte order mark is not part of a name', () => {
  assert.deepEqual(withDotEnv(join(folder, 'absent'), { A: '1' }), { A: '1' });
  assert.deepEqual(parseDotEnv('\uFEFFA=1\n', {}), { A: '1' });
});
