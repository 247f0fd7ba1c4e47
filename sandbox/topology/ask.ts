const untrusted = /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED/;

/**
 * @param error what fetch, or a request of node:http, has thrown
 * @param todo what to do about it, unless the cause itself says that
 * @returns the cause, down to what the system said, and what to do: the end of an error's line
 */
export function whyNoAnswer(error: unknown, todo?: string): string {
  if (error instanceof Error && error.cause) return whyNoAnswer(error.cause, todo);
  if (error instanceof AggregateError && error.errors.length > 0) return whyNoAnswer(error.errors[0], todo);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const seen = (error instanceof Error && error.message) || code || String(error);
  const trust = 'set NODE_EXTRA_CA_CERTS to the file of its certificate or of the authority that signed it';
  return [seen, untrusted.test(code) ? trust : todo].filter(Boolean).join('; ');
}

/** @returns the text with no user name and password in its URLs */
export function withoutCredentials(text: string): string {
  return text.replace(/(\w:\/\/)[^\s'"]*@/g, '$1');
}

/** @returns the same URL without its user name and password, and these as a header's value (RFC 7617). */
export function splitCredentials(given: string): { readonly url: string; readonly authorization: string | undefined } {
  const url = new URL(given);
  const { username, password } = url;
  if (!username && !password) return { url: given, authorization: undefined };
  url.username = '';
  url.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url: url.href.replace(/\/$/, ''), authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Asks a server and reads the whole answer, with basic authentication where the URL has credentials.
 *
 * @param todo what to do where nothing answers, for the error
 * @throws Error with the URL, without credentials, and the cause where nothing answers within `ms` milliseconds
 */
export async function ask(
  given: string,
  { ms, todo, ...init }: RequestInit & { readonly ms: number; readonly todo?: string },
): Promise<Answer> {
  const { url, authorization } = splitCredentials(given);
  const headers = { ...(authorization ? { authorization } : {}), ...Object.fromEntries(new Headers(init.headers)) };
  try {
    const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(ms) });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (error) {
    throw new Error(`${url}: ${whyNoAnswer(error, todo)}`);
  }
}
