/** A GET request as Envoy's routes see it, with no headers except those of HTTP itself. */
export interface RoutedRequest {
  readonly host: string;
  /** With the query, if there is one. */
  readonly path: string;
}

/** Where an Envoy sends a request: to a cluster with a path, or nowhere, because it answers itself. */
export type RouteTaken =
  | { readonly cluster: string; readonly path: string }
  | { readonly cluster: undefined; readonly status: number; readonly body: string };

type Rule = Readonly<Record<string, unknown>>;

/** A virtual host, as an Envoy file has it. */
export interface VirtualHost {
  readonly domains?: readonly string[];
  readonly routes?: readonly {
    readonly name?: string;
    readonly match?: Rule;
    readonly route?: Rule & { readonly cluster?: string; readonly prefix_rewrite?: string };
    readonly direct_response?: { readonly status: number; readonly body?: { readonly inline_string?: string } };
  }[];
}

/** A rule that the model cannot evaluate. The message names the file, the place and the rule. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}

const isRule = (value: unknown): value is Rule => typeof value === 'object' && value !== null;

function notUnderstood(rule: Rule, key: string): never {
  throw new NotUnderstood(`${key}: ${JSON.stringify(rule[key])} is not understood by the sandbox's commands`);
}

/** Envoy's RE2 must match the whole text. A leading `(?i)` makes RE2 ignore case. */
function matchesRegex(rule: Rule, text: string): boolean {
  const { regex } = isRule(rule.safe_regex) ? rule.safe_regex : {};
  const [, ignoreCase, source] = /^(\(\?i\))?(.*)$/s.exec(String(regex)) ?? [];
  try {
    return new RegExp(`^(?:${source})$`, ignoreCase ? 'iu' : 'u').test(text);
  } catch {
    return notUnderstood(rule, 'safe_regex');
  }
}

/** @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/matcher/v3/string.proto */
function matchesText(rule: Rule, text: string): boolean {
  const fold = (value: unknown) => (rule.ignore_case ? String(value).toLowerCase() : String(value));
  const seen = fold(text);
  const tests: Readonly<Record<string, (value: unknown) => boolean>> = {
    exact: (value) => seen === fold(value),
    prefix: (value) => seen.startsWith(fold(value)),
    suffix: (value) => seen.endsWith(fold(value)),
    contains: (value) => seen.includes(fold(value)),
    safe_regex: () => matchesRegex(rule, text),
    ignore_case: () => true,
  };
  return Object.entries(rule).every(([key, value]) => tests[key]?.(value) ?? notUnderstood(rule, key));
}

/** @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-headermatcher */
function matchesHeader(rule: Rule, request: RoutedRequest): boolean {
  const { name, invert_match: inverted = false, ...test } = rule;
  const pseudo: Readonly<Record<string, string>> = {
    ':authority': request.host,
    host: request.host,
    ':path': request.path,
    ':method': 'GET',
  };
  const seen = pseudo[String(name).toLowerCase()];
  const [kind = 'present_match', ...more] = Object.keys(test);
  if (more[0]) return notUnderstood(rule, more[0]);
  if (kind === 'present_match') return (seen !== undefined) === ((test.present_match ?? true) !== inverted);
  if (kind !== 'string_match' || !isRule(test.string_match)) return notUnderstood(rule, kind);
  return seen !== undefined && matchesText(test.string_match, seen) !== inverted;
}

/** @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routematch */
function matchesRoute(match: Rule, request: RoutedRequest): boolean {
  const fold = (text: unknown) => (match.case_sensitive === false ? String(text).toLowerCase() : String(text));
  const [plain = ''] = request.path.split('?', 1);
  const path = fold(plain);
  const tests: Readonly<Record<string, (value: unknown) => boolean>> = {
    path: (value) => path === fold(value),
    prefix: (value) => path.startsWith(fold(value)),
    path_separated_prefix: (value) => `${path}/`.startsWith(`${fold(value)}/`),
    safe_regex: () => matchesRegex(match, plain),
    connect_matcher: () => false,
    headers: (rules) => Array.isArray(rules) && rules.every((rule) => isRule(rule) && matchesHeader(rule, request)),
    case_sensitive: () => true,
  };
  // An unknown kind of rule matters only if the other rules match.
  const known = Object.entries(match).flatMap(([key, value]) => tests[key]?.(value) ?? []);
  if (known.includes(false)) return false;
  const unknown = Object.keys(match).find((key) => !(key in tests));
  return unknown === undefined || notUnderstood(match, unknown);
}

/**
 * How well the domains of a virtual host match, more for a longer text; 0 if none matches.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-virtualhost
 */
function domainFit({ domains = [] }: VirtualHost, host: string): number {
  const fits = domains.map((domain) => {
    if (domain === host) return Number.POSITIVE_INFINITY;
    const isSuffix = domain.startsWith('*') && host.endsWith(domain.slice(1));
    const isPrefix = domain.endsWith('*') && host.startsWith(domain.slice(0, -1));
    return isSuffix || isPrefix ? domain.length : 0;
  });
  return Math.max(0, ...fits);
}

/** @throws NotUnderstood if the route depends on something other than path and host, or has not one target */
export function takeRoute(hosts: readonly VirtualHost[], request: RoutedRequest): RouteTaken {
  const fit = (host: VirtualHost) => domainFit(host, request.host);
  const [best] = hosts.filter((host) => fit(host) > 0).sort((a, b) => fit(b) - fit(a));
  const taken = best?.routes?.find(({ match = {} }) => matchesRoute(match, request));
  if (!taken) return { cluster: undefined, status: 404, body: '' };
  const { direct_response: direct, route, match } = taken;
  if (direct) return { cluster: undefined, status: direct.status, body: direct.body?.inline_string ?? '' };
  const { cluster, prefix_rewrite: rewritten, regex_rewrite, path_rewrite_policy } = route ?? {};
  const prefix = match?.prefix ?? match?.path ?? match?.path_separated_prefix;
  if (!cluster || regex_rewrite || path_rewrite_policy || (rewritten !== undefined && typeof prefix !== 'string')) {
    throw new NotUnderstood(`the target of route ${taken.name ?? JSON.stringify(match)} is not understood`);
  }
  const path = rewritten === undefined ? request.path : rewritten + request.path.slice(String(prefix).length);
  return { cluster, path };
}
