import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createController, JustScale } from '@justscale/core'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { z } from 'zod'
import { Get, HttpFeature, HttpServer, OpenApiFeature } from '../index.ts'
import { keptLog } from './quiet.ts'

const executablePath = '/usr/bin/chromium'
const greetings = createController('/greetings', {
  routes: () => ({
    hello: Get('/:name')
      .returns(200, z.object({ text: z.string() }))
      .handle(({ name }) => ({ text: `hello ${name}` })),
  }),
})
const app = JustScale()
  .add(keptLog().sink)
  .add(greetings)
  .add(OpenApiFeature)
  .add(HttpFeature({ port: 0, host: '127.0.0.1' }))
  .build()

beforeAll(() => app.start())
afterAll(() => app.stop())

// Chromium is no npm package: where it is missing there is no browser to try it in.
test.skipIf(!existsSync(executablePath))(
  'a browser shows the documentation and calls a route from it',
  async () => {
    const { url } = await app.resolve(HttpServer)
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage()
      const problems: string[] = []
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
      page.on(
        'request',
        (request) =>
          !request.url().startsWith(url) && !request.url().startsWith('data:') && problems.push(request.url()),
      )
      await page.goto(`${url}/docs`)
      await page.getByText('/greetings/{name}').click()
      await page.getByRole('button', { name: 'Try it out' }).click()
      await page.getByPlaceholder('name').fill('ann')
      await page.getByRole('button', { name: 'Execute' }).click()
      await page.getByText('"hello ann"').first().waitFor()
      const folder = Bun.env['SCREENSHOTS']
      if (folder !== undefined) await page.screenshot({ path: `${folder}/documentation-page.png`, fullPage: true })
      expect(problems).toEqual([])
    } finally {
      await browser.close()
    }
  },
  60_000,
)
