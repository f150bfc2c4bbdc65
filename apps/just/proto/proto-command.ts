/** `just proto`: writes the TypeScript types of a project's .proto files beside them, for editors and the type check. */
import { defineCommand } from 'citty'
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { MisuseError } from '../program/misuse-error.ts'
import { printResult } from '../program/print.ts'

export const protoCommand = defineCommand({
  meta: { name: 'proto', description: 'Write the types of the .proto files' },
  args: {
    folder: { type: 'positional', description: 'Folder of the project', default: '.', required: false },
    check: { type: 'boolean', description: 'Write nothing; fail when a file is out of date', default: false },
    json: { type: 'boolean', description: 'JSON instead of text', default: false },
  },
  async run({ args }) {
    if (!existsSync(args.folder))
      throw new MisuseError(`There is no folder ${args.folder}`, 'Name the one with the .proto files.')
    // Only here: other commands do not pay for the parser.
    const { writeProtoTypes } = await import('@justscale/rpc')
    const all = writeProtoTypes(args.folder, { check: args.check })
    const rows = all.map(({ types, changed }) => ({ types: relative(process.cwd(), types), changed }))
    const changed = rows.filter((row) => row.changed)
    const state = args.check ? 'out of date' : 'written'
    await printResult(args.json, rows, () =>
      changed.length === 0
        ? `The types of ${rows.length} .proto files are up to date.`
        : changed.map(({ types }) => `${types}: ${state}`).join('\n'),
    )
    if (args.check && changed.length > 0) process.exitCode = 1
  },
})
