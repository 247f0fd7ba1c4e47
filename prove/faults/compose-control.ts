import { once } from 'node:events';
import { execa } from 'execa';
import type { RunningSandbox } from '../../sandbox/topology/running-sandbox.js';
import { waitFor } from '../../sandbox/topology/wait.js';
import { type Control, type Part, processOf, readProcesses, type Service } from './control.js';

const init = 1;
/** What a command in a container exits with when the container ends under it. */
const endedWithContainer = 137;
const listProcesses =
  'for stat in /proc/[0-9]*/stat; do read -r line <"$stat" && echo "$line"; done 2>/dev/null || true';

/** The Compose project that runs; Docker restarts what ends by itself. */
export class ComposeControl implements Control {
  readonly mode = 'compose';

  /**
   * @param root the folder of docker-compose.yml
   * @param sandbox the project's running sandbox
   */
  constructor(
    private readonly root: string,
    private readonly sandbox: RunningSandbox,
  ) {}

  get frontUrl(): string {
    return this.sandbox.frontUrl;
  }

  get zipkinUrl(): string {
    return this.sandbox.zipkinUrl;
  }

  /** From inside: what `docker kill` ends, Docker takes for stopped by the user and does not restart. */
  async signal(part: Part, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const service = part.split('/')[0] as Service;
    const script = `kill -${signal.slice('SIG'.length)} ${await this.#processOf(part)}`;
    const { failed, exitCode, stderr } = await this.#run('compose', 'exec', '-T', service, 'sh', '-c', script);
    if (failed && exitCode !== endedWithContainer) throw new Error(`${service}: ${script} failed: ${stderr.trim()}`);
  }

  /** Timed inside the container: a command for each end of it would take longer than the hold. */
  async hold(part: Part, seconds: number): Promise<void> {
    const service = part.split('/')[0] as Service;
    const pid = await this.#processOf(part);
    const script = `kill -STOP ${pid} && echo held && sleep ${seconds} && kill -CONT ${pid}`;
    const holding = execa('docker', ['compose', 'exec', '-T', service, 'sh', '-c', script], {
      cwd: this.root,
      reject: false,
      stdin: 'ignore',
    });
    await once(holding.stdout, 'data');
  }

  async #processOf(part: Part): Promise<number> {
    const service = part.split('/')[0] as Service;
    const processes = readProcesses(await this.#inside(service, listProcesses));
    // Orphans become the init's children too, and have higher numbers than what it started.
    const first = Math.min(...processes.filter(({ parent }) => parent === init).map(({ pid }) => pid));
    if (!Number.isFinite(first)) throw new Error(`${service}: no process was found in its container`);
    return processOf(part, processes, first);
  }

  async secondsToEnd(service: Service, act: () => Promise<void>): Promise<number> {
    const lives = async () => this.#inspect(service, '{{.State.Running}} {{.State.StartedAt}}');
    const before = await lives();
    const since = Date.now();
    await act();
    const attempt = async () => {
      if ((await lives()) === before) throw new Error('it runs');
    };
    await waitFor(`${service} ended`, attempt, { seconds: 20 });
    return (Date.now() - since) / 1000;
  }

  async stop(service: Service): Promise<void> {
    await this.#docker('compose', 'stop', service);
  }

  async start(service: Service): Promise<void> {
    await this.#docker('start', await this.#container(service));
  }

  async cut(service: 'service2'): Promise<void> {
    const [network, container] = await this.#attachment(service);
    await this.#docker('network', 'disconnect', network, container);
  }

  async mend(service: 'service2'): Promise<void> {
    const container = await this.#container(service);
    const project = await this.#inspect(service, '{{index .Config.Labels "com.docker.compose.project"}}');
    await this.#docker('network', 'connect', '--alias', service, `${project}_envoymesh`, container);
  }

  async #attachment(service: Service): Promise<readonly [string, string]> {
    const network = await this.#inspect(service, '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}');
    return [network, await this.#container(service)];
  }

  #container(service: Service): Promise<string> {
    return this.#docker('compose', 'ps', '--all', '--quiet', service);
  }

  async #inspect(service: Service, format: string): Promise<string> {
    return this.#docker('inspect', '--format', format, await this.#container(service));
  }

  #inside(service: Service, script: string): Promise<string> {
    return this.#docker('compose', 'exec', '-T', service, 'sh', '-c', script);
  }

  #run(...args: string[]) {
    return execa('docker', args, { cwd: this.root, reject: false, stdin: 'ignore' });
  }

  async #docker(...args: string[]): Promise<string> {
    const { stdout, stderr, failed } = await this.#run(...args);
    if (!failed) return stdout.trim();
    throw new Error(`docker ${args.slice(0, 3).join(' ')} failed: ${stderr.trim().split('\n').at(-1)}`);
  }
}
