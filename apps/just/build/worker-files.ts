/**
 * Finds the workers of a program while it is bundled: a module that is started as a worker is a program of its own, which an
 * executable must be given by name.
 */
import type { BunPlugin } from 'bun'
import { dirname, resolve } from 'node:path'
import { MisuseError } from '../program/misuse-error.ts'

const started = /new\s+Worker\(\s*new\s+URL\(\s*(['"])(\.{1,2}\/[^'"]+)\1\s*,\s*import\.meta\.url\s*\)/g

/** Adds the paths of workers to `found` as modules that start them are read. */
export function findWorkers(found: Set<string>): BunPlugin {
  return {
    name: 'just-workers',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
        for (const worker of workersOf(await Bun.file(path).text())) found.add(inSameFolder(path, worker))
        return undefined
      })
    },
  }
}

/** The relative addresses of the workers that a module starts. */
export function workersOf(source: string): readonly string[] {
  return [...source.matchAll(started)].map(([, , path]) => path ?? '')
}

/** In an executable all modules are in one folder, so only what is beside them is found. */
function inSameFolder(path: string, worker: string): string {
  if (/^\.\/[^/]+$/.test(worker)) return resolve(dirname(path), worker)
  throw new MisuseError(
    `${path} starts the worker ${worker}, which an executable would not find`,
    'Put the worker in the folder of the module that starts it.',
  )
}
