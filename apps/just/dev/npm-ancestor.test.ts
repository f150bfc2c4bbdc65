import { expect, test } from 'bun:test'
import { isNpm, isRunning } from './npm-ancestor.ts'

test.each([
  ['npm exec -y bun@1.4.5 run dev', true],
  ['npm run dev', true],
  ['npx -y bun run dev', true],
  ['node /usr/lib/node_modules/npm/bin/npx-cli.js -y bun run dev', true],
  ['/usr/bin/npm start', true],
  ['sh -c bun run dev', false],
  ['bun run dev', false],
  ['node /home/ann/npm-things/server.js', false],
  ['vi npm.md', false],
])('%s is npm: %p', (command, expected) => {
  expect(isNpm(command)).toBe(expected)
})

test('an OS process that is there runs', async () => {
  const child = Bun.spawn([process.execPath, '-e', ''])
  expect(isRunning(process.pid)).toBe(true)
  await child.exited
  expect(isRunning(child.pid)).toBe(false)
})
