/**
 * Watches a project's sources by folder: files that a Bun plugin loads (processes, protos) are not seen by `bun --watch`.
 * Several edits within `QUIET` milliseconds are one change.
 */
import { watch, type FSWatcher } from 'node:fs'

const QUIET = 60
const sources = /\.(m?[jt]sx?|json|proto)$/
const ignored = /(^|\/)(node_modules|dist|\..*)(\/|$)/

/** Calls `onChange` with the path of the first file of each change. */
export function watchSources(root: string, onChange: (path: string) => void): FSWatcher {
  let first: string | undefined
  return watch(root, { recursive: true }, (_event, path) => {
    if (path === null || !isSource(path)) return
    if (first === undefined) {
      setTimeout(() => {
        onChange(first ?? path)
        first = undefined
      }, QUIET)
    }
    first ??= path
  })
}

/** Whether a change of this file, by its path from the root, can change what runs. */
export function isSource(path: string): boolean {
  return sources.test(path) && !ignored.test(path) && !/\.test\.[jt]sx?$/.test(path)
}
