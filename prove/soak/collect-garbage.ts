import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded into the apps of a soak by `--import`. V8 collects all garbage only when the heap has grown by a share of its
 * size. Without a leak, an app's memory differed by 11 MB between two thirds of a minute. Collected often, it is what the
 * app keeps.
 */
const collectMs = 2000;

// Node 20 does not accept `--expose-gc` in NODE_OPTIONS.
setFlagsFromString('--expose-gc');
setInterval(runInNewContext('gc') as () => void, collectMs).unref();
