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

const anything = (text: string) =>
  text
    .split('…')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('.*');

/** @returns a pattern for all that a command prints, made from the output shown; outer blank lines do not count */
export function outputPattern(shown: readonly string[]): RegExp {
  const lines = shown.map((line) => (line === '…' ? '(?:.*\\n)*?' : `${anything(line.trimEnd())}[ \\t]*\\n`));
  return new RegExp(`^\\s*${lines.join('')}\\s*$`);
}
