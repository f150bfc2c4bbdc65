/** `MetricsSource`: how a feature adds its figures to what the app shows of itself (`/metrics` of HTTP). */
import { defineContribution } from '../container/contribution.ts'

export interface MetricsText {
  /** Of who adds it, for the log when it fails. */
  readonly name: string
  /**
   * The figures now, in Prometheus' text format, with a line feed at the end. Names start with something of the feature's own:
   * two sources must not have a name in common. Called in the app, outside of any cell.
   */
  text(): string | Promise<string>
}

export abstract class MetricsSource extends defineContribution<MetricsText>('MetricsSource') {}
