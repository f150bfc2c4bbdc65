/**
 * Batches the reads of references: those of one model awaited in the same turn and the same cell become one read. Within a
 * unit of work (a lock scope, a transaction, a process step) what was read is kept until something is locked or written in
 * it, or it ends; outside, a later await asks again, so a reference never gives an old entity.
 */
import { currentCell } from '../cell/current-cell.ts'
import type { AppContext } from '../app/context.ts'
import { modelMetadata } from '../model/model-metadata.ts'
import type { AnyModelClass } from '../model/model-type.ts'

/** The seam to storage: an app's way to read entities of any of its models by key. */
export interface ReferenceSource {
  /** The entities, in the order of the identifiers; `null` where there is none (or the identifier cannot be a key). */
  load(model: AnyModelClass, identifiers: readonly string[]): Promise<readonly (object | null)[]>
}

interface Batch {
  readonly identifiers: string[]
  readonly position: Map<string, number>
  readonly result: Promise<readonly (object | null)[]>
}

/** By scope, then by the identity of the model: an override's references join those of the model. */
const batches = new WeakMap<object, Map<object, Batch>>()

/** The entity, or `null` when it does not exist. */
export function loadReferenced(app: AppContext, model: AnyModelClass, identifier: string): Promise<object | null> {
  const reads = currentCell()?.reads
  if (reads === undefined) return loadInBatch(app, model, identifier)
  const known = knownReads(reads, app, model[modelMetadata].identity)
  const before = known.get(identifier)
  if (before !== undefined) return before
  const loading = loadInBatch(app, model, identifier)
  known.set(identifier, loading)
  // What is not there, or could not be read, is looked for again.
  const forget = () => known.delete(identifier)
  loading.then((entity) => entity ?? forget(), forget)
  return loading
}

/** By what a unit of work has read so far, then app, then the identity of the model. */
const remembered = new WeakMap<object, Map<AppContext, Map<object, KnownReads>>>()
type KnownReads = Map<string, Promise<object | null>>

function knownReads(reads: object, app: AppContext, identity: object): KnownReads {
  const apps = remembered.get(reads) ?? new Map<AppContext, Map<object, KnownReads>>()
  const models = apps.get(app) ?? new Map<object, KnownReads>()
  const known = models.get(identity) ?? new Map<string, Promise<object | null>>()
  remembered.set(reads, apps.set(app, models.set(identity, known)))
  return known
}

async function loadInBatch(app: AppContext, model: AnyModelClass, identifier: string): Promise<object | null> {
  const batch = openBatch(app, model)
  let position = batch.position.get(identifier)
  if (position === undefined) {
    position = batch.identifiers.push(identifier) - 1
    batch.position.set(identifier, position)
  }
  return (await batch.result)[position] ?? null
}

function openBatch(app: AppContext, model: AnyModelClass): Batch {
  const scope: object = currentCell() ?? app
  const key = model[modelMetadata].identity
  const open = batches.get(scope) ?? new Map<object, Batch>()
  batches.set(scope, open)
  const running = open.get(key)
  if (running !== undefined) return running
  const identifiers: string[] = []
  const batch: Batch = {
    identifiers,
    position: new Map(),
    result: endOfTurn().then(() => {
      open.delete(key)
      return app.references.load(model, identifiers)
    }),
  }
  open.set(key, batch)
  return batch
}

/** After the microtasks that are queued now: awaits that follow one another directly still join the batch. */
async function endOfTurn(): Promise<void> {
  await undefined
  await undefined
}
