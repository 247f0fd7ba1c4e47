import { root } from '../../sandbox/cli/project.js';
import { requireShape } from '../../sandbox/cli/targets.js';
import { readModel } from '../../sandbox/topology/read-model.js';
import type { Shape } from '../../sandbox/verdict/shape.js';

/** What docker-compose.yml and the Envoy files say, whatever the shell sets. */
export const ownModel = await readModel(root, {});

/** The spans that a request of one of the sandbox's own paths leaves. */
export const ownShape = (path: '/trace/1' | '/trace/2'): Shape => requireShape(ownModel, path);
