/** `just build`: the app as one executable. */
import { defineCommand } from 'citty'
import { relative } from 'node:path'
import { printResult } from '../program/print.ts'
import { buildExecutable } from './build-executable.ts'

export const buildCommand = defineCommand({
  meta: { name: 'build', description: 'Build the app into one executable' },
  args: {
    entry: { type: 'positional', description: 'File with the app', default: 'main.ts', required: false },
    out: { type: 'string', description: 'The executable (default: dist/<folder of the entry file>)' },
    env: { type: 'string', description: 'Environments to take along, by comma (default: all but test)' },
    migrations: { type: 'string', description: 'Folder of migrations to take along', default: 'migrations' },
    target: { type: 'string', description: 'Another system, e.g. bun-linux-arm64, bun-darwin-arm64, bun-windows-x64' },
    minify: { type: 'boolean', description: 'Shorten the code', default: true },
    json: { type: 'boolean', description: 'JSON instead of text', default: false },
  },
  async run({ args }) {
    const built = await buildExecutable({
      entry: args.entry,
      migrations: args.migrations,
      minify: args.minify,
      ...(args.out !== undefined && { outfile: args.out }),
      ...(args.env !== undefined && { environments: args.env.split(',') }),
      ...(args.target !== undefined && { target: args.target }),
    })
    const result = { ...built, path: relative(process.cwd(), built.path), migrations: built.migrations ?? null }
    await printResult(args.json, result, () => {
      const along = [
        built.environments.length > 0 ? `the environments ${built.environments.join(', ')}` : undefined,
        built.migrations === undefined ? undefined : `the migrations in ${built.migrations}`,
      ].filter((part) => part !== undefined)
      const size = `${Math.round(built.bytes / 1024 / 1024)} MiB`
      return `${result.path}  ${size}${along.length > 0 ? `, with ${along.join(' and ')}` : ''}`
    })
  },
})
