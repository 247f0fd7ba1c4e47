/** A command of a document and the output shown under it. */
export interface ShownCommand {
  readonly line: number;
  readonly command: string;
  /** `…` stands for anything; a line of it alone for any lines. */
  readonly output: readonly string[];
}

/** @returns the fenced `console` blocks of a Markdown text, each the commands behind its `$ ` prompts */
export function consoleBlocks(markdown: string): ShownCommand[][] {
  const blocks: ShownCommand[][] = [];
  let block: { line: number; command: string; output: string[] }[] | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    if (text === '```console') block = [];
    else if (text === '```' && block) {
      blocks.push(block);
      block = undefined;
    } else if (block && text.startsWith('$ ')) block.push({ line: index + 1, command: text.slice(2), output: [] });
    else block?.at(-1)?.output.push(text);
  }
  return blocks;
}

/** A UUID, a trace id, a span id; or `…`. */
const variable = /…|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?:[0-9a-f]{32}|[0-9a-f]{16})\b/g;

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** @param ids the ids shown so far, with their group's name; those of `text` are added */
function lineSource(text: string, ids: Map<string, string>): string {
  let source = '';
  let at = 0;
  for (const { 0: shown, index } of text.matchAll(variable)) {
    source += literally(text.slice(at, index));
    at = index + shown.length;
    const known = ids.get(shown);
    if (shown === '…') source += '.*';
    else if (known) source += `\\k<${known}>`;
    else {
      ids.set(shown, `id${ids.size}`);
      source += `(?<${ids.get(shown)}>${shown.replace(/[0-9a-f]/g, '[0-9a-f]')})`;
    }
  }
  return source + literally(text.slice(at));
}

/**
 * @returns a pattern for all that a command prints, made from the output shown; outer blank lines do not count. An id
 *   shown stands for any of its form, and for the same one wherever it is shown again.
 */
export function outputPattern(shown: readonly string[]): RegExp {
  const ids = new Map<string, string>();
  const lines = shown.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${lineSource(line.trimEnd(), ids)}[ \\t]*\\n`));
  return new RegExp(`^\\s*${lines.join('')}\\s*$`);
}
