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
  const { nodes, roots, requestId } = tree;
  const [root] = roots;
  const isCalled = root?.detached === 'missing parent' && root.span.parentId !== callerSpanId;
  const hasLongId = nodes.some(({ span }) => span.traceId.length > 16);
  const noteEach = (isOdd: (node: SpanNode) => boolean, note: (subject: string, first: Span) => string) => {
    const [first, ...others] = nodes.filter(isOdd);
    if (!first) return [];
    const more = others.length > 0 ? ` and ${others.length} more spans have` : ' has';
    return [note(`${labelOf(first.span)} ${first.span.id}${more}`, first.span)];
  };
  return [
    ...ownApps.flatMap(notesOn).map(({ text }) => text),
    ...noteEach(
      ({ span }) => serviceOf(span) === '',
      (subject, span) => `${subject} no service name${placeOf(span)}. ${setServiceName}`,
    ),
    ...(isCalled
      ? [
          `the trace begins at ${labelOf(root.span)} ${root.span.id}, whose parent ${root.span.parentId} is not in it: the caller reports no spans to this Zipkin, or its spans were lost`,
        ]
      : []),
    ...noteEach(
      (node) => hasLongId && node.span.traceId.length <= 16,
      (subject) => `${subject} only the last 16 digits of the trace id`,
    ),
    ...noteEach(
      ({ span }) => ownApps.length === 0 && (requestIdOf(span) ?? requestId) !== requestId,
      (subject) => `${subject} another x-request-id than the first hop, so the logs of this request have different ids`,
    ),
    ...noteEach(
      ({ span }) => deniesError(span),
      (subject, span) =>
        `${subject} the tag error=false: it did not fail, but Zipkin's UI draws it as failed. Remove the tag in ${serviceOf(span) || 'its tracer'}`,
    ),
    ...noteEach(
      beginsLate,
      (subject, span) =>
        `${subject} a start time after the end of its call: ${serviceOf(span) || 'the server'} worked asynchronously, or its clock is ahead. The trace alone cannot tell which`,
    ),
  ];
}

const placeOf = (span: Span) => (addressOf(span) ? ` at ${addressOf(span)}` : '');

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
