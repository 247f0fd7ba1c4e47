import { createProgram, runProgram } from '../sandbox/cli/program.js';
import { registerBench } from './bench.js';
import { registerFaults } from './faults.js';
import { registerPictures } from './pictures.js';
import { registerSoak } from './soak.js';
import { registerVersions } from './versions.js';

const description = 'Measure and test the sandbox. These commands are for maintainers, and most of them take minutes.';
const program = createProgram('prove', description, (command) => `npm run prove -- ${command}`);
for (const register of [registerBench, registerFaults, registerSoak, registerPictures, registerVersions])
  register(program);
await runProgram(program);
