import { ExecaError, execa } from 'execa';

/** The last line of what kubectl says that says something, without its prefix. */
const lastWords = (stderr: string): string =>
  stderr
    .split('\n')
    .map((line) => line.replace(/^(error|Error from server[^:]*|Unable to connect to the server): /i, '').trim())
    .filter((line) => line !== '')
    .at(-1) ?? 'it said nothing';

const unreachable =
  /Unable to connect|connection refused|was refused|no such host|i\/o timeout|no route to host|deadline exceeded/i;

/** @returns in one line what a failed kubectl means and what to do about it */
export function explainFailure(context: string, args: readonly string[], stderr: string): string {
  const seen = lastWords(stderr);
  if (unreachable.test(stderr)) {
    return `no cluster answers in context '${context}' (${seen}); start it, or name another context`;
  }
  if (/exceeded quota/.test(stderr)) return quotaExceeded(seen);
  return `kubectl ${args[0] ?? ''} in context '${context}': ${seen}`;
}

/** @returns one line about a quota, from what the API server says of it */
export function quotaExceeded(message: string): string {
  const detail = /exceeded quota: .*/.exec(message)?.[0] ?? message;
  return `the namespace's quota is used up (${detail}); raise it, or choose an overlay that needs less`;
}

async function run(args: readonly string[], input?: string) {
  try {
    return await execa('kubectl', args, input === undefined ? { stdin: 'ignore' } : { input });
  } catch (error) {
    if (error instanceof ExecaError && error.code === 'ENOENT') {
      throw new Error('kubectl is not installed; install it from https://kubernetes.io/docs/tasks/tools/');
    }
    throw error;
  }
}

const stderrOf = (error: unknown): string => (error instanceof ExecaError ? String(error.stderr) : String(error));

/** @returns the names of the contexts that the kubeconfig has */
export async function contexts(): Promise<string[]> {
  const { stdout } = await run(['config', 'get-contexts', '--output', 'name']);
  return stdout.split('\n').filter((name) => name !== '');
}

/**
 * @param folder a kustomization
 * @returns its manifests, YAML; it may use files outside of its folder
 * @throws Error where kustomize cannot make them
 */
export async function kustomize(folder: string): Promise<string> {
  try {
    return (await run(['kustomize', '--load-restrictor', 'LoadRestrictionsNone', folder])).stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    throw new Error(`kustomize ${folder}: ${lastWords(stderrOf(error))}`);
  }
}

/** kubectl on one context, named by the user: the current one of the kubeconfig is never used. */
export class Kubectl {
  private constructor(readonly context: string) {}

  /**
   * @param name the context to work on
   * @throws Error where the kubeconfig has no such context
   */
  static async on(name: string): Promise<Kubectl> {
    const known = await contexts();
    if (known.includes(name)) return new Kubectl(name);
    const there = known.length === 0 ? 'none; set KUBECONFIG' : known.join(', ');
    throw new Error(`the kubeconfig has no context '${name}'; there are: ${there}`);
  }

  /**
   * @param args without --context
   * @param input given to kubectl's stdin
   * @returns what it prints
   * @throws Error of one line, as explainFailure has it
   */
  async run(args: readonly string[], input?: string): Promise<string> {
    try {
      return (await run(['--context', this.context, '--request-timeout=30s', ...args], input)).stdout;
    } catch (error) {
      if (!(error instanceof ExecaError)) throw error;
      throw new Error(explainFailure(this.context, args, stderrOf(error)));
    }
  }

  /** @returns the objects of a `kubectl get`, none where none is found */
  async get<T>(kinds: string, ...args: string[]): Promise<T[]> {
    const text = await this.run(['get', kinds, '--ignore-not-found', '--output', 'json', ...args]);
    if (text === '') return [];
    const found = JSON.parse(text) as T & { readonly items?: T[] };
    return found.items ?? [found];
  }
}
