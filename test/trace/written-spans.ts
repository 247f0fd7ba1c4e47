import { type Span, type SpanKind, serviceOf } from '../../sandbox/trace/span.js';
import type { SpanTree } from '../../sandbox/trace/tree.js';

const kinds = new Map<string, SpanKind>(
  (['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'] as const).map((kind) => [kind.toLowerCase(), kind]),
);

/**
 * Reads spans that are written one in each line: `service kind id<parent shared start+duration trace=t name=n ip=7
 * tag=value`. The kind is in lower case; `-` stands for no service or kind, `?` for no duration, `ip=7` for 10.0.0.7.
 * Everything after the id is optional. Times are in microseconds. Empty lines are skipped.
 */
export function spansOf(text: string): Span[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map(readSpan);
}

function readSpan(line: string): Span {
  const [serviceName = '', kindWord = '', ids = '', ...rest] = line.split(/\s+/);
  const [id = '', parentId] = ids.split('<');
  const kind = kinds.get(kindWord);
  const words = new Map(rest.filter((word) => word.includes('=')).map((word) => [keyOf(word), textOf(word)]));
  const [, timestamp, duration] = /(?:^| )(-?\d+)\+(-?\d+|\?)/.exec(rest.join(' ')) ?? [];
  const tags = Object.fromEntries([...words].filter(([key]) => !['trace', 'name', 'ip'].includes(key)));
  const ip = words.get('ip');
  const endpoint = { ...(serviceName !== '-' && { serviceName }), ...(ip && { ipv4: `10.0.0.${ip}` }) };
  return {
    traceId: words.get('trace') ?? 't',
    id,
    name: words.get('name') ?? 'get',
    ...(Object.keys(endpoint).length > 0 && { localEndpoint: endpoint }),
    tags,
    ...(parentId && { parentId }),
    ...(kind && { kind }),
    ...(rest.includes('shared') && { shared: true }),
    ...(timestamp !== undefined && { timestamp: Number(timestamp) }),
    ...(duration !== undefined && duration !== '?' && { duration: Number(duration) }),
  };
}

function keyOf(word: string): string {
  return word.slice(0, word.indexOf('='));
}

function textOf(word: string): string {
  return word.slice(word.indexOf('=') + 1);
}

/** Writes a tree as indented lines of `service kind id`, with the remarks on a span at the end of its line. */
export function outline(tree: SpanTree): string {
  return tree.nodes
    .map(({ span, depth, detached, sameIdAs }) => {
      const words = [serviceOf(span) || '-', (span.kind ?? '-').toLowerCase(), span.id];
      return (
        '  '.repeat(depth) + [...words, ...(detached ? [detached] : []), ...(sameIdAs ? ['same id'] : [])].join(' ')
      );
    })
    .join('\n');
}

/** A text as a test writes it: without its first and last line break and its common indentation. */
export function drawn(text: string): string {
  const lines = text.replace(/^\n/, '').replace(/\n *$/, '').split('\n');
  const margin = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin).trimEnd()).join('\n');
}

/** The eleven spans of `GET /trace/1`. */
export const elevenSpans = `
  front-proxy  server a                0+41200
  front-proxy  client b<a            400+40300
  service1     server b<a shared    1100+39000
  service1     client c<b           1500+38000
  service1-app server c<b shared    2500+36200
  service1-app client d<c           5500+30000
  service1     server d<c shared    6600+28000
  service1     client e<d           7000+27000
  service2     server e<d shared    8000+25000
  service2     client f<e           8400+24000
  service2-app server f<e shared   10000+20000
`;
