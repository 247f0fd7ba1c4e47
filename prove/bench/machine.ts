import { cpus, loadavg } from 'node:os';
import { runTool } from '../../sandbox/topology/installing.js';

/**
 * @returns one line about the machine of a bench: versions of Node and Java, processors, and how many processes wanted
 *   a processor in the minute before
 */
export async function describeMachine(): Promise<string> {
  const instead = 'install a Java runtime, 17 or later';
  const printed = await runTool({ what: 'bench', command: 'java', args: ['-version'], instead });
  const java = /version "([^"]+)"/.exec(printed)?.[1] ?? 'of an unknown version';
  const processors = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}`;
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `Measured with Node ${process.versions.node} and Java ${java} on ${processors}, load average before it ${load}.`;
}
