/** Which steps of a process only read: they need no checkpoint before they start. */
import type { StepSite } from '@justscale/engine'
import { isModelClass } from '../model/model-metadata.ts'
import { Repository } from '../repository/repository.ts'

const readVerbs = new Set(['find', 'findOne', 'get', 'getMany', 'count', 'exists', 'aggregate'])

/**
 * Reads: a read verb called directly on an injected repository, and an awaited reference, also where it is made
 * (`await Order.ref(id)`). `target` is the dependency or import that the step calls.
 */
export function isRead(target: unknown, site: StepSite): boolean {
  if (site.kind === 'value') return site.read
  if (site.kind === 'binding') return site.method === 'ref' && isModelClass(target)
  return target instanceof Repository && readVerbs.has(site.method ?? '')
}
