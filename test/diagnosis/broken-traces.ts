import { elevenSpans } from '../trace/written-spans.js';

/** The eleven spans. In the lines that match `at`, the match is replaced by `by`. */
export function changed(at: RegExp, by = '', from = elevenSpans): string {
  return from
    .split('\n')
    .map((line) => (at.test(line) ? by : line))
    .join('\n');
}

/** The first half of the request: it ends at the call of service1's app. */
export const toApp1 = `
  front-proxy  server a                0+41200 guid:x-request-id=r1
  front-proxy  client b<a            400+40300
  service1     server b<a shared    1100+39000 guid:x-request-id=r1
  service1     client c<b           1500+38000 component=proxy
  service1-app server c<b shared    2500+36200
  service1-app client d<c           5500+30000
`;

/** The second half of the request, in a trace of its own. */
export const fromEgress = (ids: string, trace: string) => {
  const [id] = ids.split('<');
  return `
    service1     server ${ids} shared      6600+28000 trace=${trace} guid:x-request-id=r1
    service1     client e<${id}            7000+27000 trace=${trace}
    service2     server e<${id} shared     8000+25000 trace=${trace} guid:x-request-id=r1
    service2     client f<e                8400+24000 trace=${trace}
    service2-app server f<e shared        10000+20000 trace=${trace}
  `;
};
