/**
 * The files of the page, read and bundled while the server's code is loaded or built: an executable has them within. Imported
 * as a macro, so nothing of this runs in the server.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface PageFiles {
  readonly html: string
  readonly style: string
  readonly script: string
}

export function pageFiles(): PageFiles {
  const read = (name: string) => readFileSync(join(import.meta.dir, name), 'utf8')
  const script = join(import.meta.dir, 'chat.ts')
  // A bundler within a macro would wait for the one that runs the macro.
  const built = Bun.spawnSync([process.execPath, 'build', script, '--target=browser', '--minify'])
  if (!built.success) throw new Error(built.stderr.toString())
  return { html: read('index.html'), style: read('chat.css'), script: built.stdout.toString() }
}
