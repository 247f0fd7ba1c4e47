import { ownShape } from '../sandbox/cli/targets.js';
import type { Shape } from '../sandbox/verdict/shape.js';

/** What is sent to the sandbox here: the request that passes every hop. */
export const requestPath = '/trace/1';

/** @returns the shape that a whole trace of it has */
export async function requestShape(): Promise<Shape> {
  const shape = await ownShape(requestPath);
  if (!shape) throw new Error(`the shape of ${requestPath} is not known`);
  return shape;
}
