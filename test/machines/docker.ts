import { execa } from 'execa';

const fails = async (...args: string[]) => (await execa('docker', args, { reject: false, stdin: 'ignore' })).failed;
const why = (isMissing: boolean, reason: string) => isMissing && process.env.CI !== 'true' && reason;

/** Why a test cannot run here; false where it can, and in CI, which must have all. */
export const withoutDocker = why(await fails('info'), 'no Docker daemon answers');
export const withoutCompose = why(await fails('compose', 'version'), 'no docker compose');
