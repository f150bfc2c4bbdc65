/**
 * How a head is stored: one line of JSON, then the bytes of the values that are kept in the head. Every checkpoint writes it,
 * so the line is an array in which position stands for the name, what is usual is left out, and so is the hash of the
 * process's own program, which its record has:
 *
 *   [2, machine's next, next, frames, fibers, roots, values, rest]
 *   frame: [id, pc, routine, up, rest]    fiber: [id, stack, visits, wait, rest]    (without the zeros and nothings at their ends)
 *   roots: [name, part, name, part, ...]  values: [part, length, part, length, ...]
 */
import type { Head as MachineHead } from '../machine/index.ts'
import { type Bytes, TextBytes } from '../value/text-bytes.ts'
import { readFirst } from './head-first.ts'
import type { Head } from './head.ts'
import type { Leaf } from './wait-plan.ts'

type FrameHead = MachineHead['frames'][number]
type FiberHead = MachineHead['fibers'][number]
type Rest = Record<string, unknown>

/** How a wait of a fiber is written: its place here. Only ever added to. */
const WAITS: readonly FiberHead['wait'][] = ['ready', 'call', 'acquire', 'release', 'wait', 'join', 'ended']

const FRAME = new Set<string>(['id', 'pc', 'routine', 'up', 'program'] satisfies (keyof FrameHead)[])
const FIBER = new Set<string>(['id', 'stack', 'visits', 'wait'] satisfies (keyof FiberHead)[])
const MACHINE = new Set<string>([
  'program',
  'next',
  'status',
  'frames',
  'fibers',
  'failed',
] satisfies (keyof MachineHead)[])

export function writeHead(head: Head): Bytes {
  const { machine, values = [] } = head
  const { program } = machine
  const roots: (string | number)[] = []
  for (const [name, part] of head.roots) roots.push(name, part)
  const lengths: number[] = []
  for (const [part, bytes] of values) lengths.push(part, bytes.length)
  const line: unknown[] = [
    2,
    machine.next,
    head.next,
    machine.frames.map((frame) => writeFrame(frame, program)),
    machine.fibers.map(writeFiber),
    roots,
    lengths,
    restOf(head),
  ]
  if (line[7] === undefined) line.pop()
  const text = JSON.stringify(line)
  return withValues(text, values)
}

/** `program`: hash of the process's program, as its record has it. */
export function readHead(stored: Bytes, program: string): Head {
  const bytes = stored instanceof TextBytes ? encoder.encode(stored.text) : stored
  const end = bytes.indexOf(NEWLINE)
  const line = JSON.parse(decoder.decode(end < 0 ? bytes : bytes.subarray(0, end))) as object
  const after = end < 0 ? bytes.subarray(bytes.length) : bytes.subarray(end + 1)
  if (!Array.isArray(line)) return readFirst(line, after)
  const [, machineNext, next, frames, fibers, roots, lengths, rest] = line as unknown as StoredLine
  const { s, x, m, w, u, l, ...others } = rest ?? {}
  let at = 0
  const values = pairs<number, number>(lengths).map(
    ([part, length]) => [part, after.subarray(at, (at += length))] as const,
  )
  return {
    machine: {
      program,
      next: machineNext,
      status: s ?? 'running',
      frames: frames.map((each) => readFrame(each, program)),
      fibers: fibers.map(readFiber),
      ...(x && { failed: x.map((each) => readFrame(each, program)) }),
      ...m,
    },
    roots: pairs(roots),
    waits: (w ?? []).map(([fiber, leaves]) => [fiber, leaves.map(readLeaf)] as const),
    subscriptions: (u ?? []).map(([number, key, signal = signalOf(key)]) => [number, key, signal] as const),
    listeners: l ?? [],
    next,
    ...(values.length > 0 && { values }),
    ...readOthers(others),
  }
}

type StoredFrame = readonly [id: number, pc: number, routine?: number, up?: number | null, rest?: Rest]
type StoredFiber = readonly [id: number, stack: readonly number[], visits: number, wait: number, rest?: Rest]

interface StoredRest {
  readonly s?: MachineHead['status']
  readonly x?: readonly StoredFrame[]
  /** What else the machine's head has. */
  readonly m?: Rest
  readonly w?: readonly (readonly [number, readonly StoredLeaf[]])[]
  readonly u?: readonly (readonly [number, string, string?])[]
  readonly l?: Head['listeners']
  readonly c?: Head['cancelling']
  readonly g?: readonly (readonly [number, string, string])[]
  readonly f?: 1
}

type StoredLine = readonly [
  version: 2,
  machineNext: number,
  next: number,
  frames: readonly StoredFrame[],
  fibers: readonly StoredFiber[],
  roots: readonly (string | number)[],
  lengths: readonly number[],
  rest?: StoredRest,
]

type StoredLeaf =
  | readonly ['s', subscription: number, match?: Readonly<Record<string, string>>]
  | readonly ['t', timer: number, at: number]
  | readonly ['p', subscription: number, path: string]
  | readonly ['g', settled: boolean, leaves: readonly StoredLeaf[]]

