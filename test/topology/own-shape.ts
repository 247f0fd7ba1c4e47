import { root } from '../../sandbox/cli/project.js';
import { requireShape } from '../../sandbox/cli/targets.js';
import { readModel } from '../../sandbox/topology/read-model.js';
import type { Shape } from '../../sandbox/verdict/shape.js';

/** The model of docker-compose.yml and the Envoy files, without the shell's variables. */
export const ownModel = await readModel(root, {});

/** The spans of a request for one of the sandbox's own paths. */
export const ownShape = (path: '/trace/1' | '/trace/2'): Shape => requireShape(ownModel, path);
