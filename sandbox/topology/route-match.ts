/** A GET request as Envoy's routes see it, with no headers except those of HTTP itself. */
export interface RoutedRequest {
  readonly host: string;
  /** With the query, if there is one. */
  readonly path: string;
}

/** A rule that the model cannot evaluate. The message names the file, the place and the rule. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}

type Rule = Readonly<Record<string, unknown>>;

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

/**
 * @param match the `match` of a route, as in an Envoy file
 * @returns whether the request takes this route
 * @throws NotUnderstood if that depends on something other than path and host
 * @see
 *   https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routematch
 */
export function matchesRoute(match: Rule, request: RoutedRequest): boolean {
  const { case_sensitive: caseSensitive = true } = match;
  const fold = (text: unknown) => (caseSensitive ? String(text) : String(text).toLowerCase());
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
 * @param domains those of a virtual host
 * @returns how well they match the host, more for a longer text; undefined if none matches
 * @see
 *   https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-virtualhost
 */
export function domainFit(domains: readonly string[], host: string): number | undefined {
  const fits = domains.flatMap((domain) => {
    if (domain === host) return Number.POSITIVE_INFINITY;
    const isSuffix = domain.startsWith('*') && host.endsWith(domain.slice(1));
    const isPrefix = domain.endsWith('*') && host.startsWith(domain.slice(0, -1));
    return isSuffix || isPrefix ? domain.length : [];
  });
  return fits.length > 0 ? Math.max(...fits) : undefined;
}
