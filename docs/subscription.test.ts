import { expect, test } from 'bun:test'
import { join } from 'node:path'

const root = join(import.meta.dir, '..')

test('the program that the README shows is the one beside this test, and prints what the README says', async () => {
  const readme = await Bun.file(join(root, 'README.md')).text()
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
  expect(shown).toBe(await Bun.file(join(import.meta.dir, 'subscription.ts')).text())
  const child = Bun.spawn([process.execPath, 'docs/subscription.ts'], { cwd: root, stdout: 'pipe', stderr: 'inherit' })
  const printed = await new Response(child.stdout).text()
  const [, output] = /```text\n([\s\S]*?)```/.exec(readme) ?? []
  expect(printed).toBe(output ?? 'the README has no output')
})
