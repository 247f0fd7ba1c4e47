import { registerDoctor } from './doctor.js';
import { registerHeaders } from './headers.js';
import { registerLab } from './lab.js';
import { registerLoad } from './load.js';
import { createProgram, runProgram } from './program.js';
import { start } from './start.js';
import { registerTrace } from './trace.js';
import { registerVerify } from './verify.js';

const description = 'Follow one request through Envoy sidecars, span by span, in Zipkin.';
const program = createProgram('sandbox', description, (command) => `npm run ${command} --`);
program
  .command('start')
  .description('Run the sandbox without Docker: Zipkin, the services with their sidecars, the front proxy.')
  .action(async () => {
    process.exitCode = await start();
  });
for (const register of [registerTrace, registerVerify, registerHeaders, registerLab, registerDoctor, registerLoad]) {
  register(program);
}
await runProgram(program);
