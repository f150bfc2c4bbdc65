/**
 * The corpus: programs and frames as earlier builds stored them. Every later build restores each frame and finishes it with
 * the calls, and the result, it would have had then. Entries are only ever added: `bun engine/compiler/test/record-corpus.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Head } from '../../machine/index.ts'
import { plainBytes } from '../../value/text-bytes.ts'
import { cases, sourceOf } from './cases.ts'
import type { Services, StoredFrame } from './driver.ts'
import { languagePrograms } from './language-programs.ts'
import { tracingServices } from './services.ts'

export interface CorpusEntry {
  readonly name: string
  readonly hash: string
  /** The stored text of the program. */
  readonly program: string
  /** Of the result: encoded, base64. */
  readonly result: string
  readonly error?: string
  /** All calls, from the start. */
  readonly trace: readonly string[]
  readonly frames: readonly CorpusFrame[]
}

export interface CorpusFrame {
  /** Calls made when it was stored. */
  readonly calls: number
  readonly head: Head
  /** Part number and bytes, base64. */
  readonly parts: readonly (readonly [number, string])[]
  readonly roots: readonly (readonly [string, number])[]
}

export const folder = join(import.meta.dir, 'corpus')

export function readCorpus(): CorpusEntry[] {
  const files = readdirSync(folder).filter((each) => each.endsWith('.json'))
  return files.sort().map((each) => JSON.parse(readFileSync(join(folder, each), 'utf8')) as CorpusEntry)
}

export function toCorpusFrame({ head, values }: StoredFrame, calls: number): CorpusFrame {
  const parts = [...values.parts].map(
    ([number, bytes]) => [number, Buffer.from(plainBytes(bytes)).toString('base64')] as const,
  )
  return { calls, head, parts, roots: [...values.roots] }
}

export function fromCorpusFrame({ head, parts, roots }: CorpusFrame): StoredFrame {
  const bytes = parts.map(([number, text]) => [number, new Uint8Array(Buffer.from(text, 'base64'))] as const)
  return { head, values: { parts: new Map(bytes), roots: new Map(roots) } }
}

/** Signals and a resource beside the services of the differential tests. */
export function corpusServices(trace: string[]): Services {
  const resource = { [Symbol.dispose]: () => trace.push('released') }
  return {
    ...tracingServices(trace),
    sig: { paid: { name: 'paid', params: ['id'] }, failed: { name: 'failed', params: ['id'] } } as never,
    locks: { lock: ((id: string) => (trace.push(`lock ${id}`), resource)) as never },
  }
}

/** Every wait is won by its first arm, with this value. */
export const payload = { amount: 7 }

const waiting: Readonly<Record<string, string>> = {
  'race with a signal': `const r = race(); switch (true) { case signal(r, sig.paid): return [await svc.id(r.amount), r.amount]; case delay.days(r, 2): return 'late' }`,
  'race in a loop': `let n = 0; while (n < 3) { const r = race(); switch (true) { case signal(r, sig.failed): n += await svc.id(1); continue; case delay.hours(r, 1): break } break } return n`,
  listener: `using heard = listen(sig.paid); let sum = 0; for (const turn of [1, 2]) { const { amount } = await signal(heard); sum += amount + (await svc.id(turn)) } return sum`,
  'lock over a wait': `using held = await locks.lock(id); await svc.id(1); await delay.days(2); await svc.id(String(typeof held)); return 'done'`,
  'signals in a fan-out': `const [a, b] = await Promise.all([signal(sig.paid), svc.id(2)]); return [a.amount, b]`,
  'cleanup over waits': `try { await delay.days(1); throw new Error('after') } finally { await delay.hours(1); await svc.id('cleaned') }`,
}

/** Of the programs over the language: what is stored in ways of its own. */
const LANGUAGE = [
  'loops: a map that grows while it is gone over',
  'loops: a map entry that is deleted and added again',
  'loops: a set from which earlier and later entries go',
  'loops: keys and values and entries of a map',
  'loops: an array iterator sees what is added',
  'loops: a string with surrogates',
  'loops: a typed array',
  'loops: a chain of iterator helpers',
  'loops: for in over an instance of a class',
  'loops: for in inside for in over the same object',
  "loops: a turn's item is there when a resource is acquired again before it is read",
  'promises: promises in an object with a wait between',
  'promises: promises in a map',
  'promises: then on a local beside another call',
  'promises: a promise cache in a map in a loop',
  'promises: an async function started in a map',
  'expressions: typed arrays that share a buffer',
  'functions: a named function expression that calls itself',
  'functions: a function kept in a let',
]

/** What the corpus is recorded from, by name. */
export function corpusSources(): Record<string, string> {
  const sources = Object.entries(cases).map(([name, body]) => [name, sourceOf(body)] as const)
  const waits = Object.entries(waiting).map(([name, body]) => {
    const source = sourceOf(body)
      .replace('createProcess, delay', 'createProcess, race, signal, listen, delay')
      .replace('{ svc }', '{ svc, sig, locks }')
    return [name, source] as const
  })
  const odd = languagePrograms()
    .filter(({ topic, name }) => LANGUAGE.includes(`${topic}: ${name}`))
    .map(({ topic, name, body }) => [`${topic}: ${name}`, sourceOf(body)] as const)
  return Object.fromEntries([...sources, ...waits, ...odd])
}
