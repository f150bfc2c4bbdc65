/** The documents that `just openapi` writes for the apps of this repository, by the word of independent validators. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { documentFaults } from './test/document-faults.ts'

const root = join(import.meta.dir, '..', '..', '..')

test.each(['crowdfunding', 'chat', 'order-fulfillment', 'url-shortener'])('%s', async (app) => {
  const command = [process.execPath, 'apps/just/main.ts', 'openapi', `apps/${app}/main.ts`, '--env', 'development']
  const child = Bun.spawn(command, { cwd: root, stdout: 'pipe', stderr: 'inherit' })
  const document = JSON.parse(await new Response(child.stdout).text()) as { readonly paths: object }
  expect(Object.keys(document.paths)).not.toEqual([])
  expect(await documentFaults(document)).toEqual([])
})
