/** The page in a real browser: alice at one node, bob at the other, each with a window of their own. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { OsProcess } from '@justscale/core/testing'
import { testDatabase, type TestDatabase } from '@justscale/engine/embedded'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
// Chromium is no npm package: where it is missing there is no browser to try it in.
const inBrowser = test.skipIf(!existsSync(executablePath))

let database: TestDatabase
let nodes: OsProcess[]
let browser: Browser
const problems: string[] = []

beforeAll(async () => {
  if (!existsSync(executablePath)) return
  database = await testDatabase()
  nodes = [startNode(), startNode()]
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
}, 60_000)

afterAll(async () => {
  if (!existsSync(executablePath)) return
  await browser.close()
  for (const node of nodes) await node.kill()
  await database.drop()
})

function startNode(port = '0', secret = 'shared'): OsProcess {
  const env = { DATABASE_URL: database.url, CHAT_SECRET: secret, PORT: port }
  return OsProcess.start(join(import.meta.dir, '..', 'main.ts'), env)
}

async function visit(node: number, options: { readonly dark?: boolean; readonly width?: number } = {}): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: options.dark === true ? 'dark' : 'light',
    viewport: { width: options.width ?? 1100, height: 700 },
  })
  const page = await context.newPage()
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy/.test(message.text())) problems.push(message.text())
  })
  await page.goto((await nodes[node]?.url) ?? '')
  return page
}

async function signIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(`${name}'s`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText(name, { exact: true }).first().waitFor()
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

const heard = (page: Page, text: string) => page.getByRole('log').getByText(text).waitFor()

async function picture(page: Page, name: string): Promise<void> {
  const folder = Bun.env['SCREENSHOTS']
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) })
}

inBrowser(
  'two people on two nodes talk, one bans the other, and a page survives its node',
  async () => {
    const alice = await visit(0)
    const bob = await visit(1, { dark: true })
    await picture(alice, 'chat-1-first')
    await signIn(alice, 'alice')
    await alice.getByLabel('New room').fill('Garden')
    await alice.getByRole('button', { name: 'Create' }).click()
    await alice.getByText('Connected').waitFor()
    await say(alice, 'Is anybody here?')
    await heard(alice, 'Is anybody here?')

    await bob.getByRole('button', { name: 'Garden' }).click()
    await bob.getByText('Watching').waitFor()
    await heard(bob, 'Is anybody here?')
    await say(alice, 'A spectator, perhaps')
    await heard(bob, 'A spectator, perhaps')

    await signIn(bob, 'bob')
    await bob.getByRole('button', { name: 'Join' }).click()
    await bob.getByText('Member', { exact: true }).waitFor()
    await heard(alice, 'bob has joined')
    await bob.getByText('Connected').waitFor()
    await say(bob, 'Not any more!')
    await heard(alice, 'Not any more!')

    await alice.getByLabel('Topic').fill('Roses and their enemies')
    await alice.getByRole('button', { name: 'Set' }).click()
    await bob.locator('#topic-text').getByText('Roses and their enemies').waitFor()
    await say(bob, '<img src=x onerror=alert(1)>')
    await heard(alice, '<img src=x onerror=alert(1)>')
    await picture(alice, 'chat-2-owner')
    await picture(bob, 'chat-3-member-dark')

    const port = new URL((await nodes[1]?.url) ?? '').port
    await nodes[1]?.kill()
    await bob.getByText('The connection is lost').waitFor()
    await say(alice, 'Said while bob was away')
    nodes[1] = startNode(port)
    await bob.getByText('Connected').waitFor({ timeout: 20_000 })
    await heard(bob, 'Said while bob was away')

    await alice.getByRole('button', { name: 'Ban bob' }).click()
    await heard(alice, 'bob is banned')
    await bob.getByText('Watching').waitFor()
    await bob.getByRole('button', { name: 'Join' }).click()
    await bob.getByRole('alert').getByText('You are banned from this room').waitFor()
    await picture(bob, 'chat-4-banned-dark')
    expect(problems).toEqual([])
  },
  120_000,
)

inBrowser(
  'who signed in with a secret that is no more watches on, signed out',
  async () => {
    const page = await visit(0)
    await signIn(page, 'dora')
    await page.getByLabel('New room').fill('Attic')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('Connected').waitFor()
    const port = new URL((await nodes[0]?.url) ?? '').port
    await nodes[0]?.kill()
    nodes[0] = startNode(port, 'another secret')
    await page.getByRole('button', { name: 'Sign in' }).waitFor({ timeout: 20_000 })
    await page.getByText('Watching').waitFor()
    await page.getByText('Connected').waitFor({ timeout: 20_000 })
    await nodes[0]?.kill()
    nodes[0] = startNode(port)
    await nodes[0].url
  },
  60_000,
)

inBrowser(
  'on a small screen everything is there, and a link leads into a room',
  async () => {
    const owner = await visit(0)
    await signIn(owner, 'carol')
    await owner.getByLabel('New room').fill('Kitchen')
    await owner.getByRole('button', { name: 'Create' }).click()
    await owner.getByText('Connected').waitFor()
    const small = await visit(1, { width: 390 })
    await small.goto(owner.url().replace(/^http:\/\/[^/]+/, new URL(small.url()).origin))
    await small.reload()
    await small.getByRole('heading', { name: 'Kitchen' }).waitFor()
    await heard(small, 'Nothing was said yet.')
    await say(owner, 'Soup')
    await heard(small, 'Soup')
    expect(await small.getByText('Nothing was said yet.').count()).toBe(0)
    const overflow = await small.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBe(0)
    await picture(small, 'chat-5-small')
  },
  60_000,
)
