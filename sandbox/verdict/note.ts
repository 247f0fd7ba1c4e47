import { addressOf, deniesError, labelOf, requestIdOf, type Span, serviceOf } from '../trace/span.js';
import { isAnsweredCall, type SpanNode, type SpanTree } from '../trace/tree.js';

/** The settings that give a tracer's spans their service name. */
export const setServiceName =
  'Set it: node.cluster or --service-cluster of an Envoy, local_service_name of Kong, OTEL_SERVICE_NAME of OpenTelemetry';

/**
 * Finds what is odd about a trace and not a fault, and what a trace alone cannot tell.
 *
 * @param callerSpanId the span id that the request carried, if it joined a trace
 * @param hasOwnApps whether the notes on the user's own apps already say who does not forward x-request-id
 * @returns a sentence each
 */
export function noteOddities(tree: SpanTree, callerSpanId: string | undefined, hasOwnApps: boolean): string[] {
  const { nodes } = tree;
  return [
    ...noteNames(nodes),
    ...noteSilentCaller(tree, callerSpanId),
    ...noteShortIds(nodes),
    ...(hasOwnApps ? [] : noteRequestIds(tree)),
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
