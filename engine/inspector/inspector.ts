/**
 * The inspector: one module that answers for command line, page and API. It reads the store and changes processes only by
 * commands, so it works on any node, also on one that runs nothing.
 */
import type { Engine } from '../runtime/engine-type.ts'
import type { Incompatibility } from '../runtime/compat.ts'
import type { ProcessDefinition } from '../runtime/definition.ts'
import { type Head, partsOf } from '../runtime/head.ts'
import { readHead } from '../runtime/head-text.ts'
import type { ProgramDebug } from '../program/program.ts'
import type { StepOutcome } from '../step/step.ts'
import type { LoadedProcess, LogLine, ProcessFilter, ProcessRecord, ScheduleRecord } from '../store/records.ts'
import { nextMoment } from '../schedule/cron-rule.ts'
import { markedSource, type SourceLine } from './source.ts'

export interface Inspector {
  /** Processes by filter, newest first. */
  list(filter?: ProcessFilter): Promise<readonly ProcessRecord[]>
  /** Everything that is stored of one process, or `undefined`. */
  inspect(path: string): Promise<Inspection | undefined>
  /** Every schedule that a node of the cluster ever had, by name. */
  schedules(): Promise<readonly InspectedSchedule[]>
  /** What live processes need that this build lacks. */
  compat(): Promise<readonly Incompatibility[]>
}

export interface Inspection {
  readonly record: ProcessRecord
  /** The source of its program, with the lines marked where it stands; empty when the program is unknown. */
  readonly file: string | undefined
  readonly source: readonly SourceLine[]
  readonly frames: readonly InspectedFrame[]
  /** Names of what stands behind the parameters of its path that are references. */
  readonly models: Readonly<Record<string, string>>
  /** Signals that have arrived and were not consumed yet. */
  readonly inbox: readonly { readonly at: number; readonly value: unknown }[]
  /** Due times of its timers, in store milliseconds, earliest first. */
  readonly timers: readonly number[]
  readonly subscriptions: readonly string[]
  /** Paths of the processes that it started and that have not ended. */
  readonly children: readonly string[]
  /** How it ended, when it did. */
  readonly outcome: StepOutcome | undefined
  readonly data: unknown
  readonly timeline: readonly LogLine[]
}

export interface InspectedSchedule extends ScheduleRecord {
  /** The moment it fires for next, in store milliseconds. One that lies behind by more than moments means that no node fires it. */
  readonly next: number | undefined
}

export interface InspectedFrame {
  readonly program: string
  readonly line: number
  readonly locals: Readonly<Record<string, unknown>>
}

type StoredDebug = ProgramDebug & Pick<ProcessDefinition, 'models'>

/** The machine's head as far as inspection reads it. */
interface MachineHead {
  readonly frames: readonly { readonly id: number; readonly program: string; readonly pc: number }[]
  readonly failed?: MachineHead['frames']
}

export function createInspector(engine: Engine): Inspector {
  const { store, codec } = engine

  async function inspect(path: string): Promise<Inspection | undefined> {
    const found = await store.find(path)
    const process = found && (await store.load(found.id))
    if (process === undefined) return undefined
    const { record } = process
    const debug = await debugOf(record.program)
    const frames = await framesOf(process)
    return {
      record,
      file: debug?.file,
      source: markedSource(
        debug,
        frames.map((frame) => frame.line),
      ),
      frames,
      models: debug?.models ?? {},
      inbox: process.inbox
        .filter(({ via }) => typeof via === 'number')
        .map(({ at, payload }) => ({ at, value: readable(payload) })),
      timers: [...process.timers.values()].sort((a, b) => a - b),
      subscriptions: hasHead(process)
        ? readHead(process.head, process.record.program).subscriptions.map(([, key]) => key)
        : [],
      children: (await store.children(record.id)).map(({ path }) => path),
      outcome: record.outcome && (readable(record.outcome) as StepOutcome),
      data: record.data && readable(record.data),
      timeline: await timelineOf(process),
    }
  }

  /** What is written, and what the process still carries with it. */
  async function timelineOf(process: LoadedProcess): Promise<readonly LogLine[]> {
    const pending = hasHead(process) ? (readHead(process.head, process.record.program).log ?? []) : []
    const lines = [...(await store.timeline(process.record.id)), ...pending]
    return lines.sort((a, b) => a.at - b.at)
  }

  async function debugOf(hash: string): Promise<StoredDebug | undefined> {
    const program = await store.getProgram(hash)
    return program && (JSON.parse(program.debug) as StoredDebug)
  }

  async function framesOf(process: LoadedProcess): Promise<readonly InspectedFrame[]> {
    if (!hasHead(process)) return []
    const head = readHead(process.head, process.record.program)
    const machine = head.machine as MachineHead
    const values = readableValues(process, head)
    const frames: InspectedFrame[] = []
    for (const { id, program, pc } of machine.failed ?? machine.frames) {
      const prefix = `${machine.failed ? 'x' : ''}${id}.`
      const locals = [...values].filter(
        ([name]) => name.startsWith(prefix) && !name.slice(prefix.length).startsWith('$'),
      )
      const line = (await debugOf(program))?.positions[pc]?.[0] ?? 0
      frames.push({
        program,
        line,
        locals: Object.fromEntries(locals.map(([name, value]) => [name.slice(prefix.length), value])),
      })
    }
    return frames
  }

  function readableValues(process: LoadedProcess, head: Head): ReadonlyMap<string, unknown> {
    try {
      return codec.decode({ parts: partsOf(process.parts, head), roots: new Map(head.roots) })
    } catch (error) {
      return new Map([['unreadable', error]])
    }
  }

  function readable(bytes: Uint8Array): unknown {
    try {
      return codec.decodeValue(bytes)
    } catch (error) {
      return error
    }
  }

  return {
    list: (filter = {}) => store.list(filter),
    inspect: (path) => engine.enter(() => inspect(path)),
    schedules: async () => (await store.schedules()).map((record) => ({ ...record, next: nextMoment(record) })),
    compat: () => engine.compat(),
  }
}

function hasHead(process: LoadedProcess): boolean {
  return process.head.length > 0
}
