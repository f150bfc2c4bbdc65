/** The inspector: `@justscale/engine/inspector`. */
export { createInspector } from './inspector.ts'
export type { InspectedFrame, InspectedSchedule, Inspection, Inspector } from './inspector.ts'
export type { SourceLine } from './source.ts'
