/** Builders for the store's tests. */
import { plainCheckpoint } from '../../plain-checkpoint.ts'
import type { Checkpoint, LoadedProcess, StartRequest } from '../../records.ts'

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
  const { id, shard, seq } = process.record
  return plainCheckpoint({
    id,
    shard,
    seq: seq + 1,
    status: 'waiting',
    head: bytes(`head ${seq + 1}`),
    place: { line: 2, waits: ['signal x'] },
    ...options,
  })
}
