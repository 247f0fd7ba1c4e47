import { root } from '../sandbox/cli/project.js';
import { requireShape } from '../sandbox/cli/targets.js';
import { readModel } from '../sandbox/topology/read-model.js';
import type { Shape } from '../sandbox/verdict/shape.js';

const model = await readModel(root, process.env);

/** The request that all tools here send: it passes every hop. */
export const requestPath = model.firstPath;

/** @returns the shape of its whole trace */
export const requestShape = (): Shape => requireShape(model, requestPath);
