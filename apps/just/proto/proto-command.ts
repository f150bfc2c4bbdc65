/** `just proto`: writes the TypeScript types of a project's .proto files beside them, for editors and the type check. */
import { defineCommand } from 'citty'
import { relative } from 'node:path'

export const protoCommand = defineCommand({
  meta: { name: 'proto', description: 'Write the types of the .proto files' },
  args: {
    folder: { type: 'positional', description: 'Folder of the project', default: '.', required: false },
    check: { type: 'boolean', description: 'Write nothing; fail when a file is out of date', default: false },
  },
  async run({ args }) {
    // Only here: other commands do not pay for the parser.
    const { writeProtoTypes } = await import('@justscale/rpc')
    const all = writeProtoTypes(args.folder, { check: args.check })
    const changed = all.filter((result) => result.changed)
    const state = args.check ? 'out of date' : 'written'
    for (const { types } of changed) console.log(`${relative(process.cwd(), types)}: ${state}`)
    if (changed.length === 0) console.log(`The types of ${all.length} .proto files are up to date.`)
    if (args.check && changed.length > 0) process.exitCode = 1
  },
})