function writeFrame(frame: FrameHead, program: string): StoredFrame {
  const { id, pc, routine, up } = frame
  let rest = extras(frame, FRAME)
  if (frame.program !== program) rest = { ...rest, program: frame.program }
  if (rest !== undefined) return [id, pc, routine, up ?? null, rest]
  if (up !== undefined) return [id, pc, routine, up]
  return routine === 0 ? [id, pc] : [id, pc, routine]
}

function readFrame([id, pc, routine = 0, up, rest]: StoredFrame, program: string): FrameHead {
  return { id, program, routine, pc, ...(typeof up === 'number' && { up }), ...rest }
}

function writeFiber(fiber: FiberHead): StoredFiber {
  const { id, stack, visits } = fiber
  const wait = WAITS.indexOf(fiber.wait)
  const rest = extras(fiber, FIBER)
  return rest === undefined ? [id, stack, visits, wait] : [id, stack, visits, wait, rest]
}

function readFiber([id, stack, visits, wait, rest]: StoredFiber): FiberHead {
  return { id, stack, visits, wait: WAITS[wait] ?? 'ready', ...rest }
}

/** What is seldom there; `undefined` when nothing of it is. */
function restOf(head: Head): StoredRest | undefined {
  const { machine, waits, subscriptions, listeners, cancelling, log, fresh } = head
  const rest: { -readonly [Name in keyof StoredRest]: StoredRest[Name] } = {}
  if (machine.status !== 'running') rest.s = machine.status
  if (machine.failed !== undefined) rest.x = machine.failed.map((frame) => writeFrame(frame, machine.program))
  const more = extras(machine, MACHINE)
  if (more !== undefined) rest.m = more
  if (waits.length > 0) rest.w = waits.map(([fiber, leaves]) => [fiber, leaves.map(writeLeaf)])
  if (subscriptions.length > 0)
    rest.u = subscriptions.map(([number, key, signal]) =>
      signal === signalOf(key) ? [number, key] : [number, key, signal],
    )
  if (listeners.length > 0) rest.l = listeners
  if (cancelling !== undefined) rest.c = cancelling
  if (log !== undefined && log.length > 0) rest.g = log.map(({ at, kind, text }) => [at, kind, text])
  if (fresh) rest.f = 1
  for (const _ in rest) return rest
  return undefined
}

function readOthers({ c, g, f }: StoredRest): Pick<Head, 'cancelling' | 'log' | 'fresh'> {
  return {
    ...(c && { cancelling: c }),
    ...(g && { log: g.map(([at, kind, text]) => ({ at, kind, text })) }),
    ...(f && { fresh: true }),
  }
}

function writeLeaf(leaf: Leaf): StoredLeaf {
  switch (leaf.kind) {
    case 'signal':
      return leaf.match === undefined ? ['s', leaf.subscription] : ['s', leaf.subscription, leaf.match]
    case 'timer':
      return ['t', leaf.timer, leaf.at]
    case 'process':
      return ['p', leaf.subscription, leaf.path]
    case 'group':
      return ['g', leaf.settled, leaf.leaves.map(writeLeaf)]
  }
}

function readLeaf(stored: StoredLeaf): Leaf {
  switch (stored[0]) {
    case 's':
      return { kind: 'signal', subscription: stored[1], ...(stored[2] && { match: stored[2] }) }
    case 't':
      return { kind: 'timer', timer: stored[1], at: stored[2] }
    case 'p':
      return { kind: 'process', subscription: stored[1], path: stored[2] }
    case 'g':
      return { kind: 'group', settled: stored[1], leaves: stored[2].map(readLeaf) }
  }
}

/** A signal's routing key begins with its name; what is no signal has none. */
function signalOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('?')))
}

/** Members that have no place of their own. */
function extras(object: object, placed: ReadonlySet<string>): Rest | undefined {
  let found: Rest | undefined
  for (const name in object) if (!placed.has(name)) (found ??= {})[name] = Reflect.get(object, name)
  return found
}

function pairs<First, Second>(flat: readonly unknown[]): (readonly [First, Second])[] {
  const found: (readonly [First, Second])[] = []
  for (let index = 0; index < flat.length; index += 2) found.push([flat[index] as First, flat[index + 1] as Second])
  return found
}

function withValues(line: string, values: NonNullable<Head['values']>): Bytes {
  let text = line
  let length = Buffer.byteLength(line)
  if (values.length === 0) return new TextBytes(text, length)
  text += '\n'
  length++
  for (const [, bytes] of values) {
    if (!(bytes instanceof TextBytes)) return withBytes(line, values)
    text += bytes.text
    length += bytes.length
  }
  return new TextBytes(text, length)
}

function withBytes(line: string, values: NonNullable<Head['values']>): Uint8Array {
  const after = values.map(([, bytes]) => (bytes instanceof TextBytes ? encoder.encode(bytes.text) : bytes))
  return Buffer.concat([encoder.encode(`${line}\n`), ...after])
}

const NEWLINE = 10
const encoder = new TextEncoder()
const decoder = new TextDecoder()
