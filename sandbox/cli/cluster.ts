import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { applyManifests, deleteSandbox, frontOnNode, namespace, waitUntilReady } from '../cluster/cluster-sandbox.js';
import { buildImages, loadImages, presentImages } from '../cluster/images.js';
import { contexts, Kubectl } from '../cluster/kubectl.js';
import { imagesOf, type Overlay, overlays, renderOverlay } from '../cluster/overlay.js';
import { ExitCode, UsageError } from './exit-code.js';
import { cache, root } from './project.js';

interface ClusterOptions {
  readonly context?: string;
  readonly overlay: Overlay;
  readonly load?: string;
  readonly wait: number;
}

function readSeconds(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a number of seconds from 1 to 9999.');
  return Number(text);
}

/** The kubeconfig's current context is whatever was worked on last: it is never taken for what the user means. */
async function namedContext({ context }: ClusterOptions): Promise<Kubectl> {
  if (context !== undefined) return Kubectl.on(context);
  throw new UsageError(
    `name the cluster with --context; the kubeconfig has: ${(await contexts()).join(', ') || 'none'}`,
  );
}

async function manifestsOf({ overlay, load }: ClusterOptions): Promise<string> {
  if (load === undefined) return renderOverlay(root, cache, overlay);
  const manifests = await renderOverlay(root, cache, overlay, await buildImages(root));
  await loadImages(load, await presentImages(imagesOf(manifests)));
  return manifests;
}

async function accessLines(kubectl: Kubectl): Promise<string[]> {
  const forward = `kubectl --context ${kubectl.context} --namespace ${namespace} port-forward`;
  const onNode = await frontOnNode(kubectl);
  return [
    ...(onNode ? [`  front proxy  ${onNode}/trace/1, where the cluster's nodes can be reached; else`] : []),
    `  front proxy  ${forward} service/front-envoy 8000:80`,
    `  Zipkin       ${forward} service/zipkin 9411:9411`,
    '  then         npm run verify -- --url http://localhost:8000 --zipkin http://localhost:9411',
  ];
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function up(options: ClusterOptions): Promise<ExitCode> {
  const kubectl = await namedContext(options);
  const manifests = await manifestsOf(options);
  if (options.load !== undefined) say('images: built and handed to the cluster');
  await applyManifests(kubectl, manifests);
  say(`context ${kubectl.context}: overlay ${options.overlay} applied to namespace ${namespace}`);
  let shown = '';
  await waitUntilReady(kubectl, options.wait, (text) => {
    if (text !== shown) say(`  ${text}`);
    shown = text;
  });
  say(`all is ready\n\n${(await accessLines(kubectl)).join('\n')}`);
  return ExitCode.done;
}

async function down(options: ClusterOptions): Promise<ExitCode> {
  const kubectl = await namedContext(options);
  const kept = await deleteSandbox(kubectl, options.wait);
  const gone = kept ? `namespace ${namespace} is gone` : 'there was no sandbox';
  say(`context ${kubectl.context}: ${gone}`);
  for (const volume of kept ?? []) say(`volume ${volume} keeps its data; its reclaim policy says so`);
  return ExitCode.done;
}

/** Adds `cluster` to the program: the sandbox on Kubernetes, brought up and taken down. */
export function registerCluster(program: Command): void {
  program
    .command('cluster')
    .description('Run the sandbox on a Kubernetes cluster (1.30 or later) that you name, or take it down again.')
    .addArgument(new Argument('<action>', 'up or down').choices(['up', 'down']))
    .option('--context <name>', 'the context of your kubeconfig to work on; there is no default')
    .addOption(
      new Option('--overlay <name>', 'local: one of each; cluster: several, spans in Cassandra')
        .choices(overlays)
        .default('local'),
    )
    .option(
      '--load <command>',
      "build the images with Docker and hand them over by this command, such as 'kind load docker-image'",
    )
    .addOption(
      new Option('--wait <seconds>', 'longest wait until all is ready, or gone').argParser(readSeconds).default(300),
    )
    .action(async (action: 'up' | 'down', options: ClusterOptions) => {
      process.exitCode = await (action === 'up' ? up(options) : down(options));
    });
}
