/** `just process`: what runs, where it stands, and what to do about it. */
import { defineCommand, type ArgsDef } from 'citty'
import type { ProcessStatus } from '@justscale/engine'
import { createInspector } from '@justscale/engine/inspector'
import { CommandError } from '@justscale/core/cli'
import { MisuseError } from '../program/misuse-error.ts'
import { printResult } from '../program/print.ts'
import { compatCommand } from './compat-command.ts'
import { listFilter } from './list-filter.ts'
import { withEngine } from './open-engine.ts'
import { processRow, processTable } from './process-row.ts'
import { inspectionData, inspectionText } from './show-process.ts'
import { isModule, showPrograms } from './show-program.ts'
import { sendSignal } from './send-signal.ts'
import { scheduleRow, scheduleTable } from './schedule-row.ts'

const common = {
  namespace: { type: 'string', description: "Schema of the app's processes (default: the only one in the database)" },
  json: { type: 'boolean', description: 'JSON instead of text', default: false },
} satisfies ArgsDef

const one = {
  ...common,
  path: { type: 'positional', description: 'Instance path, as `process list` shows it', required: true },
} satisfies ArgsDef

const list = defineCommand({
  meta: { name: 'list', description: 'Processes, newest first' },
  args: {
    ...common,
    status: {
      type: 'string',
      description: 'Only these, by comma: running, waiting, paused, completed, failed, cancelled, quarantined',
    },
    path: { type: 'string', description: 'Definition path, or the beginning of an instance path' },
    limit: { type: 'string', description: 'At most so many', default: '100' },
  },
  async run({ args }) {
    const filter = listFilter(args)
    const rows = (await withEngine(args.namespace, ({ store }) => store.list(filter))).map(processRow)
    await printResult(args.json, rows, () => processTable(rows))
  },
})

const show = defineCommand({
  meta: { name: 'show', description: 'One process, or the programs of a module: `show campaign-lifecycle.ts`' },
  args: one,
  async run({ args }) {
    if (isModule(args.path)) return showPrograms(args.path, args.json)
    const seen = await withEngine(args.namespace, (engine) => createInspector(engine).inspect(args.path))
    if (seen === undefined) throw noProcess(args.path)
    await printResult(args.json, inspectionData(seen), () => inspectionText(seen))
  },
})

const signal = defineCommand({
  meta: {
    name: 'signal',
    description: 'Emit a signal that a process listens for: `signal /campaign/1/lifecycle pledged`',
  },
  args: {
    ...one,
    signal: { type: 'positional', description: "The signal's path, or the last part of it", required: true },
    data: { type: 'string', description: 'What it carries beside the parameters it shares with the path, as JSON' },
  },
  async run({ args }) {
    const data = objectFrom(args.data ?? '{}')
    const sent = await withEngine(args.namespace, async (engine) => {
      const seen = await createInspector(engine).inspect(args.path)
      if (seen === undefined) throw noProcess(args.path)
      return await sendSignal(engine, seen, args.signal, data)
    })
    await printResult(args.json, { path: args.path, signal: sent }, () => `signal ${sent}: ${args.path}`)
  },
})

const schedules = defineCommand({
  meta: { name: 'schedules', description: 'Schedules, what they fired for last and when they fire next' },
  args: common,
  async run({ args }) {
    const rows = await withEngine(args.namespace, (engine) => createInspector(engine).schedules())
    const shown = rows.map((row) => scheduleRow(row, Date.now()))
    await printResult(args.json, shown, () => scheduleTable(shown))
  },
})

type Action = 'cancel' | 'terminate' | 'retry' | 'pause' | 'resume'

/** What a process must not be for the action to mean anything. */
const pointless: Readonly<Record<Action, readonly ProcessStatus[]>> = {
  cancel: ['completed', 'cancelled'],
  terminate: ['completed', 'cancelled'],
  retry: ['running', 'waiting', 'paused', 'completed', 'cancelled'],
  pause: ['paused', 'failed', 'quarantined', 'completed', 'cancelled'],
  resume: ['running', 'waiting', 'failed', 'quarantined', 'completed', 'cancelled'],
}

function action(name: Action, description: string) {
  return defineCommand({
    meta: { name, description },
    args: takesReason(name) ? { ...one, reason: { type: 'string', description: 'Why, as the process sees it' } } : one,
    async run({ args }) {
      const reason = 'reason' in args && typeof args.reason === 'string' ? args.reason : undefined
      await withEngine(args.namespace, async (engine) => {
        const record = await engine.store.find(args.path)
        if (record === undefined) throw noProcess(args.path)
        if (pointless[name].includes(record.status)) {
          throw new CommandError(`${args.path} is ${record.status}: there is nothing to ${name}`)
        }
        const handle = engine.process(args.path)
        if (await (takesReason(name) ? handle[name](reason) : handle[name]())) return
        if (name === 'cancel') {
          throw new CommandError(`${args.path} was cancelled before, and has not ended since`, {
            hint: `\`just process terminate ${args.path}\` ends it without running any more of its code.`,
          })
        }
        throw new CommandError(`${args.path} has ended, or changed, meanwhile: there is nothing to ${name}`)
      })
      await printResult(args.json, { path: args.path, done: true }, () => `${name}: ${args.path}`)
    },
  })
}

function takesReason(name: Action): name is 'cancel' | 'terminate' {
  return name === 'cancel' || name === 'terminate'
}

function noProcess(path: string): CommandError {
  return new CommandError(`No process has the path ${path}`, {
    hint: '`just process list` shows those that are there.',
  })
}

function objectFrom(json: string): object {
  try {
    const data: unknown = JSON.parse(json)
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data
  } catch {
    // Said below.
  }
  throw new MisuseError(`${json} is no JSON object`, `For example --data '{"amount": 5}'.`)
}

export const processCommand = defineCommand({
  meta: { name: 'process', description: 'Inspect and steer durable processes' },
  subCommands: {
    list,
    show,
    schedules,
    signal,
    compat: compatCommand,
    cancel: action('cancel', 'Cancel it and what it started'),
    terminate: action('terminate', 'End it and what it started without running any more of its code'),
    retry: action('retry', 'Run a failed one again from the failing line'),
    pause: action('pause', 'Start nothing more of it until it is resumed'),
    resume: action('resume', 'Let a paused one go on'),
  },
})
