/** Serves files of a folder, and nothing outside of it: links that lead out count as missing, and so do names with a dot in front. */
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { HttpError } from '../errors.ts'
import { pathOf } from '../request/request-path.ts'
import { fileResponse } from '../response/file-response.ts'

/** `prefix` is the path that stands for `folder`. Rejects with 404. */
export async function staticFile(request: Request, prefix: string, folder: string): Promise<Response> {
  const root = (await existing(resolve(folder))) ?? ''
  const name = relativeName(pathOf(request.url), prefix)
  const path = root === '' ? undefined : await existing(join(root, name))
  if (path === undefined || (path !== root && !path.startsWith(root + sep))) throw missing()
  const found = (await stat(path)).isDirectory() ? await existing(join(path, 'index.html')) : path
  if (found === undefined || !found.startsWith(root + sep)) throw missing()
  const file = Bun.file(found)
  return fileResponse(request, file, {
    'cache-control': 'public, max-age=0, must-revalidate',
    'content-type': file.type,
  })
}

/** Paths whose folder is not there (yet), each with its absolute name. */
export async function missingFolders(folders: Readonly<Record<string, string>> = {}): Promise<[string, string][]> {
  const absolute = Object.entries(folders).map(([path, folder]): [string, string] => [path, resolve(folder)])
  const there = await Promise.all(absolute.map(([, folder]) => readdir(folder).then(Boolean, () => false)))
  return absolute.filter((_, index) => !there[index])
}

function relativeName(pathname: string, prefix: string): string {
  try {
    const name = decodeURIComponent(pathname.slice(prefix.replace(/\/+$/, '').length))
    if (name.includes('\0') || name.split(/[/\\]/).some(isHidden)) throw missing()
    return name
  } catch {
    throw missing()
  }
}

/** `..`, and what tools leave in folders: `.env`, `.git`. */
function isHidden(segment: string): boolean {
  return segment.startsWith('.') && segment !== '.well-known'
}

function existing(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined)
}

function missing(): HttpError {
  return new HttpError(404, 'There is no such file')
}
