/** A service of docker-compose.yml. */
export type Service = 'front-envoy' | 'service1' | 'service2' | 'zipkin';

/** A service as a whole, or one process of it. */
export type Part = Service | `${'service1' | 'service2'}/${'app' | 'sidecar'}`;

/** The power over a sandbox that faults need. Somebody else brings back what ended by itself: Docker, or a Supervisor. */
export interface Control {
  readonly mode: 'native' | 'compose';
  readonly frontUrl: string;
  readonly zipkinUrl: string;
  /** Sends a signal to a part's process; to a service's first process where the part is a service. */
  signal(part: Part, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Stops a part's process, and lets it go on `seconds` later; resolves when it is stopped. */
  hold(part: Part, seconds: number): Promise<void>;
  /** Calls `act`, and gives the seconds until the service has ended, whatever happens to it afterwards. */
  secondsToEnd(service: Service, act: () => Promise<void>): Promise<number>;
  /** Ends a service in good order and keeps it down. */
  stop(service: Service): Promise<void>;
  /** Starts a service that was stopped. */
  start(service: Service): Promise<void>;
  /** Lets no byte reach a service or leave it, and lets them through again. */
  cut(service: 'service2'): Promise<void>;
  mend(service: 'service2'): Promise<void>;
}

/** A process as /proc/<pid>/stat has it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly command: string;
  readonly parent: number;
}

/**
 * Reads the beginning of /proc/<pid>/stat: `12 (node) S 7 …`.
 *
 * @param lines one process a line; a line that is none is left out
 * @see proc(5)
 */
export function readProcesses(lines: string): ProcessEntry[] {
  return [...lines.matchAll(/^(\d+) \((.*)\) \S (\d+)/gm)].map(([, pid, command = '', parent]) => ({
    pid: Number(pid),
    command,
    parent: Number(parent),
  }));
}

const commands = { app: /^(node|MainThread)$/, sidecar: /^envoy$/ } as const;

/**
 * Finds a part's process among those of its service.
 *
 * @param processes of the service's container, or the descendants of its first process
 * @param first the first process: the one that Compose or the native run started
 * @throws Error where the part does not run
 */
export function processOf(part: Part, processes: readonly ProcessEntry[], first: number): number {
  const [service, name] = part.split('/');
  if (name !== 'app' && name !== 'sidecar') return first;
  const found = processes.find(({ command, parent }) => parent === first && commands[name].test(command));
  if (!found) throw new Error(`${service}: its ${name} does not run, so no fault can be put on it`);
  return found.pid;
}
