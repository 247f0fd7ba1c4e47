/**
 * Puts generated text into a document, between `<!-- NAME -->` and `<!-- end -->`.
 *
 * @param document Markdown
 * @param blocks by name
 * @returns the document with its blocks exchanged
 * @throws Error where the document has no such place
 */
export function withBlocks(document: string, blocks: Readonly<Record<string, string>>): string {
  return Object.entries(blocks).reduce((text, [name, block]) => {
    const [begin, end] = [`<!-- ${name} -->\n`, '\n<!-- end -->'];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`the document has no place for '${name}'`);
    return `${text.slice(0, from + begin.length)}${block}${text.slice(to)}`;
  }, document);
}
