/** Durable processes in an app: what users write them with, then what features are made of. */
export {
  currentStep,
  delay,
  drain,
  listen,
  ProcessCancelled,
  ProcessHandle,
  race,
  retry,
  routine,
  signal,
} from '@justscale/engine'
export type { Firing, Listener, MissedFirings, Race, Step } from '@justscale/engine'
export {
  createProcess,
  type ProcessCalls,
  type ProcessComponent,
  type ProcessParameters,
  type ProcessStart,
} from './create-process.ts'
export { createSchedule, type ScheduleDefinition } from './create-schedule.ts'
export { defineSignals, type SignalInMaking } from './define-signals.ts'
export { ref, type RefParameter } from './ref.ts'

// For authors of process features.
export { NoProcessFeatureError, ProcessEngine } from './process-engine.ts'
export { processFeature, type ProcessFeatureOptions } from './process-feature.ts'
export { cellHost } from './cell-host.ts'
