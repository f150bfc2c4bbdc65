/** Durable processes in memory: they live as long as the OS process. For tests and for apps that may forget. */
import { processFeature } from '@justscale/core/process'
import { MemoryStore } from '@justscale/engine/memory'

/** Runs the app's processes and signals in memory. */
export class InMemoryProcessFeature extends processFeature({
  name: 'InMemoryProcessFeature',
  open: () => new MemoryStore(),
}) {}
