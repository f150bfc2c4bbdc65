/**
 * Programs over the whole of the language, one file a topic in `language/`: `## name` and the handler's body below it. A
 * heading may end with `=> CODE` where the compiler refuses the program, with `=> ErrorName` where a process fails with what
 * plain code does not, or with `=> memory` where only a run that keeps its memory is the same.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sourceOf } from './cases.ts'
import { drive, type Outcome } from './driver.ts'
import { runNative } from './native.ts'
import { tracingServices } from './services.ts'
import type { ValueCodec } from '../../value/codec.ts'

export interface LanguageProgram {
  readonly topic: string
  readonly name: string
  readonly body: string
  /** A refusal's code, or the name of the error the process ends with. */
  readonly instead?: string
}

const FOLDER = join(import.meta.dir, 'language')

export function languagePrograms(folder = FOLDER): LanguageProgram[] {
  return readdirSync(folder)
    .filter((each) => each.endsWith('.txt'))
    .sort()
    .flatMap((file) => programsOf(file.slice(0, -'.txt'.length), readFileSync(join(folder, file), 'utf8')))
}

function programsOf(topic: string, text: string): LanguageProgram[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((part): LanguageProgram => {
      const end = part.indexOf('\n')
      const [name = '', instead] = part.slice(0, end).split(' => ')
      return { topic, name, body: part.slice(end + 1).trim(), ...(instead ? { instead } : {}) }
    })
}

export interface InMemory {
  readonly native: Outcome
  readonly memory: Outcome
}

export interface Runs extends InMemory {
  readonly durable: Outcome
  readonly crashed: Outcome
}

const params = { id: 'order-1' }

/** Natively, and compiled. */
export async function runInMemory(body: string): Promise<InMemory> {
  const trace: string[] = []
  const native = await runNative(sourceOf(body), tracingServices(trace), params, trace)
  return { native, memory: await driven(body, {}) }
}

/** Also with the memory dropped at every wait, and with every step made twice. */
export async function runAll(body: string, durable: ValueCodec): Promise<Runs> {
  return {
    ...(await runInMemory(body)),
    durable: await driven(body, { durable }),
    crashed: await driven(body, { durable, crash: true }),
  }
}

function driven(body: string, options: { durable?: ValueCodec; crash?: true }): Promise<Outcome> {
  const trace: string[] = []
  return drive(sourceOf(body), { services: tracingServices(trace), params, trace, ...options })
}

/** Calls that run beside one another are free in their order. */
export function comparable(body: string, { result, error, trace }: Outcome): unknown {
  if (/Promise\.(any|race)/.test(body)) return { result, error }
  const concurrent = /Promise\.|beside|void |\.then\(|for await/.test(body)
  return { result, error, trace: concurrent ? trace.toSorted() : trace }
}
