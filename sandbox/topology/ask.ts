const untrusted = /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED/;

/**
 * @param error the error that fetch or a request of node:http has thrown
 * @param todo what to do about it, unless the cause itself says that
 * @returns the end of an error's line: the cause as the system gave it, and what to do
 */
export function whyNoAnswer(error: unknown, todo?: string): string {
  if (error instanceof Error && error.cause) return whyNoAnswer(error.cause, todo);
  if (error instanceof AggregateError && error.errors.length > 0) return whyNoAnswer(error.errors[0], todo);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const seen = (error instanceof Error && error.message) || code || String(error);
  const trust = 'set NODE_EXTRA_CA_CERTS to the file of its certificate or of the authority that signed it';
  return [seen, untrusted.test(code) ? trust : todo].filter(Boolean).join('; ');
}

/** @returns the text without user names and passwords in its URLs */
export function withoutCredentials(text: string): string {
  return text.replace(/(\w:\/\/)[^\s'"]*@/g, '$1');
}

/** @returns the URL without its user name and password, and these as the value of a header (RFC 7617) */
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
 * Sends a request to a server and reads the whole answer. Uses basic authentication if the URL has credentials.
 *
 * @param todo what to do if nothing answers, for the error
 * @throws Error with the cause and the URL, without credentials, if nothing answers within `ms` milliseconds
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
