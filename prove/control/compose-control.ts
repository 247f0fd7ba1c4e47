import { execa } from 'execa';
import { root } from '../../sandbox/cli/project.js';
import type { ProcessEntry } from '../../sandbox/load/process-usage.js';
import type { ComposeService } from '../../sandbox/topology/compose-file.js';
import type { RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { Control } from './control.js';

const init = 1;

/** The Compose project that runs; Docker restarts what ends by itself. */
export class ComposeControl extends Control {
  constructor(
    services: readonly ComposeService[],
    readonly sandbox: RunningSandbox,
  ) {
    super(services);
  }

  /** Orphans become the init's children too, and have higher numbers than what it started. */
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
    await this.#docker('compose', 'stop', service);
  }

  async start(service: string): Promise<void> {
    await this.#docker('start', await this.#container(service));
  }

  async cut(service: string): Promise<void> {
    const network = await this.#inspect(service, '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}');
    await this.#docker('network', 'disconnect', network, await this.#container(service));
  }

  async mend(service: string): Promise<void> {
    const project = await this.#inspect(service, '{{index .Config.Labels "com.docker.compose.project"}}');
    const container = await this.#container(service);
    await this.#docker('network', 'connect', '--alias', service, `${project}_envoymesh`, container);
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
