/** A command of a document and the output below it. */
export interface ShownCommand {
  readonly line: number;
  readonly command: string;
  /** `…` stands for any text; a line with only `…` for any number of lines. */
  readonly output: readonly string[];
}

/** @returns the fenced `console` blocks of a Markdown text: each the commands after the prompt `$ ` */
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

/** A UUID, a trace id, a span id, or `…`. */
const variable = /…|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?:[0-9a-f]{32}|[0-9a-f]{16})\b/g;

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** @param ids the ids so far, with the names of their groups; those of `text` are added */
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
 * @returns a pattern for the whole output of a command, made from the output in the document; blank lines at its
 *   beginning and end do not count. An id stands for any id of its form, and for the same one if it occurs again.
 */
export function outputPattern(shown: readonly string[]): RegExp {
  const ids = new Map<string, string>();
  const lines = shown.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${lineSource(line.trimEnd(), ids)}[ \\t]*\\n`));
  return new RegExp(`^\\s*${lines.join('')}\\s*$`);
}
