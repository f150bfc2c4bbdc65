/** `just process`: what runs, where it stands, and what to do about it. */
import { defineCommand, type ArgsDef } from 'citty'
import type { ProcessStatus } from '@justscale/engine'
import { createInspector } from '@justscale/engine/inspector'
import { withEngine } from './open-engine.ts'
import { processRow, processTable } from './process-row.ts'
import { isModule, showPrograms } from './show-program.ts'
import { scheduleRow, scheduleTable } from './schedule-row.ts'

const common = {
  namespace: { type: 'string', description: "Schema of the app's processes (default: the only one in the database)" },
  json: { type: 'boolean', description: 'JSON instead of a table', default: false },
} satisfies ArgsDef

const one = {
  ...common,
  path: { type: 'positional', description: 'Instance path, as `process list` shows it', required: true },
} satisfies ArgsDef

const list = defineCommand({
  meta: { name: 'list', description: 'Processes, newest first' },
  args: {
    ...common,
    status: { type: 'string', description: 'Only these, by comma: running, waiting, paused, completed, failed, ...' },
    path: { type: 'string', description: 'Definition path, or the beginning of an instance path' },
    limit: { type: 'string', description: 'At most so many', default: '100' },
  },
  async run({ args }) {
    const status = args.status?.split(',') as ProcessStatus[] | undefined
    const filter = { limit: Number(args.limit), ...(status && { status }), ...(args.path && { path: args.path }) }
    const rows = (await withEngine(args.namespace, ({ store }) => store.list(filter))).map(processRow)
    console.log(args.json ? JSON.stringify(rows) : processTable(rows))
  },
})

const show = defineCommand({
  meta: { name: 'show', description: 'One process, or the programs of a module: `show campaign-lifecycle.ts`' },
  args: one,
  async run({ args }) {
    if (isModule(args.path)) return showPrograms(args.path, args.json)
    const record = await withEngine(args.namespace, ({ store }) => store.find(args.path))
    if (record === undefined) return fail(`No process has the path ${args.path}`)
    const row = processRow(record)
    console.log(args.json ? JSON.stringify(row) : processTable([row]))
  },
})

const schedules = defineCommand({
  meta: { name: 'schedules', description: 'Schedules, what they fired for last and when they fire next' },
  args: common,
  async run({ args }) {
    const rows = await withEngine(args.namespace, (engine) => createInspector(engine).schedules())
    const shown = rows.map((row) => scheduleRow(row, Date.now()))
    console.log(args.json ? JSON.stringify(shown) : scheduleTable(shown))
  },
})

type Action = 'cancel' | 'retry' | 'pause' | 'resume'

function action(name: Action, description: string) {
  return defineCommand({
    meta: { name, description },
    args: one,
    async run({ args }) {
      const done = await withEngine(args.namespace, (engine) => engine.process(args.path)[name]())
      if (!done) return fail(`${args.path} is in no state to ${name}`)
      console.log(args.json ? JSON.stringify({ path: args.path, done }) : `${name}: ${args.path}`)
    },
  })
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}

export const processCommand = defineCommand({
  meta: { name: 'process', description: 'Inspect and steer durable processes' },
  subCommands: {
    list,
    show,
    schedules,
    cancel: action('cancel', 'Cancel it and what it started'),
    retry: action('retry', 'Run a failed one again from the failing line'),
    pause: action('pause', 'Start nothing more of it until it is resumed'),
    resume: action('resume', 'Let a paused one go on'),
  },
})
