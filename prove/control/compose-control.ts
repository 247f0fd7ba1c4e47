import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import type { RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { Control } from './control.js';
import type { ProcessEntry } from './process-usage.js';

const init = 1;
const addressFormat = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';

/** The running Compose project. Docker restarts containers that end by themselves. */
export class ComposeControl extends Control {
  /** The addresses of services when they were stopped. */
  readonly #addresses = new Map<string, string>();

  constructor(readonly sandbox: RunningSandbox) {
    super(sandbox.model);
  }

  /** Orphans become children of the init process too, and have higher process ids than what it started. */
  protected firstOf(service: string, processes: readonly ProcessEntry[]): number {
    const first = Math.min(...processes.filter(({ parent }) => parent === init).map(({ pid }) => pid));
    if (!Number.isFinite(first)) throw new Error(`${service}: no process was found in its container`);
    return first;
  }

  protected async endOf(service: string): Promise<() => Promise<unknown>> {
    const lives = () => this.#inspect(service, '{{.State.Running}} {{.State.StartedAt}}');
    const before = await lives();
    const attempt = async () => {
      if ((await lives()) === before) throw new Error('it runs');
    };
    return () => waitFor(`${service} ended`, attempt, { seconds: 20 });
  }

  async stop(service: string): Promise<void> {
    this.#addresses.set(service, await this.#inspect(service, addressFormat));
    await this.#docker('compose', 'stop', service);
  }

  async start(service: string): Promise<void> {
    await this.#docker('start', await this.#container(service));
  }

  /** Other containers take the lowest free address, which this service had, and keep it for a minute. */
  async startElsewhere(service: string): Promise<void> {
    const [network, image] = await Promise.all([this.#network(service), this.#inspect(service, '{{.Image}}')]);
    const other = ['run', '--detach', '--rm', '--network', network, '--entrypoint', 'sleep', image, '60'];
    const id = await this.#docker(...other);
    await this.start(service);
    const taken = await this.#docker('inspect', '--format', addressFormat, id);
    const had = this.#addresses.get(service);
    if (taken !== had) throw new Error(`${service}: another container got ${taken} and not its ${had}; run this again`);
  }

  async cut(service: string): Promise<void> {
    await this.#docker('network', 'disconnect', await this.#network(service), await this.#container(service));
  }

  async mend(service: string): Promise<void> {
    const project = await this.#inspect(service, '{{index .Config.Labels "com.docker.compose.project"}}');
    const container = await this.#container(service);
    await this.#docker('network', 'connect', '--alias', service, `${project}_envoymesh`, container);
  }

  #network(service: string): Promise<string> {
    return this.#inspect(service, '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}');
  }

  #container(service: string): Promise<string> {
    return this.#docker('compose', 'ps', '--all', '--quiet', service);
  }

  async #inspect(service: string, format: string): Promise<string> {
    return this.#docker('inspect', '--format', format, await this.#container(service));
  }

  async #docker(...args: string[]): Promise<string> {
    const { stdout, stderr, failed } = await execa('docker', args, { cwd: root, reject: false, stdin: 'ignore' });
    if (!failed) return stdout.trim();
    throw new Error(`docker ${args.slice(0, 3).join(' ')} failed: ${stderr.trim().split('\n').at(-1)}`);
  }
}
