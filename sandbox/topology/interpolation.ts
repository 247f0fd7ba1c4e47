/** Variables by name; an absent one is unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The position of the brace that closes the one before `text`; -1 if there is none. */
function closingBrace(text: string): number {
  for (let at = 0, open = 1; at < text.length; at += 1) {
    if (text.startsWith('${', at)) open += 1;
    if (text[at] === '}') open -= 1;
    if (open === 0) return at;
  }
  return -1;
}

function evaluate(expression: string, environment: Environment): string {
  const parts = /^(?<name>[A-Za-z_]\w*)(?:(?<operator>:?[-?+])(?<word>.*))?$/s.exec(expression)?.groups;
  if (!parts) throw new Error(`'\${${expression}}' is not a variable; write $$ for a $`);
  const { name = '', operator = '-', word = '' } = parts;
  const value = environment[name];
  const isThere = value !== undefined && (value !== '' || !operator.startsWith(':'));
  if (operator.endsWith('+')) return isThere ? interpolate(word, environment) : '';
  if (isThere) return value;
  if (operator.endsWith('?')) throw new Error(`${name} is not set: ${interpolate(word, environment) || 'set it'}`);
  return interpolate(word, environment);
}

/**
 * Fills in the values of variables as Compose does: `$NAME`, `${NAME}`, `:-` `-` (default), `:?` `?` (required), `:+`
 * `+` (replacement), also nested, and `$$` for a `$`.
 *
 * @throws Error that names a required variable that is not set, or a text that is not a variable
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export function interpolate(text: string, environment: Environment): string {
  const at = text.indexOf('$');
  if (at < 0) return text;
  const [before, after] = [text.slice(0, at), text.slice(at + 1)];
  if (after.startsWith('$')) return `${before}$${interpolate(after.slice(1), environment)}`;
  const plain = /^[A-Za-z_]\w*/.exec(after)?.[0];
  if (plain) return `${before}${environment[plain] ?? ''}${interpolate(after.slice(plain.length), environment)}`;
  const end = after.startsWith('{') ? closingBrace(after.slice(1)) + 1 : 0;
  if (end === 0) throw new Error(`'${text.slice(at)}' is not a variable; write $$ for a $`);
  return `${before}${evaluate(after.slice(1, end), environment)}${interpolate(after.slice(end + 1), environment)}`;
}
