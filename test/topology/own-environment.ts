import { randomInt } from 'node:crypto';
import { innerPorts } from '../../sandbox/topology/ports.js';

/** Ports for what a sandbox publishes, by the variables of docker-compose.yml. No other run gets them. */
export async function ownPorts() {
  const [front = '', admin = '', zipkin = ''] = (await innerPorts(randomInt(10_000))).map(String);
  return { FRONT_PORT: front, ADMIN_PORT: admin, ZIPKIN_PORT: zipkin };
}

/** This process's environment, with free ports for a sandbox of one test, and the pinned Zipkin. */
export async function ownEnvironment() {
  const { ZIPKIN_JAR: _, ...rest } = process.env; // the runner's jar is an extracted one
  return { ...rest, ZIPKIN_URL: '', ...(await ownPorts()) };
}
