/** Builders for the store's tests. */
import type { Checkpoint, LoadedProcess, StartRequest } from '../../store.ts'

export const bytes = (text: string) => new TextEncoder().encode(text)
export const nothing: ReadonlySet<string> = new Set()

export function request(path: string, options: Partial<StartRequest> = {}): StartRequest {
  return {
    id: Bun.randomUUIDv7(),
    path,
    definition: '/test/:id',
    program: 'hash-1',
    head: bytes('head 0'),
    parts: new Map([[0, bytes('part 0')]]),
    subscribe: [],
    place: { line: 1, waits: [] },
    ...options,
  }
}

export function checkpoint(process: LoadedProcess, options: Partial<Checkpoint> = {}): Checkpoint {
  return {
    id: process.record.id,
    shard: process.record.shard,
    seq: process.record.seq + 1,
    status: 'waiting',
    head: bytes(`head ${process.record.seq + 1}`),
    writeParts: new Map(),
    dropParts: [],
    consume: [],
    timers: new Map(),
    runnable: false,
    subscribe: [],
    unsubscribe: [],
    start: [],
    emit: [],
    place: { line: 2, waits: ['signal x'] },
    log: [],
    ...options,
  }
}
