import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../sandbox/cli/project.js';

const page = readFileSync(join(root, 'docs/add-a-service.md'), 'utf8');

/** The blocks of docs/add-a-service.md, with the indentation of their files. */
const [service3 = '', call = '', calls = '', route = '', cluster = ''] = [
  ...page.matchAll(/```yaml\n(.*?) *```/gs),
].map(([, block = '']) => block.replace(/^ {3}/gm, ''));

function replaced(text: string, place: RegExp, by: (found: string) => string): string {
  assert.match(text, place);
  return text.replace(place, by);
}

const before = (block: string) => (found: string) => block + found;

const withService3 = (text: string) => replaced(text, /^( {2}#.*\n)* {2}zipkin:\n/m, before(`${service3}\n`));
const egressTo3 = (text: string) =>
  replaced(
    replaced(text, /^ +- match: \{prefix: \/\}\n/m, before(route)),
    /^( {2}#.*\n)* {2}- name: zipkin\n/m,
    before(cluster),
  );

/** The edits of files, by file name. */
export type Edits = Readonly<Record<string, (text: string) => string>>;

/** The edits of the page: service2 calls service3, or service1 calls service2 and service3 in parallel. */
export const addedService: Readonly<Record<'in a chain' | 'side by side', Edits>> = {
  'in a chain': {
    'docker-compose.yml': (text) => replaced(withService3(text), /SERVICE_NAME: service2\n/, (found) => found + call),
    'service-envoy-zipkin.yaml': egressTo3,
  },
  'side by side': {
    'docker-compose.yml': (text) => replaced(withService3(text), /^ +NEXT_HOP_URL: .*\n/m, () => calls),
    'service-envoy-zipkin.yaml': egressTo3,
  },
};
