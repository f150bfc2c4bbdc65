/** The inspector: `@justscale/engine/inspector`. */
export { createInspector } from './inspector.ts'
export type { InspectedFrame, Inspection, Inspector } from './inspector.ts'
export type { SourceLine } from './source.ts'
