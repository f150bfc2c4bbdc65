/** `just process show <path>`: where a process stands, what it holds and waits for, and what happened to it. */
import { styleText } from 'node:util'
import type { Inspection } from '@justscale/engine/inspector'

/** Lines of source around the one it stands at, and lines of the timeline. */
const AROUND = 3
const TIMELINE = 15

const time = (milliseconds: number) => new Date(milliseconds).toISOString()

/** Everything of it, as plain data. */
export function inspectionData({ record, ...seen }: Inspection): Readonly<Record<string, unknown>> {
  const { path, status, place, definition, program, startedAt, endedAt, parent, crashes } = record
  return {
    path,
    status,
    line: place.line,
    waits: place.waits,
    definition,
    program,
    started: time(startedAt),
    ...(endedAt === undefined ? {} : { ended: time(endedAt) }),
    ...(parent === undefined ? {} : { parent }),
    crashes,
    file: seen.file,
    frames: seen.frames.map(({ line, locals }) => ({ line, locals })),
    timers: seen.timers.map(time),
    subscriptions: seen.subscriptions,
    inbox: seen.inbox.map(({ at, value }) => ({ at: time(at), value })),
    children: seen.children,
    data: seen.data,
    outcome: seen.outcome,
    timeline: seen.timeline.map(({ at, kind, text }) => ({ at: time(at), kind, text })),
  }
}

/** For people. */
export function inspectionText(seen: Inspection): string {
  const { record } = seen
  const locals = Object.assign({}, ...seen.frames.map((frame) => frame.locals)) as Record<string, unknown>
  const lines = [
    `${styleText('bold', record.path)}  ${record.status}${record.place.line > 0 ? ` at line ${record.place.line}` : ''}`,
    ...section('started', [time(record.startedAt)]),
    ...section('ended', record.endedAt === undefined ? [] : [time(record.endedAt)]),
    ...section('waits for', record.place.waits),
    ...section('source', sourceAround(seen)),
    ...section(
      'locals',
      Object.entries(locals).map(([name, value]) => `${name} = ${shown(value)}`),
    ),
    ...section('timers', seen.timers.map(time)),
    ...section(
      'inbox',
      seen.inbox.map(({ at, value }) => `${time(at)}  ${shown(value)}`),
    ),
    ...section('children', seen.children),
    ...section('data', seen.data === undefined ? [] : [shown(seen.data)]),
    ...section('outcome', outcomeLines(seen)),
    ...section(
      'timeline',
      seen.timeline.slice(-TIMELINE).map(({ at, kind, text }) => `${time(at)}  ${kind} ${text}`.trimEnd()),
    ),
  ]
  return lines.join('\n')
}

function section(name: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `${(index === 0 ? name : '').padEnd(10)} ${line}`)
}

function sourceAround({ file, source }: Inspection): readonly string[] {
  const near = source.filter(({ number }) =>
    source.some((line) => line.marked && Math.abs(line.number - number) <= AROUND),
  )
  const lines = near.map(({ number, text, marked }) => `${marked ? '>' : ' '} ${String(number).padStart(4)}  ${text}`)
  return lines.length > 0 && file !== undefined ? [file, ...lines] : lines
}

function outcomeLines({ outcome }: Inspection): readonly string[] {
  if (outcome === undefined) return []
  return outcome.kind === 'returned' ? [shown(outcome.value)] : shown(outcome.error).split('\n')
}

function shown(value: unknown): string {
  return Bun.inspect(value, { depth: 4, colors: false }).replaceAll(/\s*\n\s*/g, value instanceof Error ? '\n' : ' ')
}
