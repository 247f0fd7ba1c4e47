// Loaded before the app (`node --import ./tracing.js app.js`): what is to be instrumented must not be loaded yet.
import { register } from 'node:module';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url); // for what is loaded by `import`

const isProbe = ({ url }) => url === '/health';
const sdk = new NodeSDK({
  instrumentations: [
    new HttpInstrumentation({ ignoreIncomingRequestHook: isProbe }), // SERVER spans
    new ExpressInstrumentation(), // LOCAL spans, one a middleware and handler
    new UndiciInstrumentation(), // CLIENT spans, of fetch
  ],
});
sdk.start();

// The last spans are still here when the process is told to end.
process.once('SIGTERM', () => sdk.shutdown().finally(() => process.exit()));
