/** Preload this: registers the plugin for everything loaded after it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processPlugin } from './index.ts'
import { useTrigger } from './watch.ts'

// A test may import the compiler itself while a module waits to be compiled, which `require` cannot take part in.
if (process.env['NODE_ENV'] === 'test') await import('../compiler/index.ts')
await Bun.plugin(processPlugin())

if (process.execArgv.some((argument) => argument === '--watch' || argument === '--hot')) await watchEdits()

async function watchEdits(): Promise<void> {
  const folder = join(tmpdir(), 'justscale-edits')
  const file = join(folder, `edited-${process.pid}.js`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, 'export const edited = ""\n')
  useTrigger(file)
  await import(file)
}
