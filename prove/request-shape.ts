import { ownShape } from '../sandbox/cli/targets.js';
import type { Shape } from '../sandbox/verdict/shape.js';

/** The request that all tools here send: it passes every hop. */
export const requestPath = '/trace/1';

/** @returns the shape of its whole trace */
export async function requestShape(): Promise<Shape> {
  const shape = await ownShape(requestPath);
  if (!shape) throw new Error(`the shape of ${requestPath} is not known`);
  return shape;
}
