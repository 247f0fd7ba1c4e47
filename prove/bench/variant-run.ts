import type { MeasuredLoad } from '../../sandbox/load/measure.js';
import type { SpanCounts } from '../../sandbox/observe/stored-traces.js';
import { NativeControl } from '../control/native-control.js';
import { type Load, measure, send } from '../load.js';
import type { Variant } from './variants.js';

/** One load on one variant, with the CPU seconds of each of its processes for 1,000 requests. */
export interface Round extends MeasuredLoad {
  readonly cpu: Readonly<Record<string, number>>;
}

/** How long a restarted Zipkin is under load before the measurement. */
const renewedWarmSeconds = 3;

/** A variant of the sandbox that runs natively on its own ports. */
export class VariantRun {
  private constructor(
    readonly variant: Variant,
    readonly control: NativeControl,
    private readonly spansEach: SpanCounts,
  ) {}

  /**
   * @param spansEach the spans of one request by reporter, if all report
   * @throws Error if a process does not start
   */
  static async start(variant: Variant, spansEach: SpanCounts): Promise<VariantRun> {
    const reported = Object.entries(spansEach).filter(([reporter]) => variant.reports(reporter));
    return new VariantRun(variant, await NativeControl.start(variant), Object.fromEntries(reported));
  }

  /**
   * Sends a load and accounts for its spans. A Zipkin that ends during the load is started again, without its spans.
   */
  async load(load: Load): Promise<Round> {
    const { control, variant, spansEach } = this;
    if (variant.zipkinAnew) {
      await control.stop(control.zipkin);
      await control.start(control.zipkin);
      await send(control, { ...load, seconds: renewedWarmSeconds });
    }
    const before = await control.usage();
    let after = before;
    const onQuiet = async () => {
      after = await control.usage();
    };
    const measured = await measure(control, load, { spansEach, quietSeconds: 30, onQuiet });
    const cpu = Object.entries(after).map(([name, { cpuSeconds }]) => [
      name,
      ((cpuSeconds - (before[name]?.cpuSeconds ?? 0)) * 1000) / Math.max(1, measured.answered),
    ]);
    return { ...measured, cpu: Object.fromEntries(cpu) };
  }
}
