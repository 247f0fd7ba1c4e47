import { addressOf, deniesError, kindOf, labelOf, requestIdOf, type Span, serviceOf } from '../trace/span.js';
import { isAnsweredCall, type SpanNode, type SpanTree } from '../trace/tree.js';
import { dropsRequestId, nameOf, type OwnAppTrace } from './own-app.js';

/** The settings that give a tracer's spans their service name. */
export const setServiceName =
  'Set it: node.cluster or --service-cluster of an Envoy, local_service_name of Kong, OTEL_SERVICE_NAME of OpenTelemetry';

/**
 * Finds what is odd about a trace and not a fault, and what a trace alone cannot tell.
 *
 * @param callerSpanId the span id that the request carried, if it joined a trace
 * @returns a sentence each
 */
export function noteOddities(
  tree: SpanTree,
  callerSpanId: string | undefined,
  ownApps: readonly OwnAppTrace[],
): string[] {
  const { nodes } = tree;
  return [
    ...ownApps.flatMap(notesOn).map(({ text }) => text),
    ...noteNames(nodes),
    ...noteSilentCaller(tree, callerSpanId),
    ...noteShortIds(nodes),
    ...(ownApps.length > 0 ? [] : noteRequestIds(tree)),
    ...noteEach(
      nodes.filter(({ span }) => deniesError(span)),
      (count, span) =>
        `${count} the tag error=false: it did not fail, but Zipkin's UI draws it as failed. ${remove(span)}`,
    ),
    ...noteEach(nodes.filter(beginsLate), (count, span) => {
      const who = serviceOf(span) || 'the server';
      return `${count} a start time after the end of its call: ${who} worked asynchronously, or its clock is ahead. The trace alone cannot tell which`;
    }),
  ];
}

const remove = (span: Span) => `Remove the tag in ${serviceOf(span) || 'its tracer'}`;

/** One note for all spans with a property. It names the first of them. */
function noteEach(nodes: readonly SpanNode[], note: (subject: string, first: Span) => string): string[] {
  const [first] = nodes;
  if (!first) return [];
  const more = nodes.length > 1 ? ` and ${nodes.length - 1} more spans have` : ' has';
  return [note(`${labelOf(first.span)} ${first.span.id}${more}`, first.span)];
}

function noteNames(nodes: readonly SpanNode[]): string[] {
  return noteEach(
    nodes.filter(({ span }) => serviceOf(span) === ''),
    (subject, span) => {
      const address = addressOf(span);
      const where = address ? ` at ${address}` : '';
      return `${subject} no service name${where}. ${setServiceName}`;
    },
  );
}

function noteSilentCaller({ roots }: SpanTree, callerSpanId: string | undefined): string[] {
  const [first] = roots;
  if (first?.detached !== 'missing parent' || first.span.parentId === callerSpanId) return [];
  const { parentId } = first.span;
  return [
    `the trace begins at ${labelOf(first.span)} ${first.span.id}, whose parent ${parentId} is not in it: the caller reports no spans to this Zipkin, or its spans were lost`,
  ];
}

function noteShortIds(nodes: readonly SpanNode[]): string[] {
  const short = nodes.filter(({ span }) => span.traceId.length <= 16);
  if (short.length === nodes.length) return [];
  return noteEach(short, (subject) => `${subject} only the last 16 digits of the trace id`);
}

function noteRequestIds({ nodes, requestId }: SpanTree): string[] {
  const others = nodes.filter(({ span }) => (requestIdOf(span) ?? requestId) !== requestId);
  return noteEach(
    others,
    (subject) => `${subject} another x-request-id than the first hop, so the logs of this request have different ids`,
  );
}

function beginsLate(node: SpanNode): boolean {
  const { span, parent } = node;
  if (!isAnsweredCall(node) || span.timestamp === undefined || parent?.span.duration === undefined) return false;
  return span.timestamp > (parent.span.timestamp ?? span.timestamp) + parent.span.duration + 1000;
}

/** A remark on an app that is not a fault. */
export interface Note {
  readonly about: 'spans' | 'request id';
  readonly text: string;
}

/** Says in one line which of the accepted ways the app's tracer took, and whether it dropped the request id. */
export function notesOn(app: OwnAppTrace): Note[] {
  const text = `${app.app} does not forward x-request-id, so the logs of this request have different ids`;
  const spans: Note = { about: 'spans', text: describeOwnApp(app) };
  return dropsRequestId(app) ? [spans, { about: 'request id', text }] : [spans];
}

function describeOwnApp(app: OwnAppTrace): string {
  const { nodes, part, server, clients, isBeside } = app;
  const carried = isBeside ? '; it forwards the headers unchanged' : '';
  if (nodes.length === 0) return `${app.app}: no span${carried}`;
  const place =
    server?.span.id === server?.parent?.span.id ? "that shares its caller's id" : 'with its own id, below its caller';
  const locals = nodes.filter(({ span }) => kindOf(span) === 'LOCAL').length;
  const seen = [
    server ? `a SERVER span ${place}` : 'no SERVER span',
    ...(locals > 0 ? [`${locals} LOCAL`] : []),
    ...(part.children.length > 0 ? [clients.length > 0 ? `${clients.length} CLIENT` : 'no CLIENT span'] : []),
  ];
  const name = nameOf(app);
  return `${app.app}: ${seen.join(', ')}${carried}${name === app.app ? '' : `; it reports as ${name}`}`;
}
