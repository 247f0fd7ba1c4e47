// Loaded before the app (`node --import ./tracing.js app.js`): OpenTelemetry must start before the modules that it instruments.
import { register } from 'node:module';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url); // for modules that `import` loads

const isProbe = ({ url }) => url === '/health';
const sdk = new NodeSDK({
  instrumentations: [
    new HttpInstrumentation({ ignoreIncomingRequestHook: isProbe }), // SERVER spans
    new ExpressInstrumentation(), // LOCAL spans, one for each middleware and handler
    new UndiciInstrumentation(), // CLIENT spans for fetch
  ],
});
sdk.start();

// Sends the last spans before the process ends.
process.once('SIGTERM', () => sdk.shutdown().finally(() => process.exit()));
